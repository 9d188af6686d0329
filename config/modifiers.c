/* Owns advanced.scalingModifiers (spec/keda-engine.md §4.6): its fields, and compiling the formula over the
 * names of the object's triggers. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/formulas.h"
#include "config/kinds.h"
#include "config/suggest.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"

#define TARGET_MIN 0.001
#define TARGET_MAX 9e15 /* in milli it still fits int64 */

struct raw {
    char *formula, *target, *activation, *metric_type;
};

/* Truncated as KEDA truncates it: what is below a thousandth would divide by nothing. Infinities mean no
 * number of replicas; KEDA lets them pass. */
static void read_target(struct walk *walk, const struct yaml_node *node, const char *text,
                        struct scaled_object *object)
{
    double value;
    struct err err = {0};
    if (text_empty(text))
        walk_error_at(walk, node, "target", "is required beside the other fields of scalingModifiers");
    else if (number_parse_modifiers_target(text, &value, &err) != 0)
        walk_error_at(walk, node, "target", "must be a number greater than 0, not \"%.40s\"", text);
    else if (!(value >= TARGET_MIN && value <= TARGET_MAX))
        walk_error_at(walk, node, "target", "must be at least %g and at most %g, not \"%.40s\"", TARGET_MIN,
                      TARGET_MAX, text);
    else
        object->modifiers.target_milli = (int64_t)(value * 1000);
}

static void read_activation(struct walk *walk, const struct yaml_node *node, const char *text,
                            struct scaled_object *object)
{
    double value;
    if (text_empty(text))
        return;
    if (number_parse_go_float(text, &value, NULL) != 0 || !isfinite(value))
        walk_error_at(walk, node, "activationTarget", "must be a finite number, not \"%.40s\"", text);
    else
        object->modifiers.activation = value;
}

static void read_modifiers_type(struct walk *walk, const struct yaml_node *node, const char *text,
                                struct scaled_object *object)
{
    object->modifiers.value_metric = text_eq(text, "Value");
    if (!text_empty(text) && !object->modifiers.value_metric && strcmp(text, "AverageValue") != 0)
        walk_error_at(walk, node, "metricType", "must be AverageValue or Value, not \"%.40s\"", text);
}

static void read_set(struct walk *walk, const struct yaml_node *node, const struct raw *raw,
                     struct scaled_object *object)
{
    object->modifiers.set = true;
    if (text_empty(raw->formula))
        walk_error_at(walk, node, "formula", "is required beside the other fields of scalingModifiers");
    read_target(walk, node, raw->target, object);
    read_activation(walk, node, raw->activation, object);
    read_modifiers_type(walk, node, raw->metric_type, object);
}

/* Empty fields count as absent; with none left there are no modifiers. */
void read_scaling_modifiers(struct walk *walk, const struct yaml_node *node, void *out)
{
    static const struct field fields[] = {
        {"formula", FIELD_STRING, .offset = offsetof(struct raw, formula)},
        {"target", FIELD_STRING, .offset = offsetof(struct raw, target)},
        {"activationTarget", FIELD_STRING, .offset = offsetof(struct raw, activation)},
        {"metricType", FIELD_STRING, .offset = offsetof(struct raw, metric_type)},
    };
    struct raw raw = {0};
    size_t errors = walk->errors;
    walk_fields(walk, node, fields, ARRAY_LEN(fields), &raw);
    if (walk->errors == errors && (!text_empty(raw.formula) || !text_empty(raw.target) ||
                                   !text_empty(raw.activation) || !text_empty(raw.metric_type)))
        read_set(walk, node, &raw, out);
    mem_free(raw.formula);
    mem_free(raw.target);
    mem_free(raw.activation);
    mem_free(raw.metric_type);
}

/* ---- the formula ---- */

static bool is_input(const struct trigger_spec *trigger)
{
    return !text_empty(trigger->name) && !trigger_is_resource(trigger);
}

/* The names a formula may use, in spec order, and for each trigger which of them it is. */
static const char **collect_names(struct scaled_object *object)
{
    const char **names = mem_zalloc_array(object->triggers_len + 1, sizeof(*names));
    object->modifiers.inputs = mem_zalloc_array(object->triggers_len, sizeof(*object->modifiers.inputs));
    for (size_t i = 0; i < object->triggers_len; i++) {
        object->modifiers.inputs[i] = -1;
        if (!is_input(&object->triggers[i]))
            continue;
        object->modifiers.inputs[i] = (int32_t)object->modifiers.inputs_len;
        names[object->modifiers.inputs_len++] = object->triggers[i].name;
    }
    return names;
}

#define NAME_MAX_BYTES 80

