/* Parsing a trigger's parameters in tests: metadata and authentication as "key", "value", …, NULL; findings
 * as one text. */
#ifndef TESTS_SUPPORT_PARAMS_H
#define TESTS_SUPPORT_PARAMS_H

#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/params.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"

struct trigger_input {
    struct text_map metadata, auth, env;
    struct params_context context;
};

struct findings {
    struct params_error_sink sink;
    struct strbuf text; /* "error key: message\n" or "warning …" */
    size_t errors;
};

static inline void findings_add(struct params_error_sink *sink, bool warning, const char *key,
                                const char *message)
{
    struct findings *findings = container_of(sink, struct findings, sink);
    findings->errors += !warning;
    strbuf_printf(&findings->text, "%s %s: %s\n", warning ? "warning" : "error", key ? key : "-", message);
}

static inline void findings_init(struct findings *findings)
{
    *findings = (struct findings){.sink.add = findings_add};
    strbuf_init(&findings->text);
}

/* "name", "value", … and NULL. A name may begin with "auth:" or "env:"; "trigger:metricType" stands beside
 * metadata; else it is metadata. The object is in namespace "default". */
static inline void trigger_input_init(struct trigger_input *input, const char *const *pairs)
{
    bool utilization = false;
    *input = (struct trigger_input){0};
    for (; pairs && pairs[0]; pairs += 2) {
        if (strncmp(pairs[0], "auth:", 5) == 0)
            text_map_set(&input->auth, pairs[0] + 5, pairs[1]);
        else if (strncmp(pairs[0], "env:", 4) == 0)
            text_map_set(&input->env, pairs[0] + 4, pairs[1]);
        else if (strcmp(pairs[0], "trigger:metricType") == 0)
            utilization = strcmp(pairs[1], "Utilization") == 0;
        else
            text_map_set(&input->metadata, pairs[0], pairs[1]);
    }
    input->context = (struct params_context){.metadata = &input->metadata,
                                             .auth = &input->auth,
                                             .env = &input->env,
                                             .ns = "default",
                                             .utilization = utilization};
}

static inline void trigger_input_done(struct trigger_input *input)
{
    text_map_done(&input->metadata);
    text_map_done_secret(&input->auth);
    text_map_done(&input->env);
}

/* The parsed config, to be released by config_drop; NULL when there was an error. findings may be NULL: then
 * an error fails the test. */
static inline void *config_parse(const struct trigger_schema *schema, const char *const *pairs,
                                 struct findings *findings)
{
    struct trigger_input input;
    struct findings own;
    findings_init(&own);
    struct findings *used = findings ? findings : &own;
    trigger_input_init(&input, pairs);
    void *config = mem_zalloc(schema->config_size);
    if (params_parse(schema, &input.context, config, &used->sink) < 0) {
        ck_assert_msg(findings != NULL, "%s", used->text.data);
        ck_assert_uint_gt(used->errors, 0);
        mem_free(config);
        config = NULL;
    }
    trigger_input_done(&input);
    strbuf_done(&own.text);
    return config;
}

static inline void config_drop(const struct trigger_schema *schema, void *config)
{
    if (config)
        params_done(schema, config);
    mem_free(config);
}

/* One row of a table of wrong (or suspect) manifests: a piece of the finding that must come; NULL: none at
 * all may come. */
struct params_case {
    const char *pairs[20];
    const char *finding;
};

static inline void check_params_case(const struct trigger_schema *schema, const struct params_case *row)
{
    struct findings findings;
    findings_init(&findings);
    void *config = config_parse(schema, row->pairs, &findings);
    const char *text = findings.text.data;
    if (row->finding)
        ck_assert_msg(strstr(text, row->finding) != NULL, "wanted: %s\nfound: %s", row->finding, text);
    else
        ck_assert_msg(*text == '\0', "found: %s", text);
    if (row->finding && strncmp(row->finding, "error", 5) == 0)
        ck_assert_ptr_null(config);
    config_drop(schema, config);
    strbuf_done(&findings.text);
}

#endif
