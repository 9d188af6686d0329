/* What is remembered: saved form, restoring from whatever stands there, memory in use, pruning. */
#include "scaler/base/json.h"
#include "scaler/engine/rate_limit.h"
#include "scaler/engine/stabilization.h"
#include "tests/engine/fixture.h"

static json_t *parse(const char *text)
{
    json_t *root = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_ptr_nonnull(root);
    return root;
}

static char *save_text(const struct history *history)
{
    json_t *root = history_save(history);
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}

static void check_restores_to(const char *text, const char *expect)
{
    struct history history;
    struct err err = {0};
    json_t *root = parse(text);
    history_init(&history);
    ck_assert_msg(history_restore(&history, root, T0, &err) == 0, "%s: %s", text, err.msg);
    char *saved = save_text(&history);
    ck_assert_str_eq(saved, expect);
    mem_free(saved);
    json_decref(root);
    history_done(&history);
}

START_TEST(saved_form)
{
    static const char *const texts[] = {
        "{\"v\":1}",
        "{\"v\":1,\"recs\":[]}",
        "{\"v\":1,\"recs\":[[3,1699999999000],[0,1700000000000]]}",
        "{\"v\":1,\"recs\":[[1,5]],\"up\":[[4,1699999999000,0]],\"down\":[[2,17,1],[9,18,0]],\"active\":"
        "1699999999999,"
        "\"original\":0,\"fallback\":true,\"health\":[[0,0],[4294967295,1700000000000]]}",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        check_restores_to(texts[i], texts[i]);
    check_restores_to("{\"v\":1,\"fallback\":false,\"later\":[1]}", "{\"v\":1}");
}
END_TEST

static const char *const refused[] = {
    "null",
    "[]",
    "{}",
    "{\"v\":2}",
    "{\"v\":\"1\"}",
    "{\"v\":1,\"recs\":{}}",
    "{\"v\":1,\"recs\":[3]}",
    "{\"v\":1,\"recs\":[[3]]}",
    "{\"v\":1,\"recs\":[[3,4,5]]}",
    "{\"v\":1,\"recs\":[[3.5,4]]}",
    "{\"v\":1,\"recs\":[[-1,4]]}",
    "{\"v\":1,\"recs\":[[2147483648,4]]}",
    "{\"v\":1,\"recs\":[[3,-1]]}",
    "{\"v\":1,\"recs\":[[3,1700003600001]]}", /* an hour and a millisecond ahead */
    "{\"v\":1,\"recs\":[[1,2],[1,null]]}",
    "{\"v\":1,\"up\":[[0,4,0]]}",
    "{\"v\":1,\"up\":[[1,4,2]]}",
    "{\"v\":1,\"up\":[[1,4,true]]}",
    "{\"v\":1,\"up\":[[1,4]]}",
    "{\"v\":1,\"down\":[[1,4,0],\"x\"]}",
    "{\"v\":1,\"active\":0}",
    "{\"v\":1,\"active\":\"now\"}",
    "{\"v\":1,\"active\":9223372036854775807}",
    "{\"v\":1,\"original\":-1}",
    "{\"v\":1,\"original\":2147483648}",
    "{\"v\":1,\"fallback\":1}",
    "{\"v\":1,\"health\":[[-1,0]]}",
    "{\"v\":1,\"health\":[[4294967296,0]]}",
    "{\"v\":1,\"health\":{}}",
};

START_TEST(malformed_is_refused_whole)
{
    struct history history;
    struct err err = {0};
    json_t *root = parse(refused[_i]);
    history_init(&history);
    history.last_active_ms = 42;
    recommendations_plant(&history.recommendations, 7, 43);
    ck_assert_msg(history_restore(&history, root, T0, &err) < 0, "%s", refused[_i]);
    ck_assert_int_eq(err.code, ERR_INVALID);
    char *saved = save_text(&history);
    ck_assert_str_eq(saved, "{\"v\":1,\"recs\":[[7,43]],\"active\":42}");
    mem_free(saved);
    json_decref(root);
    history_done(&history);
}
END_TEST

START_TEST(too_long_is_refused)
{
    struct history history;
    json_t *root = parse("{\"v\":1,\"recs\":[]}");
    for (int i = 0; i < 5000; i++)
        json_array_append_new(json_object_get(root, "recs"), json_pack("[ii]", i, i));
    history_init(&history);
    ck_assert_int_lt(history_restore(&history, root, T0, NULL), 0);
    json_decref(root);
    history_done(&history);
}
END_TEST

START_TEST(health_keeps_its_place)
{
    struct history history;
    json_t *root = parse("{\"v\":1,\"health\":[[1,0],[2,0],[3,0]]}");
    history_init(&history);
    history_set_triggers(&history, 2);
    ck_assert_int_eq(history_restore(&history, root, T0, NULL), 0);
    ck_assert_uint_eq(history.triggers_len, 2);
    ck_assert_uint_eq(history.triggers[1].failures, 2);
    history_set_triggers(&history, 4);
    ck_assert_uint_eq(history.triggers[1].failures, 2);
    ck_assert_uint_eq(history.triggers[2].failures, 0);
    history_set_triggers(&history, 0);
    ck_assert_uint_eq(history.triggers_len, 0);
    json_decref(root);
    history_done(&history);
    history_done(NULL);
}
END_TEST

START_TEST(a_steady_object_uses_little_memory)
{
    struct fixture fixture;
    fixture_init(&fixture, 2);
    fixture_replicas(&fixture, 5);
    fixture_value(&fixture, 1, 1);
    for (int i = 0; i < 2000; i++) {
        fixture.now_ms += SECONDS(1);
        fixture_value(&fixture, 0, 5 + i % 2);
        (void)fixture_turn(&fixture);
        ck_assert_uint_le(fixture.history.recommendations.len, 3);
        ck_assert_uint_le(history_bytes(&fixture.history), 128);
    }
    fixture_done(&fixture);
}
END_TEST

/* The same stream of recommendations with and without pruning: never another answer. */
START_TEST(pruning_changes_no_answer)
{
    uint64_t seed = 77 + (uint64_t)_i;
    struct recommendation_list pruned = {0}, whole = {0};
    int32_t up_s = (_i % 3) * 60, down_s = (_i % 4) * 100, current = 10;
    int64_t now_ms = T0;
    for (int turn = 0; turn < 400; turn++) {
        int32_t desired = random_below(&seed, 1 + _i % 30);
        now_ms += random_below(&seed, 3) * 500 * (1 + random_below(&seed, 20));
        recommendations_prune(&pruned, up_s, down_s, now_ms);
        struct stabilized a, b;
        if (_i % 2) {
            a = stabilize_behavior(&pruned, current, desired, up_s, down_s, now_ms);
            b = stabilize_behavior(&whole, current, desired, up_s, down_s, now_ms);
        } else {
            a = stabilize_plain(&pruned, desired, down_s, now_ms);
            b = stabilize_plain(&whole, desired, down_s, now_ms);
        }
        recommendations_prune(&pruned, up_s, down_s, now_ms);
        ck_assert_int_eq(a.replicas, b.replicas);
        ck_assert_int_eq(a.held, b.held);
        ck_assert_int_eq(a.held_since_ms, b.held_since_ms);
        ck_assert_int_eq(a.held_until_ms, b.held_until_ms);
        ck_assert_uint_le(pruned.len, whole.len);
        current = a.replicas;
    }
    mem_free(pruned.items);
    mem_free(whole.items);
}
END_TEST

START_TEST(endless_trends_are_capped)
{
    struct recommendation_list list = {0};
    int32_t value = 1 << 20;
    for (int64_t now_ms = T0; now_ms < T0 + 5000; now_ms++) {
        (void)stabilize_plain(&list, --value, 300, now_ms);
        recommendations_prune(&list, 0, 300, now_ms);
        ck_assert_uint_le(list.len, HISTORY_RECOMMENDATIONS_MAX);
    }
    ck_assert_int_eq(list.items[0].value, (1 << 20) - 1); /* what holds is kept */
    ck_assert_int_eq(list.items[list.len - 1].value, value);
    mem_free(list.items);
}
END_TEST

START_TEST(endless_events_are_capped)
{
    struct scale_event_list list = {0};
    struct scaling_rules rules = {.policies_len = 1, .policies = {{SCALING_POLICY_PODS, 1, 1800}}};
    for (int64_t now_ms = T0; now_ms < T0 + 5000; now_ms++)
        scale_events_store(&list, &rules, 2, now_ms);
    scale_events_store(&list, &rules, 0, T0);
    ck_assert_uint_eq(list.len, HISTORY_EVENTS_MAX);
    ck_assert_int_eq(scale_events_change(&list, 1800, T0 + 5000), 10000);
    mem_free(list.items);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/history");
    TCase *tc = tcase_create("history");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, saved_form);
    tcase_add_loop_test(tc, malformed_is_refused_whole, 0, (int)ARRAY_LEN(refused));
    tcase_add_test(tc, too_long_is_refused);
    tcase_add_test(tc, health_keeps_its_place);
    tcase_add_test(tc, a_steady_object_uses_little_memory);
    tcase_add_loop_test(tc, pruning_changes_no_answer, 0, 60);
    tcase_add_test(tc, endless_trends_are_capped);
    tcase_add_test(tc, endless_events_are_capped);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
