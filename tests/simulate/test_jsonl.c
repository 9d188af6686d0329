/* A line, from an evaluation made by hand: two triggers and a formula over them. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/simulate/render.h"
#include "tests/support/suite.h"

static char *line_of(const struct decision *decision)
{
    struct subject_trigger triggers[] = {{.name = (char *)"a \"b\""}, {.name = (char *)"s1"}};
    const struct subject subject = {.triggers = triggers, .triggers_len = 2};
    const int64_t shown[] = {1500, 0};
    const struct instant instant = {.t_ms = 1500,
                                    .start_ms = INT64_C(1767225600000),
                                    .subject = &subject,
                                    .decision = decision,
                                    .shown_milli = shown};
    struct jsonl jsonl;
    struct output output;
    output_init(&output, stdout);
    jsonl_init(&jsonl, &output);
    jsonl.sink.instant(&jsonl.sink, &instant);
    char *line = strbuf_take(&output.text);
    strbuf_done(&output.text);
    return line;
}

START_TEST(test_line)
{
    AUTO_FREE struct decision *decision = mem_zalloc(sizeof *decision);
    decision->current = 2;
    decision->replicas = 3;
    decision->reason = DECIDE_SCALED_UP;
    decision->limited_by = LIMIT_RATE_UP | LIMIT_MAX;
    decision->triggers_len = 2;
    decision->triggers[0] =
        (struct trigger_outcome){.state = READING_OK, .has_proposal = true, .proposal = 7};
    decision->triggers[1].state = READING_ERROR;
    AUTO_FREE char *plain = line_of(decision);
    ck_assert_str_eq(plain,
                     "{\"t\":1.5,\"replicas\":2,\"desired\":3,\"active\":false,\"reason\":\"scaled-up\","
                     "\"limited_by\":[\"rate-up\",\"max\"],\"triggers\":{\"a \\\"b\\\"\":{\"state\":\"ok\","
                     "\"value\":1.5,\"proposal\":7},\"s1\":{\"state\":\"error\",\"value\":null,\"proposal\":"
                     "null}},\"steps\":[],\"at\":\"2026-01-01T00:00:01.500Z\"}\n");
    decision->composite = (struct composite_outcome){
        .used = true, .state = READING_OK, .has_proposal = true, .value_milli = -2500, .proposal = 4};
    AUTO_FREE char *formula = line_of(decision);
    ck_assert(strstr(formula, "\"proposal\":null},\"composite-metric\":{\"state\":\"ok\",\"value\":-2.5,"
                              "\"proposal\":4}},\"steps\""));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_line);
}

int main(void)
{
    return suite_run("simulate/jsonl", 30, add);
}
