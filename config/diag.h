/* What is wrong (or doubtful) in the user's files: every message with file:line:column and the path of the
 * field. */
#ifndef CONFIG_DIAG_H
#define CONFIG_DIAG_H

#include <stdbool.h>
#include <stddef.h>

enum diag_severity { DIAG_ERROR, DIAG_WARNING };

struct diag {
    enum diag_severity severity;
    char *file; /* "" where there is none (custom resources) */
    int line;   /* 0: no place */
    int column;
    char *path; /* "spec.triggers[0].metadata.threshold"; "" for the file itself */
    char *message;
};

struct diag_list {
    struct diag *items;
    size_t len, cap;
    size_t errors, warnings;
    size_t dropped; /* beyond DIAG_MAX */
};
#define DIAG_MAX 10000

void diag_add(struct diag_list *list, enum diag_severity severity, const char *file, int line, int column,
              const char *path, const char *fmt, ...) __attribute__((format(printf, 7, 8)));
/* message without the "context: " before it, if it begins so: findings have their file and path already. */
const char *diag_without_context(const char *message, const char *context);
void diag_list_done(struct diag_list *list);
void diag_list_sort(struct diag_list *list); /* by file, line, column; stable */

#endif
