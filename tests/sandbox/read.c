/* Owns GET of one object and lists with their pages. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/base64.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "tests/sandbox/event_view.h"
#include "tests/sandbox/filter.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/table.h"

void read_get(struct call *call)
{
    const struct route *route = &call->route;
    struct collection *collection = store_collection(&call->sandbox->store, route->resource);
    struct object *found = store_find(collection, route->ns, route->name);
    if (!found) {
        status_not_found(&call->reply, route->resource, route->name);
        return;
    }
    if (table_wanted(call->request)) {
        struct table table;
        table_init(&table, route->resource, table_object_of(call->request));
        table_add(&table, found->blob);
        table_write(&table, true, found->blob->rv, "", 0, &call->reply.body);
        table_done(&table);
    } else {
        view_append_text(route->resource, found->blob, false, &call->reply.body);
        strbuf_append_c(&call->reply.body, '\n');
    }
    call->reply.status = 200;
}

/* A page's place: the list's resourceVersion and the last key given out. Later pages show the present, under
 * the first page's version: a watch from there repeats what changed meanwhile, so a client misses nothing. */
struct page {
    uint64_t rv;
    size_t limit;
    char *after; /* "": from the start */
};

static int parse_continue(struct call *call, struct page *page)
{
    AUTO_FREE char *text = NULL;
    size_t len = 0;
    AUTO_JSON json_t *token = NULL;
    if (base64_decode(web_query(call->request, "continue"), &text, &len, NULL) != 0 ||
        json_load_bytes(text, len, &token, NULL) != 0 || !json_str(token, "start"))
        return status_fail(&call->reply, 400, "continue key is not valid");
    page->rv = (uint64_t)json_i64(token, "rv", 0);
    page->after = mem_strdup(json_str(token, "start"));
    struct collection *collection = store_collection(&call->sandbox->store, call->route.resource);
    if (page->rv < collection->compacted_rv)
        return status_expired(
            &call->reply, "The provided continue parameter is too old to display a consistent list result. "
                          "You must start a new list without the continue parameter.");
    return 0;
}

static int parse_page(struct call *call, struct page *page)
{
    const char *limit = web_query(call->request, "limit");
    int64_t number = 0;
    *page = (struct page){.rv = call->sandbox->store.rv};
    if (*limit && number_parse_go_int(limit, &number, NULL) != 0)
        return status_fail(&call->reply, 400, "limit: invalid value \"%s\"", limit);
    page->limit = number > 0 ? (size_t)number : SIZE_MAX;
    if (*web_query(call->request, "continue"))
        return parse_continue(call, page);
    page->after = mem_strdup("");
    return 0;
}

static struct object *page_start(struct collection *collection, const struct page *page)
{
    struct object *at = store_first(collection);
    while (at && *page->after && strcmp(at->key, page->after) <= 0)
        at = at->hh.next;
    return at;
}

static char *make_continue(const struct page *page, const char *last)
{
    AUTO_JSON json_t *token =
        json_pack("{s:s, s:I, s:s}", "v", "meta.k8s.io/v1", "rv", (json_int_t)page->rv, "start", last);
    AUTO_FREE char *text = json_dumps(token, JSON_COMPACT);
    return base64_encode(text, strlen(text));
}

/* Where the matching objects are collected: a list's items or a table's rows. */
struct sink {
    struct call *call;
    bool as_table;
    struct table table;
    struct strbuf items;
    size_t count;
};

static void put(struct sink *sink, const struct blob *blob)
{
    if (sink->as_table) {
        table_add(&sink->table, blob);
    } else {
        if (sink->count)
            strbuf_append_c(&sink->items, ',');
        view_append_text(sink->call->route.resource, blob, true, &sink->items);
    }
    sink->count++;
}

/* The last key given out if there is more, else NULL; *ret_rest: how many more there may be. */
static const char *collect(struct sink *sink, const struct filter *filter, const struct page *page,
                           size_t *ret_rest)
{
    struct collection *collection = store_collection(&sink->call->sandbox->store, sink->call->route.resource);
    const char *last = NULL;
    *ret_rest = 0;
    for (struct object *at = page_start(collection, page); at; at = at->hh.next) {
        if (!filter_matches(filter, at->blob))
            continue;
        if (sink->count < page->limit) {
            put(sink, at->blob);
            last = at->key;
        } else if (++*ret_rest && !filter_is_plain(filter)) {
            break; /* counting on would parse everything; the real server does not say either */
        }
    }
    return *ret_rest ? last : NULL;
}

static void write_list(const struct sink *sink, uint64_t rv, const char *token, size_t rest,
                       struct strbuf *out)
{
    char version[128];
    const struct resource *resource = sink->call->route.resource;
    strbuf_printf(
        out, "{\"kind\":\"%sList\",\"apiVersion\":\"%s\",\"metadata\":{\"resourceVersion\":\"%" PRIu64 "\"",
        resource->kind, resource_api_version(resource, version, sizeof(version)), rv);
    if (*token)
        strbuf_printf(out, ",\"continue\":\"%s\"", token);
    if (rest)
        strbuf_printf(out, ",\"remainingItemCount\":%zu", rest);
    strbuf_append(out, "},\"items\":[");
    strbuf_append_n(out, sink->items.data, sink->items.len);
    strbuf_append(out, "]}\n");
}

static void answer_list(struct call *call, const struct filter *filter, const struct page *page)
{
    struct sink sink = {.call = call, .as_table = table_wanted(call->request)};
    struct strbuf *out = &call->reply.body;
    size_t rest;
    table_init(&sink.table, call->route.resource, table_object_of(call->request));
    strbuf_init_max(&sink.items, WEB_OUT_MAX);
    const char *last = collect(&sink, filter, page, &rest);
    AUTO_FREE char *token = last ? make_continue(page, last) : mem_strdup("");
    if (!filter_is_plain(filter))
        rest = 0;
    if (sink.as_table)
        table_write(&sink.table, true, page->rv, token, rest, out);
    else
        write_list(&sink, page->rv, token, rest, out);
    call->reply.status = 200;
    if (sink.items.overflow || sink.table.rows.overflow || out->overflow)
        status_fail(&call->reply, 413, "the list is too large; ask for pages with limit");
    strbuf_done(&sink.items);
    table_done(&sink.table);
}

void read_list(struct call *call)
{
    struct page page = {0};
    struct filter filter = {0};
    struct err err;
    if (filter_init(&filter, call->route.resource, call->route.ns, web_query(call->request, "labelSelector"),
                    web_query(call->request, "fieldSelector"), &err) != 0)
        status_fail(&call->reply, 400, "%s", err.msg);
    else if (parse_page(call, &page) == 0)
        answer_list(call, &filter, &page);
    mem_free(page.after);
    filter_done(&filter);
}
