/* decide(): policy + history + readings + the target's replicas → what the replicas should be, and why. Pure:
 * no I/O, no clock. KEDA's rules (spec/keda-engine.md §3, §4.8) around the HPA's arithmetic
 * (spec/hpa-algorithm.md; scaler/engine/hpa.h). */
#ifndef SCALER_ENGINE_DECIDE_H
#define SCALER_ENGINE_DECIDE_H

#include "scaler/engine/history.h"
#include "scaler/engine/policy.h"
#include "scaler/engine/proposal.h"
#include "scaler/engine/reading.h"

#define DECISION_TRIGGERS_MAX 64 /* triggers of one object; config refuses more */

struct target_state {
    int32_t spec_replicas;
    int32_t status_replicas;
    bool has_pods; /* ready_pods and pods are known (needed only for METRIC_VALUE) */
    int32_t ready_pods;
    int32_t pods; /* listed by the selector, in any phase */
};

/* What bound the result, the most telling last. */
enum decision_reason {
    DECIDE_NOTHING,         /* replicas are what they should be */
    DECIDE_PAUSED,          /* frozen, or driven to paused-replicas */
    DECIDE_ACTIVATED,       /* from 0 or idle, straight to N */
    DECIDE_DEACTIVATED,     /* to 0 or idle, cooldown over */
    DECIDE_COOLDOWN,        /* inactive, cooldown still running */
    DECIDE_MIN,             /* raised to min */
    DECIDE_MAX,             /* lowered to max */
    DECIDE_SCALED_UP,       /* a trigger above its target */
    DECIDE_SCALED_DOWN,     /* all triggers below their targets */
    DECIDE_HELD_UNKNOWN,    /* something is unknown, and lowering is not allowed then */
    DECIDE_HELD_PAUSED_IN,  /* paused-scale-in stopped a decrease */
    DECIDE_HELD_PAUSED_OUT, /* paused-scale-out stopped an increase */
    DECIDE_FALLBACK,        /* fallback replicas rule */
    DECIDE_IDLE,            /* inactive, at (or below) idle: stays */
};

/* What cut the arithmetic's wish on its way; a bit set, in the order of application. */
enum decision_limit {
    LIMIT_TOLERANCE = 1 << 0,
    LIMIT_STABILIZATION_UP = 1 << 1,
    LIMIT_STABILIZATION_DOWN = 1 << 2,
    LIMIT_RATE_UP = 1 << 3,
    LIMIT_RATE_DOWN = 1 << 4,
    LIMIT_MIN = 1 << 5,
    LIMIT_MAX = 1 << 6,
    LIMIT_UNKNOWN = 1 << 7, /* a lower result was refused because a reading is unknown or partial */
    LIMIT_COOLDOWN = 1 << 8,
    LIMIT_PAUSE = 1 << 9,
    LIMIT_FALLBACK = 1 << 10,
};

struct trigger_outcome {
    enum reading_state
        state; /* after compatibility rules: EMPTY read as 0 is READING_OK with value 0 and as_zero */
    bool as_zero;
    bool active;
    bool in_fallback;
    bool as_nil;       /* failing for long enough to be nil in the formula, and no error: fallback.behavior
                          scalingModifiers */
    bool has_proposal; /* never with a formula, but for METRIC_REPLICAS */
    int64_t value_milli;
    int32_t proposal;
    uint32_t failures;
};

/* What became of the formula of advanced.scalingModifiers. */
enum composite_result {
    COMPOSITE_NONE,         /* the object has none, or is paused */
    COMPOSITE_OK,           /* it gave a number */
    COMPOSITE_FALLBACK,     /* not evaluated: a trigger is in fallback, whose replicas stand for it */
    COMPOSITE_NIL_FALLBACK, /* it yielded nil: fallback.replicas stand for it */
    /* unknown, all of these: */
    COMPOSITE_NIL,     /* it yielded nil, and there is no fallback section */
    COMPOSITE_PENDING, /* not evaluated: a trigger in it has never been asked */
    COMPOSITE_ERROR,   /* it failed: see error */
};

#define COMPOSITE_METRIC_NAME "composite-metric" /* as KEDA names it */
#define COMPOSITE_ERROR_MAX   160

