/* The parts of the running sandbox, and who owns what of a call. */
#ifndef TESTS_SANDBOX_SANDBOX_H
#define TESTS_SANDBOX_SANDBOX_H

#include <uv.h>

#include "tests/sandbox/fault.h"
#include "tests/sandbox/route.h"
#include "tests/sandbox/stats.h"
#include "tests/sandbox/status.h"
#include "tests/sandbox/store.h"
#include "tests/sandbox/watch.h"
#include "tests/sandbox/web.h"
#include "tests/sandbox/workload.h"

struct options {
    const char *listen, *token, *cert_file, *key_file, *kubeconfig_out;
    struct text_list load;
    int64_t ready_delay_ms, bookmark_ms;
    int64_t history, max_pods;
    bool no_pods;
};

struct sandbox {
    uv_loop_t *loop;
    struct options options;
    struct store store;
    struct watches watches;
    struct workloads workloads;
    struct faults faults;
    struct stats stats;
    char *token; /* the one accepted now; NULL: none needed */
    struct web_server *web;
};

/* One request between its arrival and its answer. */
struct call {
    struct sandbox *sandbox;
    struct web_request *request;
    struct route route;
    char path_class[96]; /* for the counters */
    struct reply reply;
    bool streaming; /* a watch has taken the request over */
    bool dry_run;
    struct effect effect; /* what the fault rules do to it */
    uv_timer_t timer;     /* latency */
    bool delayed, gone;
};

/* api.c: what web.c calls. */
void api_on_request(struct web_request *request, void *arg);
void api_on_refuse(int status, const char *why, struct strbuf *body, void *arg);

/* The calls' families; each fills call->reply. */
void read_get(struct call *call);
void read_list(struct call *call);
void write_create(struct call *call);
void write_update(struct call *call);
void write_patch(struct call *call);
void write_delete(struct call *call);
void write_delete_collection(struct call *call);
void scale_get(struct call *call);
void scale_update(struct call *call);
void scale_patch(struct call *call);
void control_serve(struct call *call);
/* False: the path is none of theirs. */
bool discovery_serve(struct call *call);
bool openapi_serve(struct call *call);
/* Lists of PodMetrics made from annotations; false: another path, or PodMetrics are stored. */
bool metrics_serve(struct call *call);

/* Puts an object in (its identity is checked), making its namespace; the create verb without HTTP. */
struct object *write_insert(struct sandbox *sandbox, const struct resource *resource, json_t *object);
void write_make_namespace(struct sandbox *sandbox, const char *ns);

/* load.c */
int load_file(struct sandbox *sandbox, const char *path, struct err *err);

#endif
