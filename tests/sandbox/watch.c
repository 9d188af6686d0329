/* Owns watchers: which events reach whom, in which form, and when a watch ends. */
#include "tests/sandbox/watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "tests/sandbox/event_view.h"
#include "tests/sandbox/filter.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/table.h"

#define TICK_MS            100
#define TIMEOUT_DEFAULT_MS ((int64_t)3600 * 1000)

struct watcher {
    struct watcher *prev, *next;
    struct watches *watches;
    struct web_request *request;
    struct collection *collection;
    struct filter filter;
    int64_t deadline_ms, bookmark_due_ms;
    bool bookmarks, as_table, columns_sent;
    enum table_object table_object;
};

static void unlink_watcher(struct watcher *watcher)
{
    struct watches *watches = watcher->watches;
    if (watcher->prev)
        watcher->prev->next = watcher->next;
    else
        watches->first = watcher->next;
    if (watcher->next)
        watcher->next->prev = watcher->prev;
    watches->count--;
    filter_done(&watcher->filter);
    mem_free(watcher);
}

static void on_gone(struct web_request *request)
{
    unlink_watcher(request->owner);
}

/* False: the stream is over and the watcher freed. */
static bool send_line(struct watcher *watcher, const struct strbuf *line)
{
    watcher->watches->sent++;
    if (web_stream_write(watcher->request, line->data, line->len))
        return true;
    unlink_watcher(watcher);
    return false;
}

static void append_object(struct watcher *watcher, const struct blob *blob, struct strbuf *out)
{
    if (!watcher->as_table) {
        view_append_text(watcher->filter.resource, blob, false, out);
        return;
    }
    struct table table;
    table_init(&table, watcher->filter.resource, watcher->table_object);
    table_add(&table, blob);
    table_write(&table, !watcher->columns_sent, blob->rv, "", 0, out);
    table_done(&table);
    watcher->columns_sent = true;
}

static bool send_change(struct watcher *watcher, enum change change, const struct blob *blob)
{
    static const char *const names[] = {"ADDED", "MODIFIED", "DELETED"};
    struct strbuf line;
    strbuf_init_max(&line, WEB_OUT_MAX);
    strbuf_printf(&line, "{\"type\":\"%s\",\"object\":", names[change]);
    append_object(watcher, blob, &line);
    strbuf_append(&line, "}\n");
    bool alive = send_line(watcher, &line);
    strbuf_done(&line);
    return alive;
}

/* The object as it was when it still matched, at the version at which it ceased to. */
static bool send_departure(struct watcher *watcher, const struct event *event)
{
    char rv[24];
    AUTO_JSON json_t *object = blob_parse(event->before);
    snprintf(rv, sizeof(rv), "%" PRIu64, event->now->rv);
    json_object_set_new(json_object_get(object, "metadata"), "resourceVersion", json_string(rv));
    struct strbuf scratch;
    strbuf_init(&scratch);
    struct blob *blob = blob_new(&scratch, event->now->rv, object, event->before->ns, event->before->name);
    bool alive = send_change(watcher, CHANGE_DELETED, blob);
    blob_unref(blob);
    strbuf_done(&scratch);
    return alive;
}

/* An object that begins to match was added as far as this watcher knows, one that ceases to was deleted. */
static bool deliver(struct watcher *watcher, const struct event *event)
{
    bool plain = filter_is_plain(&watcher->filter);
    bool matches = event->change != CHANGE_DELETED && filter_matches(&watcher->filter, event->now);
    bool matched = event->before && ((plain && matches) || filter_matches(&watcher->filter, event->before));
    if (matches)
        return send_change(watcher, matched ? CHANGE_MODIFIED : CHANGE_ADDED, event->now);
    if (!matched)
        return true;
    return event->change == CHANGE_DELETED ? send_change(watcher, CHANGE_DELETED, event->now)
                                           : send_departure(watcher, event);
}

static void on_change(struct collection *collection, const struct event *event, void *arg)
{
    struct watches *watches = arg;
    for (struct watcher *watcher = watches->first, *next; watcher; watcher = next) {
        next = watcher->next;
        if (watcher->collection == collection)
            deliver(watcher, event);
    }
}

