/* What the files of a watch share. */
#ifndef SCALER_KUBE_WATCH_INTERNAL_H
#define SCALER_KUBE_WATCH_INTERNAL_H

#include "scaler/base/strbuf.h"
#include "scaler/kube/watch.h"
#include "scaler/kube/watch_known.h"
#include "scaler/net/timer.h"

struct kube_call;
struct net;

struct kube_watch {
    struct kube_client *client;
    struct net *net;
    char *path;
    char *selectors;    /* "&fieldSelector=…&labelSelector=…", escaped */
    unsigned page_size; /* 0: all at once */
    struct kube_watch_handlers handlers;
    void *arg;
    struct kube_call *call; /* list page or stream under way */
    struct timer timer;     /* next try; never together with call */
    struct backoff backoff;
    struct watch_known known;

    bool synced;
    bool needs_list;
    char *resource_version; /* where the stream goes on */

    char *continue_token; /* NULL: the next page is the first */
    unsigned pages;       /* of the list under way */
    unsigned expired;     /* lists in a row whose continue token the server forgot */

    struct strbuf line;
    bool progress;        /* this stream brought an event */
    unsigned dry_streams; /* failed streams in a row without one */
    int64_t stream_began_ms;
    struct err stream_error; /* why on_data gave up; code 0: it did not */

    bool closed;    /* by its owner */
    bool ended;     /* the client closes: nothing more will be tried */
    unsigned depth; /* handlers or our own code above them on the stack */
};

/* watch.c */
void watch_enter(struct kube_watch *watch);
/* false: the watch is closed (and perhaps freed): do not touch it. */
bool watch_leave(struct kube_watch *watch);
void watch_report(struct kube_watch *watch, json_t *object,
                  const struct object_id *id); /* known objects are left out */
void watch_forget(struct kube_watch *watch, const struct object_id *id);
/* Tells on_error and tries again after a back-off. */
void watch_retry(struct kube_watch *watch, const struct err *error);
void watch_go_on_in(struct kube_watch *watch, int64_t delay_ms);
void watch_set_version(struct kube_watch *watch, const char *resource_version);

/* watch_list.c */
void watch_list_next_page(struct kube_watch *watch);

/* watch_stream.c */
void watch_stream_start(struct kube_watch *watch);

#endif
