/* A trigger type for the tests of this room: one row of every sort. Internal to tests/config. */
#ifndef TESTS_CONFIG_SCHEMA_H
#define TESTS_CONFIG_SCHEMA_H

#include <string.h>

#include "config/check.h"
#include "scaler/base/mem.h"

struct demo_auth {
    struct text_list modes;
    char *password;
};

struct demo {
    char *address;
    double threshold;
    int64_t level;
    bool flag;
    bool flag_set;
    int64_t timeout_ns;
    char *format;
    struct demo_auth auth;
    char *note; /* check() adds it */
};

static const char *const demo_formats[] = {"json", "xml", "yaml", NULL};
static const char *const demo_modes[] = {"apiKey", "basic", "tls", "bearer", "custom", "oauth", NULL};
static const char *const demo_exclusive[] = {"bearer", "basic", "oauth", NULL};

static const struct param_row demo_rows[] = {
    {.names = {"address", "serverAddress"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA, PARAM_FROM_ENV, PARAM_FROM_AUTH},
     .required = true,
     .offset = offsetof(struct demo, address)},
    {.names = {"threshold"},
     .type = PARAM_FLOAT,
     .from = {PARAM_FROM_METADATA},
     .required = true,
     .has_min = true,
     .min_exclusive = true,
     .offset = offsetof(struct demo, threshold)},
    {.names = {"level"},
     .type = PARAM_INT,
     .from = {PARAM_FROM_METADATA},
     .default_text = "7",
     .has_min = true,
     .has_max = true,
     .min = 1,
     .max = 9,
     .offset = offsetof(struct demo, level)},
    {.names = {"flag"},
     .type = PARAM_BOOL,
     .from = {PARAM_FROM_METADATA},
     .default_text = "true",
     .offset = offsetof(struct demo, flag),
     .set_offset = offsetof(struct demo, flag_set)},
    {.names = {"timeout"},
     .type = PARAM_DURATION,
     .from = {PARAM_FROM_METADATA},
     .offset = offsetof(struct demo, timeout_ns)},
    {.names = {"format"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .choices = demo_formats,
     .default_text = "json",
     .offset = offsetof(struct demo, format)},
    {.names = {"oldName"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .refused = "was removed; use address"},
};

static const struct param_row demo_auth_rows[] = {
    {.names = {"authModes", "authMode"},
     .type = PARAM_LIST,
     .from = {PARAM_FROM_METADATA, PARAM_FROM_AUTH},
     .choices = demo_modes,
     .exclusive = demo_exclusive,
     .offset = offsetof(struct demo_auth, modes)},
    {.names = {"password"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_AUTH, PARAM_FROM_ENV},
     .secret = true,
     .offset = offsetof(struct demo_auth, password)},
};

static void demo_check(void *config, const struct params_context *context, struct params_error_sink *sink)
{
    struct demo *demo = config;
    demo->note = mem_strdup("note");
    if (demo->threshold > 1000)
        params_report(sink, "threshold", "is far too high");
    if (demo->threshold == 0)
        params_report(sink, "threshold", "must not be 0 (said by check)");
    if (demo->auth.modes.len && !demo->auth.password && !params_may_come_later(context, &demo_auth_rows[1]))
        params_report(sink, NULL, "authModes needs a password");
    if (demo->level == 9)
        params_warn(sink, "level", "9 is unwise");
}

static void demo_done(void *config)
{
    struct demo *demo = config;
    mem_free(demo->note);
    demo->note = NULL;
}

static const char *const demo_names[] = {"demo", "demo-alias", NULL};

static const struct trigger_schema demo_schema = {
    .names = demo_names,
    .title = "Demo",
    .doc = "For tests.",
    .rows = demo_rows,
    .rows_len = ARRAY_LEN(demo_rows),
    .groups = {{demo_auth_rows, ARRAY_LEN(demo_auth_rows), offsetof(struct demo, auth)}},
    .groups_len = 1,
    .config_size = sizeof(struct demo),
    .check = demo_check,
    .done = demo_done,
};

static inline const struct trigger_schema *find_demo(const char *type)
{
    for (size_t i = 0; demo_names[i]; i++)
        if (strcmp(demo_names[i], type) == 0)
            return &demo_schema;
    return NULL;
}

static const struct trigger_schemas demo_schemas = {find_demo};

#endif
