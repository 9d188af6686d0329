/* Owns the stream half of a watch: cutting it into lines, and what each event means. */
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/kube/answer.h"
#include "scaler/kube/client_internal.h"
#include "scaler/kube/watch_internal.h"
#include "scaler/net/net.h"

#define LINE_MAX_BYTES ((size_t)4 << 20)
/* The server ends the stream by itself after so long, plus up to a quarter so that many watches do not all
 * come back at once. */
#define STREAM_S        300
#define STREAM_JITTER_S 75
#define STREAM_GRACE_S  30
/* Bookmarks come about once a minute. Silence much longer than that is a dead connection, or a server without
 * bookmarks, which one more request does not hurt. */
#define SILENCE_MAX_MS 150000
/* A stream that ends sooner without a word was not a stream. */
#define STREAM_MIN_MS   5000
#define DRY_STREAMS_MAX 3

enum event_type { EVENT_ADDED, EVENT_MODIFIED, EVENT_DELETED, EVENT_BOOKMARK, EVENT_ERROR, EVENT_UNKNOWN };

static enum event_type event_type(const char *text)
{
    static const char *const names[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (text_eq(text, names[i]))
            return (enum event_type)i;
    return EVENT_UNKNOWN;
}

/* An ERROR event carries a Status. */
static int fail_with_status(json_t *object, struct err *err)
{
    int64_t code = json_i64(object, "code", 0);
    const char *message = json_str(object, "message");
    bool http = code >= 300 && code <= 599;
    return err_set(err, http ? answer_code((int)code) : ERR_PROTOCOL, "watch ended by the server: %s",
                   text_empty(message) ? "no reason given" : message);
}

static int apply_object(struct kube_watch *watch, enum event_type type, json_t *object, struct err *err)
{
    struct object_id id;
    if (!object_id_read(object, &id))
        return err_set(err, ERR_PROTOCOL, "an event without an object's name");
    if (type == EVENT_DELETED)
        watch_forget(watch, &id);
    else
        watch_report(watch, object, &id);
    watch_set_version(watch, id.resource_version);
    return 0;
}

static int apply_event(struct kube_watch *watch, json_t *event, struct err *err)
{
    json_t *object = json_object_get(event, "object");
    enum event_type type = event_type(json_str(event, "type"));
    if (type == EVENT_ERROR)
        return fail_with_status(object, err);
    if (type == EVENT_UNKNOWN || !json_is_object(object))
        return err_set(err, ERR_PROTOCOL, "a line that is no watch event");
    watch->progress = true;
    if (type != EVENT_BOOKMARK)
        return apply_object(watch, type, object, err);
    watch_set_version(watch, json_str(json_object_get(object, "metadata"), "resourceVersion"));
    return 0;
}

/* A whole line that cannot be read is a change we cannot know: only a new list tells what it was. */
static int apply_line(struct kube_watch *watch, const char *line, size_t len, struct err *err)
{
    json_t *event;
    int rc = 0;
    if (len == 0 || (len == 1 && line[0] == '\r'))
        return 0;
    if (json_load_bytes(line, len, &event, err) < 0) {
        watch->needs_list = true;
        return err->code;
    }
    rc = apply_event(watch, event, err);
    json_decref(event);
    if (rc == ERR_GONE || rc == ERR_PROTOCOL)
        watch->needs_list = true;
    return rc;
}

/* Whole lines at the front of what came are read in place; only a torn one is kept. */
static int take_bytes(struct kube_watch *watch, const char *bytes, size_t len, struct err *err)
{
    const char *end;
    int rc = 0;
    while (rc == 0 && !watch->closed && (end = memchr(bytes, '\n', len)) != NULL) {
        size_t piece = (size_t)(end - bytes);
        if (watch->line.len > 0) {
            strbuf_append_n(&watch->line, bytes, piece);
            rc = watch->line.overflow ? ERR_LIMIT : apply_line(watch, watch->line.data, watch->line.len, err);
            strbuf_done(&watch->line); /* gives the memory of a large object back */
        } else {
            rc = piece > LINE_MAX_BYTES ? ERR_LIMIT : apply_line(watch, bytes, piece, err);
        }
        bytes = end + 1;
        len -= piece + 1;
    }
    if (rc == 0 && !watch->closed)
        strbuf_append_n(&watch->line, bytes, len);
    if (rc == ERR_LIMIT || watch->line.overflow) {
        watch->needs_list = true;
        return err_set(err, ERR_LIMIT, "an event larger than %zu bytes", LINE_MAX_BYTES);
    }
    return rc;
}

static bool on_bytes(const char *bytes, size_t len, void *arg)
{
    struct kube_watch *watch = arg;
    if (watch->closed || watch->stream_error.code != 0)
        return false;
    struct err error = {0};
    watch_enter(watch);
    if (take_bytes(watch, bytes, len, &error) < 0)
        watch->stream_error = error;
    bool go_on = watch->stream_error.code == 0;
    return watch_leave(watch) && go_on;
}

/* Ended as agreed: the server's time was up, or it went away after having said something. */
static bool ended_well(const struct kube_watch *watch, const struct err *error)
{
    if (error)
        return false;
    return watch->progress || net_now_ms(watch->net) - watch->stream_began_ms >= STREAM_MIN_MS;
}

static void after_stream(struct kube_watch *watch, bool answered, const struct err *error)
{
    struct err quiet;
    if (watch->progress) {
        watch->dry_streams = 0;
        backoff_reset(&watch->backoff);
    }
    if (ended_well(watch, error)) {
        watch_go_on_in(watch, (int64_t)random_below(100));
        return;
    }
    if (!error) {
        err_set(&quiet, ERR_PROTOCOL, "watch %s ended without a word", watch->path);
        error = &quiet;
    }
    if (error->code == ERR_GONE)
        watch->needs_list = true;
    /* Perhaps it is our resourceVersion the server cannot live with, whatever its words for that. A server
     * that does not answer at all says nothing about it: when it is back, thousands of watches should go on,
     * not list. */
    if (answered && !watch->progress && ++watch->dry_streams >= DRY_STREAMS_MAX)
        watch->needs_list = true;
    watch_retry(watch, error);
}

static void on_end(int status, json_t *body, const struct err *error, void *arg)
{
    struct kube_watch *watch = arg;
    (void)body;
    watch_enter(watch);
    watch->call = NULL;
    strbuf_done(&watch->line); /* a torn last line is no event: the next stream brings it whole */
    if (!watch->closed) {
        struct err own = watch->stream_error;
        after_stream(watch, own.code != 0 || status != 0, own.code ? &own : error);
    }
    watch_leave(watch);
}

static char *stream_path(const struct kube_watch *watch, int64_t seconds)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_printf(&text,
                  "%s?watch=true&allowWatchBookmarks=true&timeoutSeconds=%lld&resourceVersion=", watch->path,
                  (long long)seconds);
    strbuf_append_query_escaped(&text, watch->resource_version);
    strbuf_append(&text, watch->selectors);
    return strbuf_take(&text);
}

void watch_stream_start(struct kube_watch *watch)
{
    int64_t seconds = STREAM_S + (int64_t)random_below(STREAM_JITTER_S + 1);
    AUTO_FREE char *path = stream_path(watch, seconds);
    struct kube_stream_request request = {
        .path = path,
        .timeout_ms = (seconds + STREAM_GRACE_S) * 1000,
        .idle_timeout_ms = SILENCE_MAX_MS,
        .on_data = on_bytes,
    };
    strbuf_init_max(&watch->line, LINE_MAX_BYTES);
    watch->progress = false;
    watch->stream_error = (struct err){0};
    watch->stream_began_ms = net_now_ms(watch->net);
    struct err error;
    if (kube_stream_start(watch->client, &request, on_end, watch, &watch->call, &error) < 0)
        watch_retry(watch, &error);
}
