/* What triggers may see of the cluster (struct scaler_cluster), on top of the watches of pods and values. */
#ifndef SCALER_DAEMON_CLUSTER_H
#define SCALER_DAEMON_CLUSTER_H

#include "scaler/daemon/pods.h"
#include "scaler/daemon/values.h"
#include "scalers/api.h"

/* Borrows both. */
struct scaler_cluster *cluster_new(struct pod_cache *pods, struct values_cache *values);
void cluster_free(struct scaler_cluster *cluster); /* all watches must be gone */

#endif
