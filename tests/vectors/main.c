/* vectors FILE…: runs every line of every file by its kind; prints FAIL lines and a sum; exits 1 if anything
 * failed. */
#include <stdio.h>
#include <string.h>

#include "scaler/base/file.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/vectors/runner.h"

#define FILE_MAX_BYTES ((size_t)256 << 20)

static const struct vector_kind *const groups[] = {
    vector_kinds_hpa_calc,          vector_kinds_hpa_pods,      vector_kinds_hpa_behavior,
    vector_kinds_hpa_stabilization, vector_kinds_hpa_reconcile,
};

/* The first whose key a flat line has. */
static const struct vector_shape shapes[] = {
    {"ok", vectors_coercion},          {"ignoreNullValues", vectors_prometheus},
    {"desiredReplicas", vectors_cron}, {"valueLocation", vectors_metrics},
    {"formula", vectors_formula},      {NULL, NULL},
};

struct totals {
    unsigned long passed, failed;
};

static const struct vector_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        for (const struct vector_kind *kind = groups[i]; kind->name; kind++)
            if (text_eq(kind->name, name))
                return kind;
    return NULL;
}

static void (*find_shape(json_t *root))(struct vector *)
{
    for (const struct vector_shape *shape = shapes; shape->key; shape++)
        if (json_object_get(root, shape->key))
            return shape->run;
    return NULL;
}

static void run_kind(struct vector *vector, json_t *root)
{
    const struct vector_kind *kind = find_kind(input_str(root, "kind"));
    vector->input = json_object_get(root, "input");
    vector->expect = json_object_get(root, "expect");
    if (!kind)
        vector_fail(vector, "unknown kind \"%s\"", input_str(root, "kind"));
    else if (!json_is_object(vector->input) || !json_is_object(vector->expect))
        vector_fail(vector, "input and expect must be objects");
    else
        kind->run(vector);
}

static void run_vector(struct vector *vector, json_t *root)
{
    void (*run_flat)(struct vector *) = json_object_get(root, "expect") ? NULL : find_shape(root);
    if (run_flat) {
        vector->input = vector->expect = root;
        run_flat(vector);
    } else {
        run_kind(vector, root);
    }
    if (!vector->failed && vector->checks == 0)
        vector_fail(vector, "nothing was compared");
}

static void vector_done(struct vector *vector)
{
    for (size_t i = 0; i < vector->allocated_len; i++)
        mem_free(vector->allocated[i]);
    mem_free(vector->allocated);
}

static void count(struct totals *totals, const char *id, const char *why)
{
    if (!why) {
        totals->passed++;
        return;
    }
    totals->failed++;
    printf("FAIL %s: %s\n", id, why);
}

static void run_line(const char *path, size_t number, const char *line, size_t len, struct totals *totals)
{
    AUTO_JSON json_t *root = NULL;
    struct err err = {0};
    char where[1024];
    (void)snprintf(where, sizeof(where), "%s:%zu", path, number);
    if (json_load_bytes(line, len, &root, &err) < 0 || !json_is_object(root)) {
        count(totals, where, root ? "not a JSON object" : err.msg);
        return;
    }
    const char *id = input_str(root, "id");
    struct vector vector = {.id = text_empty(id) ? where : id};
    run_vector(&vector, root);
    count(totals, vector.id, vector.failed ? vector.why : NULL);
    vector_done(&vector);
}

static void run_file(const char *path, struct totals *totals)
{
    AUTO_FREE char *bytes = NULL;
    size_t len, number = 0;
    struct err err = {0};
    if (file_read(path, FILE_MAX_BYTES, &bytes, &len, &err) < 0) {
        count(totals, path, err.msg);
        return;
    }
    for (const char *line = bytes, *end = bytes + len; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t line_len = (size_t)((stop ? stop : end) - line);
        number++;
        if (strspn(line, " \t\r") < line_len)
            run_line(path, number, line, line_len, totals);
        line += line_len + 1;
    }
}

int main(int argc, char **argv)
{
    struct totals totals = {0};
    if (argc < 2) {
        fprintf(stderr, "usage: vectors FILE…\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        run_file(argv[i], &totals);
    printf("%lu passed, %lu failed\n", totals.passed, totals.failed);
    return totals.failed ? 1 : 0;
}
