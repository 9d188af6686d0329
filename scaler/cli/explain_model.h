/* What there is to explain: the facts of one object and its last decisions, checked and typed. Read from a
 * daemon's /decisions or from a simulation's lines; everything in them is hostile until it is here. */
#ifndef SCALER_CLI_EXPLAIN_MODEL_H
#define SCALER_CLI_EXPLAIN_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scaler/daemon/ledger.h"
#include "scaler/engine/decide.h"

#define EXPLAIN_DECISIONS_MAX 64

struct explain_step {
    enum decision_limit limit;
    enum step_rule rule;
    int32_t from, to, detail, value, period_s; /* as struct decision_step */
    int64_t at_ms;
};

struct explain_trigger {
    const char *name, *type; /* "" if not said */
    enum reading_state state;
    double value; /* READING_OK */
    bool as_zero, partial, active, fallback, has_proposal;
    uint32_t failures;
    int32_t proposal;
    int64_t at_ms;
};

struct explain_composite {
    bool set;                     /* advanced.scalingModifiers: it proposes instead of the triggers */
    enum composite_result result; /* COMPOSITE_NONE: not said */
    enum reading_state state;
    double value; /* READING_OK */
    bool active, fallback, has_proposal;
    int32_t proposal;
};

struct explain_decision {
    int64_t at_ms, since_ms;
    uint32_t count;
    int32_t current, desired;
    int32_t highest, highest_trigger; /* -1: no proposal */
    enum decision_reason reason;
    enum ledger_write write;
    bool active, error;
    unsigned limited_by;
    uint32_t steps_len, triggers_len;
    struct explain_step steps[DECISION_STEPS_MAX];
    struct explain_trigger triggers[DECISION_TRIGGERS_MAX];
    struct explain_composite composite;
};

/* What the manifest says of a trigger, and what is known of it now. */
struct explain_fact {
    bool has_target, whole; /* whole: metricType Value, the target is for all replicas together */
    double target;
    double activation; /* active above it */
    int64_t last_ok_ms;
    const char *error; /* NULL: none */
};

struct explain_object {
    const char *ns, *name, *kind, *target, *phase;
    const char *problem;       /* NULL: none */
    const char *formula_error; /* why the formula gives nothing now; NULL: it does, or there is none */
    int32_t replicas;          /* -1: not known */
    int32_t min, max;
    int64_t now_ms, next_ms; /* next 0: nothing is planned */
    bool simulated;          /* times count from a simulation's start, start_ms; there is no name */
    int64_t start_ms;
    bool has_policy;
    struct {
        int32_t idle; /* -1: none */
        double tolerance_up, tolerance_down;
        bool paused, scale_in_paused, scale_out_paused;
    } policy;
    uint32_t facts_len;
    struct explain_fact facts[DECISION_TRIGGERS_MAX];
    json_t *decisions; /* borrowed array, newest first */
    size_t decisions_len;
};

/* All borrow from the JSON. ERR_PROTOCOL: names what is wrong with it. */
int explain_read_object(json_t *root, json_t *object, struct explain_object *ret, struct err *err);
int explain_read_decision(json_t *decision, struct explain_decision *ret, struct err *err);

/* A whole screen. decisions[0] is explained, the others get a line each. */
struct strbuf;
void explain_text(struct strbuf *out, const struct explain_object *object,
                  const struct explain_decision *decisions, size_t decisions_len);

#endif
