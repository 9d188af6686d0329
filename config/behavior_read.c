/* Owns `behavior`'s way from YAML; its rules are behavior.c's. */
#include "config/kinds.h"
#include "scaler/base/mem.h"
#include "scaler/base/quantity.h"

/* behavior.c puts the path before its text; here every finding has its path already. */
static void report(struct walk *walk, const struct yaml_node *node, const struct err *err)
{
    walk_error(walk, node, "%s", diag_without_context(err->msg, walk->path.data));
}

static bool read_checked(struct walk *walk, const struct yaml_node *node,
                         int (*check)(int64_t value, const char *path, struct err *err), int32_t *ret)
{
    int64_t value;
    struct err err = {0};
    if (!walk_integer(walk, node, &value))
        return false;
    if (check(value, walk->path.data, &err) != 0) {
        report(walk, node, &err);
        return false;
    }
    *ret = (int32_t)value;
    return true;
}

static void read_window(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct scaling_rules *rules = out;
    rules->has_window = read_checked(walk, node, behavior_check_window, &rules->window_s);
}

static void read_select(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct scaling_rules *rules = out;
    struct err err = {0};
    if (walk_expect(walk, node, YAML_STRING) &&
        behavior_parse_select(node->text, walk->path.data, &rules->select, &err) != 0)
        report(walk, node, &err);
}

static void read_policy_type(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct scaling_policy *policy = out;
    struct err err = {0};
    if (walk_expect(walk, node, YAML_STRING) &&
        behavior_parse_policy_type(node->text, walk->path.data, &policy->type, &err) != 0)
        report(walk, node, &err);
}

static void read_policy_value(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct scaling_policy *policy = out;
    (void)read_checked(walk, node, behavior_check_policy_value, &policy->value);
}

static void read_policy_period(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct scaling_policy *policy = out;
    (void)read_checked(walk, node, behavior_check_policy_period, &policy->period_s);
}

static const struct field policy_fields[] = {
    {"type", FIELD_CUSTOM, .required = true, .read = read_policy_type},
    {"value", FIELD_CUSTOM, .required = true, .read = read_policy_value},
    {"periodSeconds", FIELD_CUSTOM, .required = true, .read = read_policy_period},
};

static void read_policies(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct scaling_rules *rules = out;
    struct err err = {0};
    if (!walk_expect(walk, node, YAML_LIST))
        return;
    if (behavior_check_policies_len(node->len, walk->path.data, &err) != 0) {
        report(walk, node, &err);
        return;
    }
    rules->has_policies = true;
    for (; rules->policies_len < node->len; rules->policies_len++) {
        size_t before = walk_enter_index(walk, rules->policies_len);
        walk_fields(walk, node->items[rules->policies_len], policy_fields, ARRAY_LEN(policy_fields),
                    &rules->policies[rules->policies_len]);
        walk_leave(walk, before);
    }
}

/* A quantity, which YAML may show as a number or as text. */
static void read_tolerance(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct scaling_rules *rules = out;
    struct quantity quantity;
    struct err err = {0};
    bool scalar = node->kind == YAML_INT || node->kind == YAML_FLOAT || node->kind == YAML_STRING;
    if (!scalar || quantity_parse(node->text, &quantity, &err) != 0) {
        walk_error(walk, node, "must be a quantity such as 0.1, not %s", yaml_kind_name(node->kind));
        return;
    }
    if (behavior_check_tolerance(quantity.approx, true, walk->path.data, &err) != 0) {
        report(walk, node, &err);
        return;
    }
    rules->has_tolerance = true;
    rules->tolerance = quantity.approx;
}

static const struct field rules_fields[] = {
    {"stabilizationWindowSeconds", FIELD_CUSTOM, .read = read_window},
    {"selectPolicy", FIELD_CUSTOM, .read = read_select},
    {"policies", FIELD_CUSTOM, .read = read_policies},
    {"tolerance", FIELD_CUSTOM, .read = read_tolerance},
};

static const struct field behavior_fields[] = {
    {"scaleUp", FIELD_MAP, .offset = offsetof(struct scaling_behavior, up), .fields = rules_fields,
     .fields_len = ARRAY_LEN(rules_fields)},
    {"scaleDown", FIELD_MAP, .offset = offsetof(struct scaling_behavior, down), .fields = rules_fields,
     .fields_len = ARRAY_LEN(rules_fields)},
};

void read_behavior(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct scaling_behavior *behavior = out;
    behavior->set = true;
    walk_fields(walk, node, behavior_fields, ARRAY_LEN(behavior_fields), behavior);
}
