/* Requests to the Kubernetes API: authorization, retries, rate limits. */
#ifndef SCALER_KUBE_CLIENT_H
#define SCALER_KUBE_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/err.h"

struct net;
struct kube_client;
struct kube_call;
struct kubeconfig;

/* Takes copies. Nothing is sent yet. user_agent: "davit/0.1.0". */
int kube_client_new(struct net *net, const struct kubeconfig *config, const char *user_agent,
                    struct kube_client **ret, struct err *err);
/* Calls, finds and watches under way end with ERR_CANCELED, new ones are refused. What was made on the client
 * (watches, events, stores) must be closed by its owner before closed has come. closed comes in a later turn.
 */
void kube_client_close(struct kube_client *client, void (*closed)(void *arg), void *arg);
struct net *kube_client_net(struct kube_client *client);

enum kube_priority { KUBE_NORMAL, KUBE_URGENT /* activation from zero goes before other writes */ };

struct kube_request {
    const char *method;       /* "GET" … */
    const char *path;         /* "/api/v1/namespaces/x/secrets?limit=500": escaped by the caller */
    const char *content_type; /* of body; NULL: application/json */
    const char *body;         /* NULL: none; copied */
    enum kube_priority priority;
    int64_t timeout_ms; /* for all tries; 0: 15 s */
    unsigned max_tries; /* 0: 5. Connection errors, 429, 5xx and 401 (after refreshing the token) are tried
                           again with back-off and Retry-After; other statuses are answers. A non-idempotent
                           POST is only tried again when it surely was not executed. */
};

/* error NULL: 2xx; body is the parsed answer (borrowed; NULL if empty). Otherwise error: 401/403 ERR_AUTH,
 * 404 ERR_NOT_FOUND, 409 ERR_CONFLICT, 410 ERR_GONE, 422/400 ERR_INVALID, 429/5xx ERR_UNAVAILABLE; its text
 * carries the Status message. status 0: no answer. */
typedef void (*kube_done_fn)(int status, json_t *body, const struct err *error, void *arg);

int kube_start(struct kube_client *client, const struct kube_request *request, kube_done_fn done, void *arg,
               struct kube_call **ret, struct err *err);
/* done comes with ERR_CANCELED in a later turn. Not after done. */
void kube_cancel(struct kube_call *call);

/* Per verb and code, for /metrics. code 0: no answer. */
struct kube_counter {
    const char *verb; /* get list watch create patch delete */
    int code;
    uint64_t count;
};
size_t kube_counters(const struct kube_client *client, const struct kube_counter **ret);

#endif