/* The name that stands at a place of the formula; "" if it is longer than any that could be meant. */
static void take_name(const char *at, char *buf, size_t size)
{
    size_t len = 0;
    while (isalnum((unsigned char)at[len]) || at[len] == '_' || at[len] == '$' || (at[len] & 0x80))
        len++;
    (void)snprintf(buf, size, "%.*s", len < size ? (int)len : 0, at);
}

/* A name such as my-queue reads as a difference; the environment has it all the same. */
static bool explain_dashed(const struct trigger_spec *trigger, const char *name, const char *at, char *buf,
                           size_t size)
{
    if (strlen(trigger->name) <= strlen(name) || strlen(trigger->name) >= NAME_MAX_BYTES ||
        strpbrk(trigger->name, "\"\\") || !text_starts_with(at, trigger->name))
        return false;
    (void)snprintf(buf, size, "; the trigger's name is no word here: write $env[\"%s\"]", trigger->name);
    return true;
}

/* What the triggers have to do with a name that the formula does not know. */
static void explain_name(const struct scaled_object *object, const char *at, char *buf, size_t size)
{
    char name[NAME_MAX_BYTES];
    struct suggest suggest;
    take_name(at, name, sizeof(name));
    suggest_init(&suggest, name);
    for (size_t i = 0; i < object->triggers_len; i++) {
        const struct trigger_spec *trigger = &object->triggers[i];
        if (is_input(trigger))
            suggest_offer(&suggest, trigger->name);
        if (is_input(trigger) && explain_dashed(trigger, name, at, buf, size))
            return;
        if (!trigger_is_resource(trigger) || text_empty(name) || strcmp(trigger->name, name) != 0)
            continue;
        (void)snprintf(buf, size, "; triggers[%zu] is a %s trigger, which no formula can use", i,
                       trigger->type);
        return;
    }
    if (object->modifiers.inputs_len == 0)
        (void)snprintf(buf, size, "; no trigger has a name: only those with one can be used");
    else
        (void)suggest_text(&suggest, buf, size);
}

/* At the very place where the YAML lets it be found; within the formula's own lines in any case. */
static void report_formula(struct walk *walk, const struct yaml_node *node,
                           const struct scaled_object *object, const struct formula_place *place,
                           const struct err *err)
{
    char hint[160] = "";
    struct yaml_node at = *node;
    if (place->line <= 0) {
        walk_error(walk, node, "%s", err->msg);
        return;
    }
    if (text_starts_with(err->msg, "unknown name") && place->offset <= strlen(node->text))
        explain_name(object, node->text + place->offset, hint, sizeof(hint));
    (void)yaml_text_place(node, place->line, place->column, &at.line, &at.column);
    walk_error(walk, &at, "%s%s (line %d, column %d of the formula)", err->msg, hint, place->line,
               place->column);
}

/* What a failing trigger means to the formula has to be said in it. */
static void warn_without_nil(struct walk *walk, const struct yaml_node *node,
                             const struct scaled_object *object)
{
    if (object->fallback.set && object->fallback.kind == FALLBACK_KIND_SCALING_MODIFIERS &&
        !shared_formula_speaks_of_nil(object->modifiers.formula))
        walk_warn(
            walk, node,
            "fallback.behavior scalingModifiers makes a failing trigger nil, but the formula has no \"??\" "
            "for it: replicas are held then");
}

static void compile(struct walk *walk, const struct yaml_node *node, struct scaled_object *object,
                    struct formula_pool *pool)
{
    struct formula_place place = {0};
    struct err err = {0};
    const char **names = collect_names(object);
    if (formula_pool_get(pool, node->text, names, object->modifiers.inputs_len, &object->modifiers.formula,
                         &place, &err) == 0)
        warn_without_nil(walk, node, object);
    else
        report_formula(walk, node, object, &place, &err);
    mem_free(names);
}

void modifiers_compile(struct walk *walk, const struct yaml_node *document, struct scaled_object *object,
                       struct formula_pool *pool)
{
    const struct yaml_node *advanced = yaml_get(yaml_get(document, "spec"), "advanced");
    const struct yaml_node *node = yaml_get(yaml_get(advanced, "scalingModifiers"), "formula");
    if (!object->modifiers.set || object->triggers_len == 0 || !node || node->kind != YAML_STRING ||
        !*node->text)
        return; /* reported already, or nothing to do */
    size_t before = walk_enter(walk, "spec");
    (void)walk_enter(walk, "advanced");
    (void)walk_enter(walk, "scalingModifiers");
    (void)walk_enter(walk, "formula");
    object->modifiers.formula_mark = walk_mark(walk, node);
    compile(walk, node, object, pool);
    walk_leave(walk, before);
}
