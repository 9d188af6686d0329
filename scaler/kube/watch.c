/* Owns a watch's life and its choice between listing and streaming. Lists are watch_list.c's, streams
 * watch_stream.c's. */
#include "scaler/kube/watch.h"

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/kube/client.h"
#include "scaler/kube/watch_internal.h"
#include "scaler/net/net.h"

#define DEFAULT_PAGE_SIZE 500
#define BACKOFF_BASE_MS   500
#define BACKOFF_CAP_MS    30000

static void watch_free(struct kube_watch *watch)
{
    watch_known_done(&watch->known);
    strbuf_done(&watch->line);
    mem_free(watch->path);
    mem_free(watch->selectors);
    mem_free(watch->resource_version);
    mem_free(watch->continue_token);
    mem_free(watch);
}

void watch_enter(struct kube_watch *watch)
{
    watch->depth++;
}

bool watch_leave(struct kube_watch *watch)
{
    bool open = !watch->closed;
    if (--watch->depth == 0 && watch->closed && !watch->call)
        watch_free(watch);
    return open;
}

void watch_report(struct kube_watch *watch, json_t *object, const struct object_id *id)
{
    if (watch_known_see(&watch->known, id))
        watch->handlers.on_object(object, watch->arg);
}

void watch_forget(struct kube_watch *watch, const struct object_id *id)
{
    if (watch_known_forget(&watch->known, id))
        watch->handlers.on_deleted(id->ns, id->name, watch->arg);
}

void watch_set_version(struct kube_watch *watch, const char *resource_version)
{
    if (text_empty(resource_version) || text_eq(watch->resource_version, resource_version))
        return;
    mem_free(watch->resource_version);
    watch->resource_version = mem_strdup(resource_version);
}

static void go_on(struct kube_watch *watch)
{
    if (watch->needs_list)
        watch_list_next_page(watch);
    else
        watch_stream_start(watch);
}

static void on_timer(struct timer *timer)
{
    go_on(container_of(timer, struct kube_watch, timer));
}

void watch_go_on_in(struct kube_watch *watch, int64_t delay_ms)
{
    timer_start(watch->net, &watch->timer, delay_ms, on_timer);
}

/* A closing client refuses for good: the watch then only waits for its owner. */
void watch_retry(struct kube_watch *watch, const struct err *error)
{
    if (error->code == ERR_CANCELED) {
        watch->ended = true;
        return;
    }
    int64_t in_ms = backoff_next_ms(&watch->backoff);
    watch_go_on_in(watch, in_ms);
    if (watch->handlers.on_error)
        watch->handlers.on_error(error, in_ms, watch->arg);
}

static char *build_selectors(const struct kube_watch_options *options)
{
    struct strbuf text;
    strbuf_init(&text);
    if (!text_empty(options->field_selector)) {
        strbuf_append(&text, "&fieldSelector=");
        strbuf_append_query_escaped(&text, options->field_selector);
    }
    if (!text_empty(options->label_selector)) {
        strbuf_append(&text, "&labelSelector=");
        strbuf_append_query_escaped(&text, options->label_selector);
    }
    return strbuf_take(&text);
}

int kube_watch_open(struct kube_client *client, const struct kube_watch_options *options,
                    const struct kube_watch_handlers *handlers, void *arg, struct kube_watch **ret,
                    struct err *err)
{
    if (!options->path || options->path[0] != '/')
        return err_set(err, ERR_INVALID, "a watch needs the path of a collection");
    struct kube_watch *watch = mem_zalloc(sizeof(*watch));
    *watch = (struct kube_watch){
        .client = client,
        .net = kube_client_net(client),
        .path = mem_strdup(options->path),
        .selectors = build_selectors(options),
        .page_size = options->page_size ? options->page_size : DEFAULT_PAGE_SIZE,
        .handlers = *handlers,
        .arg = arg,
        .backoff = {.base_ms = BACKOFF_BASE_MS, .cap_ms = BACKOFF_CAP_MS},
        .needs_list = true,
    };
    strbuf_init(&watch->line);
    watch_go_on_in(watch, 0);
    *ret = watch;
    return 0;
}

bool kube_watch_synced(const struct kube_watch *watch)
{
    return watch->synced;
}

/* Inside a handler the stack above still holds the watch: the last watch_leave, or the call's end, frees it.
 */
void kube_watch_close(struct kube_watch *watch)
{
    if (!watch || watch->closed)
        return;
    watch->closed = true;
    timer_stop(watch->net, &watch->timer);
    if (watch->call)
        kube_cancel(watch->call);
    else if (watch->depth == 0)
        watch_free(watch);
}
