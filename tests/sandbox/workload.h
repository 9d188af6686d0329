/* The stand-in for controllers, scheduler and kubelets: workloads get pods, pods become ready after a delay,
 * status follows. */
#ifndef TESTS_SANDBOX_WORKLOAD_H
#define TESTS_SANDBOX_WORKLOAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>
#include <uv.h>

#include "tests/sandbox/resource.h"

struct collection;
struct object;
struct sandbox;

struct pod {
    UT_hash_handle hh;
    struct pod *prev, *next; /* the workload's, oldest first */
    struct workload *owner;
    char *key; /* "ns/name" */
    uint64_t template_hash;
    int64_t ordinal; /* of a StatefulSet's */
    bool ready;
};

struct workload {
    UT_hash_handle hh;
    struct workload *dirty_next;
    bool dirty, retrying;
    char *key; /* "plural/ns/name" */
    char *ns, *name;
    char uid[37];
    struct collection *collection;
    struct pod *pods;
    uint64_t template_hash;
    /* Without pods the same numbers are kept as numbers. */
    int64_t total, ready, updated, ready_updated;
    int64_t not_awaited; /* of the pods to come, how many were scaled away before they were ready */
};

/* Something to look at later: a pod that becomes ready, or a workload. */
struct due {
    struct due *next;
    int64_t at_ms;
    char *key;
    bool is_pod;
    int64_t count; /* without pods: how many become ready */
};

/* Each queue has one delay for all, so that it stays in order of time by itself. */
enum due_kind { DUE_READY, DUE_RETRY, DUE_KINDS };

struct workloads {
    struct sandbox *sandbox;
    struct workload *by_key;
    struct pod *pods; /* by "ns/name" */
    struct workload *dirty_first, *dirty_last;
    struct {
        struct due *first, *last;
        int64_t delay_ms;
    } queues[DUE_KINDS];
    uv_timer_t timer;
    int64_t max_pods;
    bool no_pods;
    bool writing; /* our own changes need no second look */
};

void workloads_init(struct workloads *workloads, struct sandbox *sandbox);
void workloads_close(struct workloads *workloads); /* the timer; workloads_done after the loop */
void workloads_done(struct workloads *workloads);

/* For the audit log: a workload's replicas were changed otherwise than through /scale. */
void workload_note_write(struct sandbox *sandbox, const struct resource *resource, json_t *before,
                         json_t *after, const char *user_agent);

/* workload_pods.c: brings the pods (or the numbers) to what the object wants. */
void workload_adjust(struct workloads *workloads, struct workload *workload, json_t *object, int64_t desired);
void workload_drop_pods(struct workloads *workloads, struct workload *workload);
void workload_forget_pod(struct workloads *workloads,
                         struct pod *pod); /* from the lists, not from the store */
void workload_pod_is_due(struct workloads *workloads, const char *key);
void workload_mark(struct workloads *workloads, struct workload *workload);
void workload_schedule(struct workloads *workloads, enum due_kind kind, const char *key, bool is_pod,
                       int64_t count);

/* workload_status.c: true if object's status changed. */
bool workload_write_status(const struct workload *workload, json_t *object, int64_t desired);

/* pod.c */
json_t *pod_build(const struct workload *workload, json_t *owner, const char *name, const char *hash);
void pod_make_ready(json_t *pod);
bool pod_is_ready(json_t *pod);

#endif
