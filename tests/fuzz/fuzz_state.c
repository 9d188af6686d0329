/* Saved state: what is accepted must save again as the same, and decide() must live with it. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/daemon/state_codec.h"
#include "scaler/engine/decide.h"
#include "tests/fuzz/fuzz.h"

#define NOW_MS INT64_C(1700000000000)
#define LAG_MS 30000

static void check_round_trip(const struct saved_object *saved, const struct history *history)
{
    struct saved_object again, graceful = *saved;
    struct history copy;
    struct err err = {0};
    graceful.graceful = true; /* otherwise times move on */
    AUTO_FREE char *text = state_encode(&graceful, history);
    history_init(&copy);
    FUZZ_CHECK(state_decode(text, NOW_MS, LAG_MS, &again, &copy, &err) == 0);
    AUTO_FREE char *second = state_encode(&again, &copy);
    FUZZ_CHECK(strcmp(text, second) == 0);
    history_set_triggers(&copy, history->triggers_len); /* as the object does; the well are not saved */
    FUZZ_CHECK(history_signature(history) == history_signature(&copy));
    history_done(&copy);
}

static const struct scaling_rules slow = {.has_window = true,
                                          .window_s = 60,
                                          .has_policies = true,
                                          .policies = {{SCALING_POLICY_PODS, 2, 60}},
                                          .policies_len = 1};

/* An hour of deciding upon it: bounds hold whatever was remembered. */
static void live_on(struct history *history, bool behavior)
{
    static const struct trigger_policy triggers[] = {{.target_milli = 1000}, {.target_milli = 5000}};
    struct policy policy = {.min = 2,
                            .max = 20,
                            .tolerance = 0.1,
                            .down_window_s = 300,
                            .cooldown_ms = 300000,
                            .triggers = triggers,
                            .triggers_len = ARRAY_LEN(triggers)};
    struct target_state target = {.spec_replicas = 7, .status_replicas = 7};
    struct reading readings[] = {{.state = READING_OK}, {.state = READING_OK, .value = 1, .activity = 1}};
    struct decision decision;
    if (behavior)
        policy.behavior = (struct scaling_behavior){.set = true, .up = slow, .down = slow};
    for (int64_t at = 0; at < 3600000; at += 150000) {
        readings[0].value = readings[0].activity = (double)((at / 150000) % 5) * 9;
        decide(&policy, history, readings, &target, NOW_MS + at, &decision);
        FUZZ_CHECK(decision.replicas >= policy.min && decision.replicas <= policy.max);
        decide_commit(&policy, history, &decision, NOW_MS + at);
        target.spec_replicas = target.status_replicas = decision.replicas;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct saved_object saved;
    struct history history;
    struct err err = {0};
    AUTO_FREE char *text = mem_strndup((const char *)data, size);
    history_init(&history);
    if (state_decode(text, NOW_MS, LAG_MS, &saved, &history, &err) < 0) {
        FUZZ_CHECK(err.code < 0 && err.msg[0]);
        FUZZ_CHECK(!history.recommendations.items && !history.triggers);
        return 0;
    }
    check_round_trip(&saved, &history);
    live_on(&history, strlen(text) % 2 == 0);
    history_done(&history);
    return 0;
}
