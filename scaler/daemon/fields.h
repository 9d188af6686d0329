/* The few fields of a scaled workload that are kept. */
#ifndef SCALER_DAEMON_FIELDS_H
#define SCALER_DAEMON_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "scaler/kube/resource.h"

bool fields_are_known(
    const struct kube_resource *resource); /* spec.replicas and status.replicas mean what they say */
int32_t field_replicas(json_t *part, int32_t absent);
void field_replace(char **field, const char **shown, const char *value); /* NULL is "" */

#endif
