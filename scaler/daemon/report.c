/* Owns the words for what happened: log lines and Kubernetes Events with KEDA's reasons (spec/keda-engine.md
 * §6.1). */
#include <stdio.h>

#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/daemon/internal.h"

static void event(struct object *object, bool warning, const char *reason, const char *text)
{
    struct kube_object_ref ref = object_ref(object);
    kube_event(object->daemon->events, &ref, warning, reason, text);
}

static const char *trigger_label(const struct object *object, uint32_t index)
{
    const char *name = object->spec->triggers[index].name;
    return text_empty(name) ? object->triggers[index].metric_name : name;
}

static void list_active(const struct object *object, const struct decision *decision, struct strbuf *text)
{
    if (decision->composite.used) {
        strbuf_append(text, decision->active ? COMPOSITE_METRIC_NAME : "");
        return;
    }
    for (uint32_t i = 0; i < decision->triggers_len; i++) {
        const char *label = decision->triggers[i].active ? trigger_label(object, i) : NULL;
        if (label)
            strbuf_printf(text, "%s%s", text->len ? ";" : "", label);
    }
}

void report_transition(struct object *object, const struct decision *decision)
{
    bool first = !object->active_known;
    if (first || decision->active != object->was_active)
        log_info(object->id, decision->active ? "active" : "not active");
    object->active_known = true;
    object->was_active = decision->active;
    if (!decision->fallback_changed)
        return;
    AUTO_FREE char *text = mem_printf("ScaledObject %s: fallback %s", object->id,
                                      decision->fallback_active ? "in use, sources failing" : "over");
    log_warn(object->id, "%s", text);
    event(object, false,
          decision->fallback_active ? "ScaledObjectFallbackActivated" : "ScaledObjectFallbackDeactivated",
          text);
}

static const char *scaled_reason(const struct object *object, const struct decision *decision)
{
    int32_t rest = object->spec->has_idle ? object->spec->idle : 0;
    if (decision->from_zero)
        return "KEDAScaleTargetActivated";
    if (decision->reason == DECIDE_DEACTIVATED && decision->replicas <= rest)
        return "KEDAScaleTargetDeactivated";
    return "SuccessfulRescale";
}

void report_scaled(struct object *object, const struct decision *decision)
{
    AUTO_STRBUF struct strbuf active;
    strbuf_init(&active);
    list_active(object, decision, &active);
    AUTO_FREE char *text =
        mem_printf("Scaled %s %s from %d to %d (%s%s%s)", object->spec->target.kind, object->id,
                   decision->current, decision->replicas, decision_reason_name(decision->reason),
                   active.len ? ", triggered by " : "", active.data);
    log_info(object->id, "%s", text);
    event(object, false, scaled_reason(object, decision), text);
}

void report_write_failed(struct object *object, const struct decision *decision, const struct err *error)
{
    AUTO_FREE char *text =
        mem_printf("Scaling %s from %d to %d failed: %s; the next round tries again",
                   object->spec->target.kind, decision->current, decision->replicas, error->msg);
    log_error(object->id, "%s", text);
    if (error->code == ERR_CANCELED)
        return;
    event(object, true,
          decision->from_zero                      ? "KEDAScaleTargetActivationFailed"
          : decision->reason == DECIDE_DEACTIVATED ? "KEDAScaleTargetDeactivationFailed"
                                                   : "FailedRescale",
          text);
}

/* NULL: it gives a value, or only waits for the first answers. */
static const char *formula_error(const struct composite_outcome *composite)
{
    if (composite->result == COMPOSITE_ERROR)
        return composite->error;
    return composite->result == COMPOSITE_NIL ? "the result is nil, and no fallback says what that means"
                                              : NULL;
}

/* An event once, not every round. */
void report_formula(struct object *object, const struct composite_outcome *composite)
{
    const char *error = formula_error(composite);
    object->composite.known = composite->used && composite->state == READING_OK;
    object->composite.active = composite->active;
    object->composite.value_milli = composite->value_milli;
    if (composite->result == COMPOSITE_PENDING || text_eq(object->composite.error, error))
        return;
    mem_free(object->composite.error);
    object->composite.error = mem_strdup(error);
    if (!error) {
        log_info(object->id, "the formula gives a value again");
        return;
    }
    AUTO_FREE char *text = mem_printf("Formula: %s; replicas are held", error);
    log_warn(object->id, "%s", text);
    event(object, true, "KEDAScalerFailed", text);
}

void report_trigger_error(struct object *object, const struct trigger *trigger, uint32_t index)
{
    const char *label = trigger_label(object, index);
    AUTO_FREE char *text =
        mem_printf("Trigger %u (%s%s%s): %s", index, object->spec->triggers[index].type, label ? " " : "",
                   label ? label : "", trigger->error ? trigger->error : "failed");
    log_warn(object->id, "%s", text);
    event(object, true, "KEDAScalerFailed", text);
}
