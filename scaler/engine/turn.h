/* What the files of decide() share: one turn of deciding. Private to scaler/engine. */
#ifndef SCALER_ENGINE_TURN_H
#define SCALER_ENGINE_TURN_H

#include "scaler/engine/decide.h"
#include "scaler/engine/proposal.h"
#include "scaler/engine/rate_limit.h"
#include "scaler/engine/stabilization.h"

struct turn {
    const struct policy *policy;
    struct history *history;
    const struct target_state *target;
    int64_t now_ms;
    struct decision *decision;

    int32_t current; /* spec replicas */
    int32_t low;     /* max(min, 1): the least while anything runs */
    int32_t high;    /* max */
    bool resting;    /* at 0, or below min with an idle count: the next step up is an activation */
    struct scaling_behavior behavior; /* the manifest's, with defaults and the pause annotations in it */
    struct tolerance tolerance;

    /* triggers.c, composite.c */
    uint32_t invalid; /* triggers without a proposal; with a formula: the composite, cpu and memory */
    bool incomplete;  /* a trigger is pending, or its answer partial: unknown in a way no rule of the manifest
                         covers */
    int32_t best_untolerated; /* the best proposal as it were without tolerance */
};

/* The behavior that is in force: §4.9 “paused-scale-in/out = the corresponding selectPolicy Disabled”. */
void turn_behavior(const struct policy *policy, struct scaling_behavior *ret);
int32_t policy_low(const struct policy *policy);
int32_t policy_high(const struct policy *policy);

/* triggers.c: readings to outcomes, failure counts, the best proposal, error and activity. */
void turn_read_triggers(struct turn *turn, const struct reading *readings);

/* For whoever turns a value into replicas. False: pods would be needed and are not known. */
bool turn_propose(const struct turn *turn, const struct trigger_policy *trigger, int64_t value_milli,
                  struct proposal *ret);
/* Combines a proposal ≥ 0 with the others; true: it is the highest now. */
bool turn_take(struct turn *turn, int32_t replicas, int32_t untolerated);
int32_t turn_fallback_replicas(const struct turn *turn);

/* composite.c: the formula's value in place of the triggers' proposals; after them. */
void turn_read_composite(struct turn *turn, const struct reading *readings);

/* activation.c: KEDA's executor (spec/keda-engine.md §3.3, §3.4). true: it settled the result. */
bool turn_active(struct turn *turn);
bool turn_inactive(struct turn *turn);

/* between.c: the HPA's half, for 1 … max (spec/keda-engine.md §3.8). */
void turn_between(struct turn *turn);

/* steps.c */
void turn_step(struct turn *turn, enum decision_limit limit, int32_t from, int32_t to);
void turn_step_detail(struct turn *turn, int64_t at_ms, int32_t detail); /* of the last step */
/* Stabilization, with when to look again. */
void turn_step_stabilized(struct turn *turn, int32_t wish, const struct stabilized *result);
/* A rate, from `start`, with when to look again. rules NULL: none are written, the plain rule. */
void turn_step_rate(struct turn *turn, int32_t wish, int32_t start, const struct rate_bound *bound,
                    const struct scaling_rules *rules);
void turn_recheck(struct turn *turn, int64_t at_ms); /* the earliest wins */
int32_t turn_explain_proposal(struct turn *turn);    /* fallback and tolerance; returns the wish ≥ 0 */
bool turn_best_is_fallback(const struct turn *turn);
int32_t turn_bound(struct turn *turn, int32_t replicas); /* into [low, high], with steps */
struct rate_events turn_events(const struct turn *turn);

#endif
