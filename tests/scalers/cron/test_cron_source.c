/* The cron source on a loop: answers come once, in a later turn, and a close cancels what is under way. */
#include "tests/support/harness.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_cron;

/* A start that never comes and an end each minute: always active. The other way round: never. */
#define ALWAYS "start", "0 0 31 2 *", "end", "* * * * *"
#define NEVER  "start", "* * * * *", "end", "0 0 31 2 *"

static const char *const open_window[] = {"timezone", "UTC", ALWAYS, "desiredReplicas", "3", NULL};
static const char *const closed_window[] = {"timezone", "UTC", NEVER, "desiredReplicas", "3", NULL};
static const char *const negative[] = {"timezone", "UTC", ALWAYS, "desiredReplicas", "-3", NULL};
static const char *const no_zone[] = {"timezone", "No/Where", ALWAYS, "desiredReplicas", "3", NULL};

START_TEST(answers)
{
    struct harness harness;
    harness_init(&harness);
    harness_open(&harness, &scaler_cron, open_window);
    struct outcome outcome = harness_read(&harness);
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_int_eq(outcome.result.state, SCALER_OK);
    ck_assert(outcome.result.value == 3 && outcome.result.activity > 0 && !outcome.result.partial);
    harness_close_source(&harness);
    harness_open(&harness, &scaler_cron, closed_window);
    outcome = harness_read(&harness);
    ck_assert(outcome.code == 0 && outcome.result.value == 0 && outcome.result.activity == 0);
    harness_close_source(&harness);
    harness_open(&harness, &scaler_cron, negative);
    outcome = harness_read(&harness);
    ck_assert(outcome.code == 0 && outcome.result.value == 0 && outcome.result.activity > 0);
    harness_done(&harness);
}
END_TEST

/* ERR_CONFIG: it is no sign that the source, which is all cron triggers', is down. */
START_TEST(unknown_zone)
{
    struct harness harness;
    harness_init(&harness);
    harness_open(&harness, &scaler_cron, no_zone);
    struct outcome outcome = harness_read(&harness);
    ck_assert_failed(outcome, ERR_CONFIG, "unknown time zone \"No/Where\"");
    harness_done(&harness);
}
END_TEST

START_TEST(many_at_once)
{
    struct outcome outcomes[200];
    struct harness harness;
    harness_init(&harness);
    harness_open(&harness, &scaler_cron, open_window);
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
        harness_start(&harness, harness.config, &outcomes[i]);
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
        ck_assert_uint_eq(outcomes[i].calls, 0);
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        harness_wait(&harness, &outcomes[i]);
        ck_assert_int_eq(outcomes[i].code, 0);
    }
    harness_done(&harness);
}
END_TEST

START_TEST(close_cancels)
{
    struct outcome outcomes[3];
    struct harness harness;
    harness_init(&harness);
    harness_open(&harness, &scaler_cron, open_window);
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
        harness_start(&harness, harness.config, &outcomes[i]);
    harness_close_source(&harness);
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        ck_assert_uint_eq(outcomes[i].calls, 1);
        ck_assert_int_eq(outcomes[i].code, ERR_CANCELED);
    }
    harness_done(&harness);
}
END_TEST

/* A first answer's taker closes the source; the second reading is canceled in the same turn. */
struct taker {
    struct harness *harness;
    struct outcome second;
    unsigned calls;
    bool again;
};

static void on_first(const struct scaler_result *result, const struct err *error, void *arg)
{
    struct taker *taker = arg;
    ck_assert(result && !error);
    taker->calls++;
    if (taker->again) {
        taker->again = false;
        ck_assert_int_eq(
            scaler_cron.read(taker->harness->source, taker->harness->config, on_first, taker, NULL), 0);
        ck_assert_uint_eq(taker->calls, 1);
        return;
    }
    scaler_cron.close(taker->harness->source, harness_set_flag, &taker->harness->source_closed);
    ck_assert(!taker->harness->source_closed);
}

START_TEST(asked_again_and_closed_from_an_answer)
{
    struct harness harness;
    struct taker taker = {.harness = &harness, .again = true};
    harness_init(&harness);
    harness_open(&harness, &scaler_cron, open_window);
    ck_assert_int_eq(scaler_cron.read(harness.source, harness.config, on_first, &taker, NULL), 0);
    while (taker.calls < 1)
        uv_run(&harness.loop, UV_RUN_ONCE);
    harness_start(&harness, harness.config, &taker.second); /* behind the one asked from the answer */
    ck_assert(harness_run(&harness, harness_flag_is_set, &harness.source_closed, 5000));
    ck_assert_uint_eq(taker.calls, 2);
    ck_assert_uint_eq(taker.second.calls, 1);
    ck_assert_int_eq(taker.second.code, ERR_CANCELED);
    config_drop(&scaler_cron.schema, harness.config);
    harness.source = NULL;
    harness_done(&harness);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, answers);
    tcase_add_test(tests, unknown_zone);
    tcase_add_test(tests, many_at_once);
    tcase_add_test(tests, close_cancels);
    tcase_add_test(tests, asked_again_and_closed_from_an_answer);
}

int main(void)
{
    return suite_run("cron source", 60, add);
}
