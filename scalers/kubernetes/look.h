/* The source of types that read the cluster: one watch, and readings that are answered from it in the loop's
 * next turn, or as soon as it knows anything. */
#ifndef SCALERS_KUBERNETES_LOOK_H
#define SCALERS_KUBERNETES_LOOK_H

#include "scalers/api.h"

struct look_kind {
    int (*watch)(struct scaler_cluster *cluster, const void *config, void (*changed)(void *arg), void *arg,
                 struct scaler_watch **ret, struct err *err);
    /* The watch is known to be right. */
    int (*answer)(struct scaler_cluster *cluster, const struct scaler_watch *watch, const void *config,
                  struct scaler_result *ret, struct err *err);
};

int look_open(struct net *net, struct scaler_cluster *cluster, const struct look_kind *kind,
              const void *config, struct scaler_source **ret, struct err *err);
/* As scaler_type's. */
int look_read(struct scaler_source *source, const void *config, scaler_done_fn done, void *arg,
              struct err *err);
void look_close(struct scaler_source *source, void (*closed)(void *arg), void *arg);

#endif
