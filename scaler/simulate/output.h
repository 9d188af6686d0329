/* Text on its way to a file, in large pieces; and the small formats that all renderers share. */
#ifndef SCALER_SIMULATE_OUTPUT_H
#define SCALER_SIMULATE_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "scaler/base/strbuf.h"

struct output {
    FILE *file; /* borrowed */
    struct strbuf text;
    bool failed;
};

void output_init(struct output *output, FILE *file);
void output_pass(struct output *output);                   /* writes if much has gathered */
bool output_end(struct output *output);                    /* the rest. False: something was not written */
void output_milli(struct strbuf *text, int64_t milli);     /* "12", "0.5", "-3.25" */
void output_clock(struct strbuf *text, int64_t ms);        /* "1:02:03", "1:02:03.5" */
void output_xml(struct strbuf *text, const char *content); /* escaped; what XML cannot hold becomes U+FFFD */

#endif