/* initial_end: the mark that the state asked for with sendInitialEvents is complete. */
static bool send_bookmark(struct watcher *watcher, bool initial_end)
{
    char version[128];
    struct strbuf line;
    const struct resource *resource = watcher->filter.resource;
    uint64_t rv = watcher->watches->sandbox->store.rv;
    strbuf_init(&line);
    strbuf_append(&line, "{\"type\":\"BOOKMARK\",\"object\":");
    if (watcher->as_table) {
        struct table table;
        table_init(&table, resource, watcher->table_object);
        table_write(&table, false, rv, "", 0, &line);
        table_done(&table);
        strbuf_append(&line, "}\n");
    } else {
        strbuf_printf(&line,
                      "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":{\"resourceVersion\":\"%" PRIu64
                      "\",\"creationTimestamp\":null%s}}}\n",
                      resource->kind, resource_api_version(resource, version, sizeof(version)), rv,
                      initial_end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "");
    }
    bool alive = send_line(watcher, &line);
    strbuf_done(&line);
    return alive;
}

static bool send_error(struct watcher *watcher, int code, const char *reason, const char *message)
{
    AUTO_FREE char *text = NULL;
    json_t *status = status_object(code, reason, message);
    struct strbuf line;
    strbuf_init(&line);
    text = json_dumps(status, JSON_COMPACT);
    json_decref(status);
    strbuf_printf(&line, "{\"type\":\"ERROR\",\"object\":%s}\n", text);
    bool alive = send_line(watcher, &line);
    strbuf_done(&line);
    return alive;
}

static void end(struct watcher *watcher)
{
    struct web_request *request = watcher->request;
    request->gone = NULL;
    unlink_watcher(watcher);
    web_stream_end(request);
}

static bool send_state(struct watcher *watcher)
{
    for (struct object *at = store_first(watcher->collection); at; at = at->hh.next)
        if (filter_matches(&watcher->filter, at->blob) && !send_change(watcher, CHANGE_ADDED, at->blob))
            return false;
    return true;
}

static bool send_history(struct watcher *watcher, uint64_t after)
{
    struct collection *collection = watcher->collection;
    for (size_t i = 0; i < collection->ring_len; i++) {
        const struct event *event = store_event_at(collection, i);
        if (event->now->rv > after && !deliver(watcher, event))
            return false;
    }
    return true;
}

/* What the client missed, or an error event that ends the watch: the real server answers 200 and then says
 * it, too. */
static void start(struct watcher *watcher, const char *rv_text, bool initial)
{
    AUTO_FREE char *message = NULL;
    struct store *store = &watcher->watches->sandbox->store;
    int64_t rv = 0;
    number_parse_go_int(*rv_text ? rv_text : "0", &rv, NULL);
    if (initial || rv == 0) {
        if (send_state(watcher) && initial)
            send_bookmark(watcher, true);
    } else if ((uint64_t)rv < watcher->collection->compacted_rv) {
        message = mem_printf("too old resource version: %" PRId64 " (%" PRIu64 ")", rv,
                             watcher->collection->compacted_rv);
        if (send_error(watcher, 410, "Expired", message))
            end(watcher);
    } else if ((uint64_t)rv > store->rv) {
        /* From before a restart: nothing it knows is true any more. (The real server would say nothing at
         * all.) */
        message = mem_printf("resource version %" PRId64 " has not been reached: %" PRIu64, rv, store->rv);
        if (send_error(watcher, 410, "Expired", message))
            end(watcher);
    } else {
        send_history(watcher, (uint64_t)rv);
    }
}

static struct watcher *new_watcher(struct call *call, struct filter *filter_take, int64_t timeout_ms)
{
    struct watches *watches = &call->sandbox->watches;
    struct watcher *watcher = mem_zalloc(sizeof(*watcher));
    watcher->watches = watches;
    watcher->request = call->request;
    watcher->collection = store_collection(&call->sandbox->store, call->route.resource);
    watcher->filter = *filter_take;
    watcher->deadline_ms = clock_mono_ms() + timeout_ms;
    watcher->bookmark_due_ms = clock_mono_ms() + watches->bookmark_ms;
    watcher->bookmarks = strcmp(web_query(call->request, "allowWatchBookmarks"), "true") == 0;
    watcher->as_table = table_wanted(call->request);
    watcher->table_object = table_object_of(call->request);
    watcher->next = watches->first;
    if (watcher->next)
        watcher->next->prev = watcher;
    watches->first = watcher;
    watches->count++;
    watches->opened++;
    call->request->owner = watcher;
    call->request->gone = on_gone;
    return watcher;
}

/* GET …?watch=true&fieldSelector=metadata.name=x is the usual way; …/NAME?watch=true means the same. */
static int make_filter(struct call *call, struct filter *ret)
{
    struct err err;
    if (filter_init(ret, call->route.resource, call->route.ns, web_query(call->request, "labelSelector"),
                    web_query(call->request, "fieldSelector"), &err) != 0)
        return status_fail(&call->reply, 400, "%s", err.msg);
    if (*call->route.name && !ret->name)
        ret->name = mem_strdup(call->route.name);
    return 0;
}

void watch_open(struct call *call)
{
    struct filter filter;
    int64_t seconds = 0, rv;
    const char *timeout = web_query(call->request, "timeoutSeconds"),
               *rv_text = web_query(call->request, "resourceVersion");
    bool initial = strcmp(web_query(call->request, "sendInitialEvents"), "true") == 0;
    if (*rv_text && (number_parse_go_int(rv_text, &rv, NULL) != 0 || rv < 0)) {
        status_fail(&call->reply, 400, "Invalid value: \"%s\": invalid resource version", rv_text);
        return;
    }
    if (*timeout && number_parse_go_int(timeout, &seconds, NULL) != 0) {
        status_fail(&call->reply, 400, "timeoutSeconds: invalid value \"%s\"", timeout);
        return;
    }
    if (make_filter(call, &filter) != 0)
        return;
    int64_t timeout_ms =
        seconds > 0 && seconds < TIMEOUT_DEFAULT_MS / 1000 ? seconds * 1000 : TIMEOUT_DEFAULT_MS;
    struct watcher *watcher = new_watcher(call, &filter, timeout_ms);
    AUTO_FREE char *rv_kept = mem_strdup(rv_text); /* the request may go while events are sent */
    call->streaming = true;
    web_stream_begin(watcher->request, "application/json");
    start(watcher, rv_kept, initial);
}

static void on_tick(uv_timer_t *timer)
{
    struct watches *watches = timer->data;
    int64_t now = clock_mono_ms();
    for (struct watcher *watcher = watches->first, *next; watcher; watcher = next) {
        next = watcher->next;
        bool over = now >= watcher->deadline_ms;
        if (watcher->bookmarks && (over || now >= watcher->bookmark_due_ms)) {
            watcher->bookmark_due_ms = now + watches->bookmark_ms;
            if (!send_bookmark(watcher, false))
                continue;
        }
        if (over)
            end(watcher);
    }
}

void watches_init(struct watches *watches, struct sandbox *sandbox, int64_t bookmark_ms)
{
    *watches = (struct watches){.sandbox = sandbox, .bookmark_ms = bookmark_ms};
    uv_timer_init(sandbox->loop, &watches->tick);
    watches->tick.data = watches;
    uv_timer_start(&watches->tick, on_tick, TICK_MS, TICK_MS);
    store_listen(&sandbox->store, on_change, watches);
}

void watches_close(struct watches *watches)
{
    uv_close((uv_handle_t *)&watches->tick, NULL);
}

size_t watches_end(struct watches *watches, const char *path, enum watch_end how)
{
    size_t ended = 0;
    for (struct watcher *watcher = watches->first, *next; watcher; watcher = next) {
        next = watcher->next;
        if (!strstr(watcher->request->path, path))
            continue;
        ended++;
        if (how == WATCH_END_GONE) {
            store_compact(&watches->sandbox->store, watcher->collection);
            if (!send_error(watcher, 410, "Expired",
                            "The resourceVersion for the provided watch is too old."))
                continue;
        }
        end(watcher);
    }
    return ended;
}
