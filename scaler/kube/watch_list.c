/* Owns the list half of a watch: pages, their checking, and what vanished since the last complete list.
 * Nothing is reported deleted before the last page is in. */
#include "scaler/base/json.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/kube/client.h"
#include "scaler/kube/watch_internal.h"

#define PAGES_MAX       100000u
#define OBJECTS_MAX     ((size_t)2000000)
#define LIST_TIMEOUT_MS 60000
#define LIST_TRIES      2 /* the watch has its own back-off */

static void restart(struct kube_watch *watch)
{
    mem_free(watch->continue_token);
    watch->continue_token = NULL;
}

static char *page_path(const struct kube_watch *watch)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_printf(&text, "%s?", watch->path);
    /* Twice a token expired before we came back: whatever makes us slow, one large answer is better than
     * never getting to the end. */
    if (watch->expired < 2)
        strbuf_printf(&text, "limit=%u", watch->page_size);
    else
        strbuf_append(&text, "limit=0");
    if (watch->continue_token) {
        strbuf_append(&text, "&continue=");
        strbuf_append_query_escaped(&text, watch->continue_token);
    }
    strbuf_append(&text, watch->selectors);
    return strbuf_take(&text);
}

/* The whole page is checked before any of it is believed. */
static int check_page(const struct kube_watch *watch, json_t *page, struct err *err)
{
    json_t *items = json_object_get(page, "items");
    json_t *item;
    struct object_id id;
    size_t i;
    if (text_empty(json_str(json_object_get(page, "metadata"), "resourceVersion")))
        return err_set(err, ERR_PROTOCOL, "the answer is not a list: it has no resourceVersion");
    if (!json_is_array(items) && !json_is_null(items))
        return err_set(err, ERR_PROTOCOL, "the answer is not a list: it has no items");
    json_array_foreach (items, i, item) {
        if (!object_id_read(item, &id))
            return err_set(err, ERR_PROTOCOL, "item %zu of the list has no name", i);
    }
    if (watch_known_count(&watch->known) + json_array_size(items) > OBJECTS_MAX)
        return err_set(err, ERR_LIMIT, "more than %zu objects", OBJECTS_MAX);
    if (watch->pages > PAGES_MAX)
        return err_set(err, ERR_LIMIT, "a list of more than %u pages", PAGES_MAX);
    return 0;
}

static void report_vanished(struct kube_watch *watch)
{
    struct known_object *cursor = NULL;
    char *ns, *name;
    while (!watch->closed && watch_known_take_unseen(&watch->known, &cursor, &ns, &name)) {
        watch->handlers.on_deleted(ns, name, watch->arg);
        mem_free(ns);
        mem_free(name);
    }
}

static void complete(struct kube_watch *watch, json_t *page)
{
    restart(watch);
    report_vanished(watch);
    if (watch->closed)
        return;
    watch_set_version(watch, json_str(json_object_get(page, "metadata"), "resourceVersion"));
    watch->synced = true;
    watch->needs_list = false;
    watch->expired = 0;
    watch->dry_streams = 0;
    backoff_reset(&watch->backoff);
    if (watch->handlers.on_synced)
        watch->handlers.on_synced(watch->arg);
    if (!watch->closed)
        watch_stream_start(watch);
}

static void apply_page(struct kube_watch *watch, json_t *page)
{
    json_t *item;
    struct object_id id;
    size_t i;
    json_array_foreach (json_object_get(page, "items"), i, item) {
        if (watch->closed)
            return;
        if (object_id_read(item, &id))
            watch_report(watch, item, &id);
    }
    if (watch->closed)
        return;
    const char *token = json_str(json_object_get(page, "metadata"), "continue");
    if (text_empty(token)) {
        complete(watch, page);
        return;
    }
    char *copy = mem_strdup(token);
    mem_free(watch->continue_token);
    watch->continue_token = copy;
    watch_list_next_page(watch);
}

/* Which failures of a page make the pages before it worthless, and what is done differently next time. */
static void learn(struct kube_watch *watch, const struct err *error)
{
    if (error->code == ERR_GONE && watch->continue_token)
        watch->expired++;
    if (error->code == ERR_LIMIT && watch->page_size > 1) {
        watch->page_size /= 2;
        watch->expired = 0;
    }
    /* Only a server that did not answer still knows our token; every other answer may be about it. */
    if (error->code != ERR_IO && error->code != ERR_TIMEOUT && error->code != ERR_UNAVAILABLE)
        restart(watch);
}

static void on_page(int status, json_t *page, const struct err *error, void *arg)
{
    struct kube_watch *watch = arg;
    struct err problem;
    (void)status;
    watch_enter(watch);
    watch->call = NULL;
    if (!watch->closed) {
        if (!error && check_page(watch, page, &problem) < 0) {
            err_wrap(&problem, "GET %s", watch->path);
            error = &problem;
        }
        if (error) {
            learn(watch, error);
            watch_retry(watch, error);
        } else {
            apply_page(watch, page);
        }
    }
    watch_leave(watch);
}

void watch_list_next_page(struct kube_watch *watch)
{
    if (!watch->continue_token) {
        watch_known_begin_round(&watch->known);
        watch->pages = 0;
    }
    watch->pages++;
    AUTO_FREE char *path = page_path(watch);
    struct kube_request request = {
        .method = "GET",
        .path = path,
        .timeout_ms = LIST_TIMEOUT_MS,
        .max_tries = LIST_TRIES,
    };
    struct err error;
    if (kube_start(watch->client, &request, on_page, watch, &watch->call, &error) < 0)
        watch_retry(watch, &error);
}