/* What the formula gave; it proposes instead of the triggers. */
struct composite_outcome {
    bool used; /* there is a formula, and it was its turn; false: nothing below is set */
    enum composite_result result;
    enum reading_state state; /* the same as a trigger's would be: OK if known, EMPTY for nil */
    bool in_fallback;         /* replicas of the fallback section stand for it */
    bool incomplete;          /* known only in part: may raise, never lower (composite.c says when) */
    bool active;              /* > activationTarget; counts only without a trigger error */
    bool has_proposal;
    bool best;           /* its proposal is decision->best, and best_trigger -1 */
    int64_t value_milli; /* may be negative; with a fallback target × replicas */
    int32_t proposal;
    uint32_t missing;                /* triggers that occur in it and were nil */
    char error[COMPOSITE_ERROR_MAX]; /* COMPOSITE_ERROR; else "" */
};

/* Which rule of its kind made a step. */
enum step_rule {
    STEP_RULE_NONE,
    STEP_RULE_PODS,     /* rate: a policy of type Pods: value, period_s */
    STEP_RULE_PERCENT,  /* rate: a policy of type Percent */
    STEP_RULE_DOUBLE,   /* rate: no behavior is written, max(2n, 4) at once */
    STEP_RULE_DISABLED, /* rate: selectPolicy Disabled */
    STEP_RULE_STATIC,   /* fallback: its behaviors */
    STEP_RULE_CURRENT,
    STEP_RULE_CURRENT_IF_HIGHER,
    STEP_RULE_CURRENT_IF_LOWER,
};

/* A step of the chain from the highest proposal to the result; the ledger keeps them, words are made on
 * demand. */
struct decision_step {
    enum decision_limit limit;
    int32_t from, to;
    int32_t detail; /* rate: replicas that may still be changed now; stabilization: window seconds;
                       cooldown: the one in force, seconds */
    /* stabilization: when the binding recommendation was made; cooldown: when it ends; rate: when the oldest
     * change counted leaves its period, 0: none is counted; else 0 */
    int64_t at_ms;
    int32_t value; /* stabilization: the binding recommendation; rate: the policy's value */
    uint16_t period_s;
    uint8_t rule; /* enum step_rule */
};
#define DECISION_STEPS_MAX 8

struct decision {
    int32_t current;      /* spec replicas the decision was made on */
    int32_t replicas;     /* what they should be; == current: nothing to write */
    int32_t best;         /* highest valid proposal; -1: none */
    int32_t best_trigger; /* its index; -1: none, or the composite */
    enum decision_reason reason;
    unsigned limited_by; /* decision_limit bits */
    bool active;
    bool error;     /* at least one trigger is in error and not covered by fallback */
    bool all_error; /* every trigger is */
    bool fallback_active;
    bool fallback_changed; /* differs from the decision before: Events */
    bool from_zero;        /* the write is an activation */
    int64_t recheck_ms; /* earliest moment the same inputs may give another answer (cooldown or window ends);
                           0: none */
    uint32_t triggers_len;
    struct composite_outcome composite;
    struct trigger_outcome triggers[DECISION_TRIGGERS_MAX];
    uint32_t steps_len;
    struct decision_step steps[DECISION_STEPS_MAX];
};

/* Decides. `readings` holds policy->triggers_len entries. Updates in *history what a pass itself changes
 * (failure counts, recommendations, last_active_ms); scale events and the activation time of a write are
 * recorded by decide_commit only after the write succeeded. Result always within bounds; an unknown reading
 * never lowers it. */
void decide(const struct policy *policy, struct history *history, const struct reading *readings,
            const struct target_state *target, int64_t now_ms, struct decision *ret);

/* The write of decision->replicas succeeded at now_ms. */
void decide_commit(const struct policy *policy, struct history *history, const struct decision *decision,
                   int64_t now_ms);

/* The tolerance in force; for whoever makes the readings of METRIC_REPLICAS. */
struct tolerance policy_tolerance(const struct policy *policy);

const char *decision_reason_name(enum decision_reason reason);   /* "activated", "held-unknown", … */
const char *composite_result_name(enum composite_result result); /* "ok", "nil", …; "" for none */
const char *decision_limit_name(enum decision_limit limit);      /* "tolerance", "rate-up", … */
const char *step_rule_name(enum step_rule rule);                 /* "pods", "disabled", …; "" for none */

#endif
