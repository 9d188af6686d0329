/* List + watch of one collection: paged list, bookmarks, reconnect with back-off, 410 relists. Only notifies;
 * keeps nothing but the set of known names (to report what vanished during a gap). */
#ifndef SCALER_KUBE_WATCH_H
#define SCALER_KUBE_WATCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/err.h"

struct kube_client;
struct kube_watch;

struct kube_watch_options {
    const char *path;           /* "/apis/apps/v1/namespaces/x/deployments" */
    const char *field_selector; /* NULL: none; e.g. "metadata.name=foo" */
    const char *label_selector; /* NULL: none */
    unsigned page_size;         /* 0: 500 */
};

struct kube_watch_handlers {
    /* Added or changed (also every object of a relist whose resourceVersion differs). object is borrowed. */
    void (*on_object)(json_t *object, void *arg);
    void (*on_deleted)(const char *ns, const char *name, void *arg);
    /* The list is complete (first time, and after each relist). */
    void (*on_synced)(void *arg);
    /* Trouble; the watch goes on by itself. in_ms: until the next try. Optional. */
    void (*on_error)(const struct err *error, int64_t in_ms, void *arg);
};

int kube_watch_open(struct kube_client *client, const struct kube_watch_options *options,
                    const struct kube_watch_handlers *handlers, void *arg, struct kube_watch **ret,
                    struct err *err);
bool kube_watch_synced(const struct kube_watch *watch);
void kube_watch_close(struct kube_watch *watch); /* no handler runs after this returned */

#endif
