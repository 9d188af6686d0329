/* What the files of the client share: the client, its channels (connections) and a call. Nobody outside
 * scaler/kube includes it. */
#ifndef SCALER_KUBE_CLIENT_INTERNAL_H
#define SCALER_KUBE_CLIENT_INTERNAL_H

#include "scaler/kube/auth.h"
#include "scaler/kube/client.h"
#include "scaler/kube/kubeconfig.h"
#include "scaler/net/timer.h"

struct http_call;
struct http_pool;
struct http_response;
struct kube_discovery;

/* Requests and watches do not share connections: a burst of lists must not delay a watch's event, nor the
 * other way round. */
enum kube_lane { LANE_CALLS, LANE_STREAMS, LANE_COUNT };

/* A set of connections made with one certificate. A lane has one current channel; those before it only finish
 * what they carry. */
struct kube_channel {
    struct kube_channel *next, *prev;
    struct kube_client *client;
    struct http_pool *pool;
    unsigned users;
    bool retired;
};

enum call_state {
    CALL_QUEUED,
    CALL_SENT,
    CALL_WAITING,   /* for the next try */
    CALL_ANSWERING, /* the timer brings the answer in a later turn */
};

struct kube_call {
    struct kube_call *next, *prev;         /* in its queue */
    struct kube_call *all_next, *all_prev; /* in client->calls */
    struct kube_client *client;
    enum call_state state;
    enum kube_lane lane;
    enum kube_priority priority;
    char *method, *path, *content_type, *body;
    const char *verb;    /* for the counters */
    int64_t deadline_ms; /* 0: none */
    int64_t idle_timeout_ms;
    unsigned tries, max_tries;
    bool auth_retried;
    bool canceled;
    struct backoff backoff;
    struct timer timer;
    struct http_call *http;
    struct kube_channel *channel;
    uint64_t credential_serial;
    bool (*on_data)(const char *bytes, size_t len, void *arg);
    kube_done_fn done;
    void *arg;
    int status;       /* of the last try */
    struct err error; /* of the last try; for CALL_ANSWERING */
};

#define COUNTERS_MAX 128

struct kube_client {
    struct net *net;
    struct kubeconfig config;
    char *user_agent;
    struct kube_auth *auth;
    struct kube_channel *channels;            /* all that live */
    struct kube_channel *current[LANE_COUNT]; /* NULL: none yet */
    uint64_t cert_serial[LANE_COUNT];         /* what current was made with */
    int64_t rotated_ms[LANE_COUNT];
    struct kube_call *queues[3]; /* urgent, normal, streams */
    struct kube_call *calls;     /* every call not yet answered */
    unsigned in_flight;          /* on LANE_CALLS */
    unsigned streams;            /* on LANE_STREAMS */
    int64_t next_stream_ms;      /* when there are many: not before */
    int64_t pause_until_ms;      /* 429: everything not urgent waits */
    struct timer pump_timer;
    struct kube_counter counters[COUNTERS_MAX];
    size_t counters_len;
    struct kube_discovery *discovery; /* resource.c's; NULL until used */
    bool closing, auth_closed, finishing;
    void (*closed)(void *arg);
    void *closed_arg;
};

/* A request whose 2xx body is handed out as it comes: a watch. One try (and one more after a 401), no cap.
 * done's body is NULL. on_data returning false ends it: done with ERR_CANCELED. */
struct kube_stream_request {
    const char *path;
    int64_t timeout_ms;      /* whole stream; 0: none */
    int64_t idle_timeout_ms; /* no byte for so long: ERR_TIMEOUT */
    bool (*on_data)(const char *bytes, size_t len, void *arg);
};
int kube_stream_start(struct kube_client *client, const struct kube_stream_request *request,
                      kube_done_fn done, void *arg, struct kube_call **ret, struct err *err);

/* client.c */
void client_pump(struct kube_client *client); /* sends what may be sent */
void client_note_sent(struct kube_client *client, const struct kube_call *call);
void client_note_ended(struct kube_client *client, const struct kube_call *call);
void client_check_closed(struct kube_client *client);
void client_count(struct kube_client *client, const char *verb, int code);

/* channel.c */
/* The lane's current channel for that credential, made if needed, with one more user; NULL: err says why. */
struct kube_channel *channel_use(struct kube_client *client, enum kube_lane lane,
                                 const struct kube_credential *credential, struct err *err);
void channel_release(struct kube_channel *channel);
/* A request got no answer: its connection may be dead without knowing it (a multiplexed one would swallow
 * every request after it), so the next request gets a new one. At most once in 10 s. */
void channel_suspect(struct kube_channel *channel);
void channel_retire_all(struct kube_client *client);

/* call.c */
enum call_queue { QUEUE_URGENT, QUEUE_NORMAL, QUEUE_STREAMS };
enum call_queue call_queue_of(const struct kube_call *call);
void call_enqueue(struct kube_call *call, bool in_front);
void call_wait(struct kube_call *call, const struct err *error, int64_t delay_ms);
void call_answer(struct kube_call *call, int status, json_t *body, const struct err *error); /* frees call */
void call_answer_later(struct kube_call *call, int status, const struct err *error);
void call_wrap_request(const struct kube_call *call,
                       struct err *err); /* puts "METHOD /path: " before the text */
void call_cancel_all(struct kube_client *client);

/* attempt.c */
void call_send(struct kube_call *call, const struct kube_credential *credential);
void call_failed_before_sending(struct kube_call *call, const struct err *error);

/* resource.c */
void discovery_close(
    struct kube_discovery *discovery); /* what waits is answered ERR_CANCELED in a later turn */
bool discovery_idle(const struct kube_discovery *discovery); /* nothing waits any more; NULL is idle */
void discovery_free(struct kube_discovery *discovery);

#endif
