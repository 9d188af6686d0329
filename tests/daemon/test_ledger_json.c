/* Decisions and policies as JSON: every field, whatever its value, and names that resemble. */
#include "scaler/daemon/ledger_json.h"

#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/daemon/near.h"
#include "tests/base/suite.h"

#define T0 INT64_C(1700000000000)

static json_t *parsed(struct strbuf *body)
{
    struct err err;
    json_t *root = NULL;
    ck_assert_msg(json_load_bytes(body->data, body->len, &root, &err) == 0, "%s: %s", err.msg, body->data);
    return root;
}

static void fill(struct decision *decision)
{
    *decision = (struct decision){.current = 5,
                                  .replicas = 8,
                                  .best = 12,
                                  .best_trigger = 1,
                                  .reason = DECIDE_SCALED_UP,
                                  .limited_by = LIMIT_RATE_UP | LIMIT_MAX,
                                  .active = true,
                                  .triggers_len = 2,
                                  .steps_len = 1};
    decision->triggers[0] = (struct trigger_outcome){.state = READING_ERROR, .failures = 3};
    decision->triggers[1] = (struct trigger_outcome){
        .state = READING_OK, .active = true, .has_proposal = true, .proposal = 12, .value_milli = 117500};
    decision->steps[0] = (struct decision_step){.limit = LIMIT_RATE_UP,
                                                .from = 12,
                                                .to = 8,
                                                .detail = 3,
                                                .at_ms = T0 + 60000,
                                                .value = 3,
                                                .period_s = 60,
                                                .rule = STEP_RULE_PODS};
}

START_TEST(a_decision)
{
    struct decision decision;
    struct reading readings[2] = {{.at_ms = T0 - 500}, {.at_ms = T0, .partial = true}};
    const struct ledger_label labels[] = {{"a \"b\"\n", "redis"}, {NULL, NULL}};
    struct ledger ledger = {0};
    AUTO_STRBUF struct strbuf body;
    strbuf_init(&body);
    fill(&decision);
    ledger_add(&ledger, &decision, readings, T0);
    ledger_set_write(&ledger, LEDGER_WRITTEN);
    ledger_json_decision(&body, ledger_get(&ledger, 0), labels, 2);
    AUTO_JSON json_t *root = parsed(&body);
    AUTO_JSON json_t *wanted = json_pack(
        "{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:b, s:b, s:s, s:[ss], s:[{s:s, s:i, s:i, s:i, s:i, s:i, "
        "s:s, s:s}],"
        "s:[{s:s, s:s, s:s, s:n, s:b, s:b, s:b, s:b, s:i, s:n, s:s}, {s:n, s:n, s:s, s:f, s:b, s:b, s:b, "
        "s:b, s:i, s:i, s:s}]}",
        "at", "2023-11-14T22:13:20.000Z", "since", "2023-11-14T22:13:20.000Z", "count", 1, "current", 5,
        "desired", 8, "highest", 12, "highest_trigger", 1, "reason", "scaled-up", "active", 1, "error", 0,
        "write", "written", "limited_by", "rate-up", "max", "steps", "limit", "rate-up", "from", 12, "to", 8,
        "detail", 3, "value", 3, "period", 60, "rule", "pods", "at", "2023-11-14T22:14:20.000Z", "triggers",
        "name", "a \"b\"\n", "type", "redis", "state", "error", "value", "read_as_zero", 0, "partial", 0,
        "active", 0, "fallback", 0, "failures", 3, "proposal", "at", "2023-11-14T22:13:19.500Z", "name",
        "type", "state", "ok", "value", 117.5, "read_as_zero", 0, "partial", 1, "active", 1, "fallback", 0,
        "failures", 0, "proposal", 12, "at", "2023-11-14T22:13:20.000Z");
    ck_assert_ptr_nonnull(wanted);
    ck_assert_msg(json_equal(root, wanted), "%s", body.data);
    ledger_done(&ledger);
}
END_TEST

