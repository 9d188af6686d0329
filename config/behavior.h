/* The data of `advanced.horizontalPodAutoscalerConfig.behavior` (autoscaling/v2), after defaults. Data only: read by config and engine. */
#ifndef CONFIG_BEHAVIOR_H
#define CONFIG_BEHAVIOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    bool has_policies; /* false: the default list of spec/hpa-algorithm.md §5.1 is meant */
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

#endif
