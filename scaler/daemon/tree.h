/* The configuration directory as a tree: has anything changed, which directories are there; and what stays
 * when a file breaks. */
#ifndef SCALER_DAEMON_TREE_H
#define SCALER_DAEMON_TREE_H

#include <stdint.h>

#include "config/set.h"
#include "scaler/base/err.h"
#include "scaler/base/text.h"

/* A hash over names, sizes, inodes and times of all YAML files below dir, symlinks followed (a ConfigMap
 * mount swaps `..data`). */
int tree_scan(const char *dir, uint64_t *ret_signature, struct text_list *ret_dirs, struct err *err);

/* Objects that came from files broken now stay as they were. */
void tree_carry_over(struct config_set *set, const struct config_set *previous);

#endif
