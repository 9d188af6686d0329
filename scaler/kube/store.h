/* One ConfigMap as a small durable store (decision state): read at start, written with resourceVersion,
 * created when absent. */
#ifndef SCALER_KUBE_STORE_H
#define SCALER_KUBE_STORE_H

#include "scaler/base/text.h"
#include "scaler/kube/client.h"

struct kube_store;

typedef void (*kube_store_fn)(const struct text_map *data, const struct err *error, void *arg);

struct kube_store *kube_store_new(struct kube_client *client, const char *ns, const char *name);
/* data: the ConfigMap's `data`; absent gives an empty map. */
void kube_store_read(struct kube_store *store, kube_store_fn done, void *arg);
/* Replaces the whole data. One write at a time: a second call before the answer is ERR_CONFLICT. A conflict
 * with another writer is answered ERR_CONFLICT after re-reading the resourceVersion. */
int kube_store_write(struct kube_store *store, const struct text_map *data, kube_store_fn done, void *arg,
                     struct err *err);
void kube_store_close(struct kube_store *store);

#endif
