/* The Table form of lists that kubectl prints: the columns people know. */
#ifndef TESTS_SANDBOX_TABLE_H
#define TESTS_SANDBOX_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/strbuf.h"
#include "tests/sandbox/resource.h"

struct blob;
struct web_request;

enum table_object { TABLE_OBJECT_META, TABLE_OBJECT_FULL, TABLE_OBJECT_NONE };

struct table {
    const struct resource *resource;
    enum table_object object;
    struct strbuf rows;
    size_t count;
};

bool table_wanted(const struct web_request *request);
enum table_object table_object_of(const struct web_request *request); /* ?includeObject= */
void table_init(struct table *table, const struct resource *resource, enum table_object object);
void table_done(struct table *table);
void table_add(struct table *table, const struct blob *blob);
/* columns: with their definitions, which a watch sends once only. */
void table_write(const struct table *table, bool columns, uint64_t rv, const char *continue_token,
                 size_t rest, struct strbuf *out);

enum cell_kind {
    CELL_TEXT,      /* path; joined by commas where a step is "*" */
    CELL_NUMBER,    /* path; 0 if absent */
    CELL_AGE,       /* path of a time */
    CELL_OF,        /* "path/path": two numbers */
    CELL_CONDITION, /* the status of this condition */
    CELL_MAKE,      /* by the function */
};

struct column {
    const char *name;
    enum cell_kind kind;
    const char *path;
    const char *other; /* CELL_OF */
    json_t *(*make)(json_t *object);
    int priority; /* 1: only with -o wide */
};

/* table_columns.c; at least name and age. */
const struct column *table_columns(const struct resource *resource, size_t *ret_count);
json_t *table_cell(const struct column *column, json_t *object); /* new reference */

#endif
