/* Saved state: what goes in comes out; a crash never shortens a cooldown; garbage is refused whole. */
#include "scaler/daemon/state_codec.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "tests/base/suite.h"

#define NOW 1800000000000LL

static void fill(struct history *history)
{
    history_init(history);
    history_set_triggers(history, 2);
    history->triggers[1].failures = 3;
    history->last_active_ms = NOW - 60000;
    history->recommendations.known = true;
    history->recommendations.items = mem_zalloc_array(1, sizeof *history->recommendations.items);
    history->recommendations.items[0] = (struct recommendation){.value = 7, .at_ms = NOW - 60000};
    history->recommendations.len = history->recommendations.cap = 1;
}

static int round_trip(bool active, bool graceful, int64_t now, struct history *ret)
{
    struct history history;
    struct saved_object saved = {.created_ms = NOW - 100000,
                                 .saved_ms = NOW - 60000,
                                 .target = INT64_MAX,
                                 .active = active,
                                 .graceful = graceful},
                        back;
    struct err err;
    fill(&history);
    AUTO_FREE char *text = state_encode(&saved, &history);
    history_done(&history);
    history_init(ret);
    int rc = state_decode(text, now, 30000, &back, ret, &err);
    if (rc == 0)
        ck_assert_int_eq(back.created_ms, saved.created_ms);
    if (rc == 0)
        ck_assert_int_eq(back.target, saved.target);
    return rc;
}

START_TEST(comes_back_as_it_was)
{
    struct history history;
    ck_assert_int_eq(round_trip(true, true, NOW, &history), 0);
    ck_assert_int_eq(history.last_active_ms, NOW - 60000);
    ck_assert_uint_eq(history.triggers_len, 2);
    ck_assert_uint_eq(history.triggers[1].failures, 3);
    ck_assert_uint_eq(history.recommendations.len, 1);
    ck_assert_int_eq(history.recommendations.items[0].value, 7);
    ck_assert_int_eq(history.recommendations.items[0].at_ms, NOW - 60000);
    history_done(&history);
}
END_TEST

/* The last save may be up to lag old when a process dies: an active object was active until then. */
START_TEST(a_crash_never_shortens)
{
    struct history history;
    ck_assert_int_eq(round_trip(true, false, NOW, &history), 0);
    ck_assert_int_eq(history.last_active_ms, NOW - 30000);
    ck_assert_int_eq(history.recommendations.items[0].at_ms, NOW - 30000);
    history_done(&history);
    ck_assert_int_eq(round_trip(false, false, NOW, &history), 0);
    ck_assert_int_eq(history.last_active_ms, NOW - 60000);
    history_done(&history);
    ck_assert_int_eq(round_trip(true, false, NOW - 50000, &history), 0);
    ck_assert_int_eq(history.last_active_ms, NOW - 50000); /* never into the future */
    history_done(&history);
}
END_TEST

static const char *const garbage[] = {
    "",
    "{",
    "[]",
    "null",
    "{}",
    "{\"v\":2}",
    "{\"v\":1,\"at\":-5}",
    "{\"v\":1,\"at\":9223372036854775807}",
    "{\"v\":1,\"at\":1,\"created\":1,\"history\":[]}",
    "{\"v\":1,\"at\":1,\"created\":1,\"history\":{\"recommendations\":\"x\"}}"};

START_TEST(refuses_garbage)
{
    struct saved_object saved = {.created_ms = 42};
    struct history history;
    struct err err = {0};
    history_init(&history);
    ck_assert_int_lt(state_decode(garbage[_i], NOW, 30000, &saved, &history, &err), 0);
    ck_assert_int_eq(saved.created_ms, 42);
    ck_assert_uint_eq(history.recommendations.len, 0);
    ck_assert_str_ne(err.msg, "");
    history_done(&history);
}
END_TEST

START_TEST(signature_sees_what_matters)
{
    struct history a, b;
    fill(&a);
    fill(&b);
    ck_assert(history_signature(&a) == history_signature(&b));
    b.recommendations.items[0].at_ms += 1000; /* time alone is no change */
    b.last_active_ms += 1000;
    ck_assert(history_signature(&a) == history_signature(&b));
    b.triggers[0].failures = 1;
    ck_assert(history_signature(&a) != history_signature(&b));
    history_done(&a);
    history_done(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("state_codec");
    SUITE_ADD(suite, comes_back_as_it_was);
    SUITE_ADD(suite, a_crash_never_shortens);
    SUITE_ADD_LOOP(suite, refuses_garbage, garbage);
    SUITE_ADD(suite, signature_sees_what_matters);
    return suite_run(suite);
}
