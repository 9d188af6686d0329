/* cron.jsonl: the cron trigger at an instant, through its parameters as a manifest gives them. */
#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scalers/api.h"
#include "scalers/cron/cron.h"
#include "tests/vectors/runner.h"

extern const struct scaler_type scaler_cron;

static void ignore(struct params_error_sink *sink, bool warning, const char *key, const char *message)
{
    (void)sink;
    (void)warning;
    (void)key;
    (void)message;
}

static struct cron_config *parse(struct vector *vector)
{
    static const char *const keys[] = {"timezone", "start", "end", "desiredReplicas"};
    struct text_map metadata = {0};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (input_has(vector->input, keys[i]))
            text_map_set(&metadata, keys[i], input_str(vector->input, keys[i]));
    struct params_context context = {.metadata = &metadata};
    struct params_error_sink sink = {.add = ignore};
    struct cron_config *config = mem_zalloc(sizeof(*config));
    if (params_parse(&scaler_cron.schema, &context, config, &sink) < 0) {
        mem_free(config);
        config = NULL;
    }
    text_map_done(&metadata);
    return config;
}

/* The instants may be written with any offset; "null" is never. */
static void check_firing(struct vector *vector, const char *key, const struct cron_firing *actual)
{
    int64_t expected_ms = 0;
    bool ever = input_has(vector->expect, key);
    vector->checks++;
    if (ever && clock_parse_rfc3339(input_str(vector->expect, key), &expected_ms, NULL) < 0)
        vector_fail(vector, "%s: not a time", key);
    else if (ever != actual->ever || (ever && expected_ms != actual->unix_s * 1000))
        vector_fail(vector, "%s: expected %s, got %lld", key, input_str(vector->expect, key),
                    actual->ever ? (long long)actual->unix_s : -1LL);
}

static void check_name(struct vector *vector, const struct cron_config *config)
{
    struct scaler_target target;
    scaler_cron.describe(config, &target);
    AUTO_FREE char *name = mem_printf("s0-%s", target.metric_name);
    expect_str(vector, "metric_name", name);
}

/* What the source answers, and what it is made from. */
static void check_answer(struct vector *vector, const struct cron_config *config, int64_t now_ms)
{
    struct scaler_target target;
    struct scaler_result result;
    struct cron_answer answer;
    if (cron_evaluate(config, now_ms, &answer, NULL) < 0 ||
        scaler_cron.evaluate(config, now_ms, &result, NULL) < 0) {
        expect_str(vector, "error_stage", "eval");
        return;
    }
    scaler_cron.describe(config, &target);
    expect_bool(vector, "error", false);
    expect_bool(vector, "active", answer.active);
    expect_bool(vector, "active", result.activity > target.activation);
    expect_double(vector, "value", result.value);
    check_firing(vector, "next_start", &answer.next_start);
    check_firing(vector, "next_end", &answer.next_end);
}

void vectors_cron(struct vector *vector)
{
    int64_t now_ms;
    if (clock_parse_rfc3339(input_str(vector->input, "now"), &now_ms, NULL) < 0) {
        vector_fail(vector, "now is not a time");
        return;
    }
    struct cron_config *config = parse(vector);
    if (!config) {
        expect_bool(vector, "error", true);
        expect_str(vector, "error_stage", "parse");
        return;
    }
    check_name(vector, config);
    check_answer(vector, config, now_ms);
    params_done(&scaler_cron.schema, config);
    mem_free(config);
}
