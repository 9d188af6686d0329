/* The data of `advanced.horizontalPodAutoscalerConfig.behavior` (autoscaling/v2), its defaults and its API
 * rules (spec/hpa-algorithm.md §5.1, §8). Read by config and engine. */
#ifndef CONFIG_BEHAVIOR_H
#define CONFIG_BEHAVIOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"

enum scaling_policy_type { SCALING_POLICY_PODS, SCALING_POLICY_PERCENT };
enum scaling_select { SCALING_SELECT_MAX, SCALING_SELECT_MIN, SCALING_SELECT_DISABLED };

struct scaling_policy {
    enum scaling_policy_type type;
    int32_t value;    /* > 0 */
    int32_t period_s; /* 1 … 1800 */
};

#define SCALING_POLICIES_MAX 16 /* per direction; more is refused by config */

struct scaling_rules {
    bool has_window;
    int32_t window_s; /* 0 … 3600; without has_window: 0 up, 300 (the controller's flag) down */
    enum scaling_select select;
    bool has_policies; /* false: the default list of spec/hpa-algorithm.md §5.1 is meant; stays false when it
                          is filled in */
    struct scaling_policy policies[SCALING_POLICIES_MAX];
    uint32_t policies_len;
    bool has_tolerance;
    double tolerance; /* ≥ 0; a quantity as mantissa × 10^exponent */
};

struct scaling_behavior {
    bool set; /* `behavior` is present at all: spec/hpa-algorithm.md section 5 instead of 4 */
    struct scaling_rules up;
    struct scaling_rules down;
};

/* Fills what is unset, in both directions, if behavior->set; nothing otherwise. Applying it twice changes
 * nothing. */
void behavior_apply_defaults(struct scaling_behavior *behavior);
void scaling_rules_apply_defaults(struct scaling_rules *rules, bool up);

/* The API's rules for one field; path is the field's own, e.g. "spec.behavior.scaleUp.policies[0].value".
 * All: 0 or ERR_CONFIG with the API server's wording, outputs untouched on failure. Numbers are taken as wide
 * as a manifest can write them. */
int behavior_check_window(int64_t seconds, const char *path, struct err *err);
int behavior_parse_select(const char *text, const char *path, enum scaling_select *ret, struct err *err);
int behavior_check_policies_len(size_t len, const char *path, struct err *err); /* 1 … SCALING_POLICIES_MAX */
int behavior_parse_policy_type(const char *text, const char *path, enum scaling_policy_type *ret,
                               struct err *err);
int behavior_check_policy_value(int64_t value, const char *path, struct err *err);
int behavior_check_policy_period(int64_t seconds, const char *path, struct err *err);
/* allowed: the API server knows the field (gate HPAConfigurableTolerance); Davit always does. */
int behavior_check_tolerance(double tolerance, bool allowed, const char *path, struct err *err);

/* Everything above over a whole behavior, the first failure in the API's order (scaleUp first). Defaults
 * first: an unset list of policies is refused here. path: "spec.behavior". */
int behavior_validate(const struct scaling_behavior *behavior, bool tolerance_allowed, const char *path,
                      struct err *err);

const char *scaling_select_name(enum scaling_select select);         /* "Max", "Min", "Disabled" */
const char *scaling_policy_type_name(enum scaling_policy_type type); /* "Pods", "Percent" */

#endif