START_TEST(a_policy)
{
    struct policy policy = {.min = 1,
                            .max = 20,
                            .has_idle = true,
                            .cooldown_ms = 300000,
                            .initial_cooldown_ms = 1500,
                            .tolerance = 0.1,
                            .down_window_s = 300,
                            .hold_unknown = true,
                            .pause = {.has_replicas = true, .replicas = 3, .scale_out = true},
                            .fallback = {.set = true,
                                         .failure_threshold = 3,
                                         .replicas = 6,
                                         .behavior = FALLBACK_CURRENT_REPLICAS_IF_HIGHER}};
    policy.behavior.set = true;
    policy.behavior.up = (struct scaling_rules){
        .select = SCALING_SELECT_MIN, .has_policies = true, .policies_len = 1, .policies[0] = {0, 4, 60}};
    AUTO_STRBUF struct strbuf body;
    strbuf_init(&body);
    ledger_json_policy(&body, &policy);
    AUTO_JSON json_t *root = parsed(&body);
    ck_assert_int_eq(json_i64(root, "idle", -1), 0);
    ck_assert_str_eq(json_str(root, "unknown"), "hold");
    ck_assert_str_eq(json_str(json_dig(root, "fallback", NULL), "behavior"), "currentReplicasIfHigher");
    ck_assert_int_eq(json_i64(json_dig(root, "pause", NULL), "replicas", -1), 3);
    ck_assert(json_flag(json_dig(root, "pause", NULL), "scale_out"));
    ck_assert_str_eq(json_str(json_dig(root, "behavior", "up", NULL), "select"), "Min");
    json_t *up = json_array_get(json_dig(root, "behavior", "up", "policies", NULL), 0);
    ck_assert_str_eq(json_str(up, "type"), "Pods");
    ck_assert_int_eq(json_i64(up, "period", 0), 60);
    ck_assert_int_eq(json_i64(json_dig(root, "behavior", "down", NULL), "window", 0), 300);
    json_t *down = json_array_get(json_dig(root, "behavior", "down", "policies", NULL), 0);
    ck_assert_str_eq(json_str(down, "type"), "Percent"); /* the default list is in force */
}
END_TEST

START_TEST(nothing_written_is_told_too)
{
    struct policy policy = {.max = 100, .tolerance = 0.1, .down_window_s = 120};
    AUTO_STRBUF struct strbuf body;
    strbuf_init(&body);
    ledger_json_policy(&body, &policy);
    AUTO_JSON json_t *root = parsed(&body);
    ck_assert(json_is_null(json_object_get(root, "idle")) && json_is_null(json_object_get(root, "fallback")));
    ck_assert(!json_flag(json_dig(root, "behavior", NULL), "written"));
    ck_assert_uint_eq(json_array_size(json_dig(root, "behavior", "up", "policies", NULL)), 0);
    ck_assert_int_eq(json_i64(json_dig(root, "behavior", "down", NULL), "window", 0), 120);
}
END_TEST

static const struct {
    const char *wanted, *id;
    int distance;
} likenesses[] = {
    {"shop/worker", "shop/worker", 0},
    {"worker", "shop/worker", 0},
    {"shop/wroker", "shop/worker", 2},
    {"shop/workers", "shop/worker", 1},
    {"worke", "shop/worker", 1},
    {"shop/worker", "shop/worker-blue", 3},
    {"shp/worker", "shop/worker", 1},
    {"other/worker", "shop/worker", 4},
    {"shop/mail", "shop/worker", NEAR_FAR - 1}, /* what else is there */
    {"shopping/mail", "shop/worker", NEAR_FAR},
    {"mail", "mail/worker", NEAR_FAR},
    {"", "shop/worker", NEAR_FAR},
    {"/", "shop/worker", NEAR_FAR},
    {"a/b/c", "shop/worker", NEAR_FAR},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "shop/worker",
     NEAR_FAR},
};

START_TEST(likeness)
{
    ck_assert_int_eq(near_distance(likenesses[_i].wanted, likenesses[_i].id), likenesses[_i].distance);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger_json");
    SUITE_ADD(suite, a_decision);
    SUITE_ADD(suite, a_policy);
    SUITE_ADD(suite, nothing_written_is_told_too);
    SUITE_ADD_LOOP(suite, likeness, likenesses);
    return suite_run(suite);
}
