/* Owns the words for the engine's enums: they stand in logs, metrics and the ledger. */
#include "scaler/base/mem.h"
#include "scaler/engine/decide.h"

const char *reading_state_name(enum reading_state state)
{
    static const char *const names[] = {
        [READING_PENDING] = "pending", [READING_OK] = "ok",       [READING_EMPTY] = "empty",
        [READING_NAN] = "nan",         [READING_ERROR] = "error", [READING_STALE] = "stale",
    };
    return (size_t)state < ARRAY_LEN(names) ? names[state] : "unknown";
}

const char *decision_reason_name(enum decision_reason reason)
{
    static const char *const names[] = {
        [DECIDE_NOTHING] = "nothing",
        [DECIDE_PAUSED] = "paused",
        [DECIDE_ACTIVATED] = "activated",
        [DECIDE_DEACTIVATED] = "deactivated",
        [DECIDE_COOLDOWN] = "cooldown",
        [DECIDE_MIN] = "min",
        [DECIDE_MAX] = "max",
        [DECIDE_SCALED_UP] = "scaled-up",
        [DECIDE_SCALED_DOWN] = "scaled-down",
        [DECIDE_HELD_UNKNOWN] = "held-unknown",
        [DECIDE_HELD_PAUSED_IN] = "held-paused-in",
        [DECIDE_HELD_PAUSED_OUT] = "held-paused-out",
        [DECIDE_FALLBACK] = "fallback",
        [DECIDE_IDLE] = "idle",
    };
    return (size_t)reason < ARRAY_LEN(names) ? names[reason] : "unknown";
}

const char *composite_result_name(enum composite_result result)
{
    static const char *const names[] = {
        [COMPOSITE_NONE] = "",
        [COMPOSITE_OK] = "ok",
        [COMPOSITE_FALLBACK] = "fallback",
        [COMPOSITE_NIL_FALLBACK] = "nil-fallback",
        [COMPOSITE_NIL] = "nil",
        [COMPOSITE_PENDING] = "pending",
        [COMPOSITE_ERROR] = "error",
    };
    return (size_t)result < ARRAY_LEN(names) ? names[result] : "";
}

const char *decision_limit_name(enum decision_limit limit)
{
    static const char *const names[] = {
        "tolerance", "stabilization-up", "stabilization-down", "rate-up", "rate-down", "min",
        "max",       "unknown",          "cooldown",           "pause",   "fallback"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (limit == (enum decision_limit)(1u << i))
            return names[i];
    return "unknown";
}

const char *step_rule_name(enum step_rule rule)
{
    static const char *const names[] = {
        [STEP_RULE_NONE] = "",
        [STEP_RULE_PODS] = "pods",
        [STEP_RULE_PERCENT] = "percent",
        [STEP_RULE_DOUBLE] = "double",
        [STEP_RULE_DISABLED] = "disabled",
        [STEP_RULE_STATIC] = "static",
        [STEP_RULE_CURRENT] = "currentReplicas",
        [STEP_RULE_CURRENT_IF_HIGHER] = "currentReplicasIfHigher",
        [STEP_RULE_CURRENT_IF_LOWER] = "currentReplicasIfLower",
    };
    return (size_t)rule < ARRAY_LEN(names) ? names[rule] : "";
}
