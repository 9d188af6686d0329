/* The command line. */
#ifndef TESTS_SANDBOX_OPTIONS_H
#define TESTS_SANDBOX_OPTIONS_H

#include "scaler/base/err.h"

struct options;

/* 0: run; 1: --help or --version was answered on stdout; negative: err says what is wrong. Texts point into
 * argv. */
int options_parse(struct options *options, int argc, char **argv, struct err *err);
void options_done(struct options *options);

#endif
