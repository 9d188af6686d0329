/* Counts the pods of one workload by readiness (only for triggers with metricType Value). */
#ifndef SCALER_DAEMON_PODS_H
#define SCALER_DAEMON_PODS_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/kube/client.h"

struct pod_counter;

int pod_counter_open(struct kube_client *client, const char *ns, const char *label_selector,
                     struct pod_counter **ret, struct err *err);
void pod_counter_close(struct pod_counter *counter);
/* false: not known yet. ready: phase Running and condition Ready, terminating ones included
 * (spec/hpa-algorithm.md §1.1). */
bool pod_counter_read(const struct pod_counter *counter, int32_t *ret_pods, int32_t *ret_ready);
const char *pod_counter_selector(const struct pod_counter *counter);

#endif
