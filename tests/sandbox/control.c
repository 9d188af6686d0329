/* Owns /sandbox/…: steering and looking from outside the API. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/text.h"
#include "tests/sandbox/bulk.h"
#include "tests/sandbox/sandbox.h"

/* Any content type: curl's default is as good as another here. */
static json_t *decode(struct call *call)
{
    json_t *body = NULL;
    struct err err;
    if (json_load_bytes(call->request->body.data, call->request->body.len, &body, &err) != 0)
        status_fail(&call->reply, 400, "%s", err.msg);
    else if (!json_is_object(body))
        status_fail(&call->reply, 400, "the body is not an object");
    if (!call->reply.status)
        return body;
    json_decref(body);
    return NULL;
}

static void answer_take(struct call *call, json_t *value)
{
    reply_json(&call->reply, 200, value);
    json_decref(value);
}

static size_t end_watches(struct call *call, json_t *paths, enum watch_end how)
{
    size_t i, ended = 0;
    json_t *path;
    json_array_foreach (paths, i, path)
        ended += watches_end(&call->sandbox->watches, json_string_value(path), how);
    return ended;
}

static void post_faults(struct call *call)
{
    AUTO_JSON json_t *body = decode(call);
    AUTO_JSON json_t *gone = NULL;
    AUTO_JSON json_t *closed = NULL;
    struct err err;
    if (!body)
        return;
    if (faults_add(&call->sandbox->faults, body, &gone, &closed, &err) != 0) {
        status_fail(&call->reply, 400, "%s", err.msg);
        return;
    }
    size_t ended = end_watches(call, gone, WATCH_END_GONE) + end_watches(call, closed, WATCH_END_CLEAN);
    answer_take(call, json_pack("{s:I, s:I}", "rules", (json_int_t)call->sandbox->faults.len, "watchesEnded",
                                (json_int_t)ended));
}

static void get_faults(struct call *call)
{
    answer_take(call, json_pack("{s:o}", "rules", faults_json(&call->sandbox->faults)));
}

static void delete_faults(struct call *call)
{
    faults_clear(&call->sandbox->faults);
    answer_take(call, json_pack("{s:i}", "rules", 0));
}

static void get_requests(struct call *call)
{
    const struct sandbox *sandbox = call->sandbox;
    answer_take(call,
                json_pack("{s:I, s:o, s:{s:I, s:I, s:I}, s:I}", "total", (json_int_t)sandbox->stats.requests,
                          "requests", stats_requests(&sandbox->stats), "watches", "open",
                          (json_int_t)sandbox->watches.count, "opened", (json_int_t)sandbox->watches.opened,
                          "eventsSent", (json_int_t)sandbox->watches.sent, "resourceVersion",
                          (json_int_t)sandbox->store.rv));
}

static void delete_requests(struct call *call)
{
    stats_reset_requests(&call->sandbox->stats);
    answer_take(call, json_object());
}

static void get_scales(struct call *call)
{
    int64_t since = 0;
    const char *text = web_query(call->request, "since");
    if (*text && (number_parse_go_int(text, &since, NULL) != 0 || since < 0)) {
        status_fail(&call->reply, 400, "since is not a number");
        return;
    }
    const struct stats *stats = &call->sandbox->stats;
    strbuf_printf(&call->reply.body, "{\"last\":%" PRIu64 ",\"scales\":[", stats->scale_seq);
    stats_append_scales(stats, (uint64_t)since, &call->reply.body);
    strbuf_append(&call->reply.body, "]}\n");
    call->reply.status = 200;
}

static void delete_scales(struct call *call)
{
    stats_reset_scales(&call->sandbox->stats);
    answer_take(call, json_object());
}

static void post_objects(struct call *call)
{
    AUTO_JSON json_t *body = decode(call);
    if (body)
        bulk_create(call, body);
}

/* {"token": "new"}: from now on only that one is accepted. {"token": null}: none is needed. */
static void post_token(struct call *call)
{
    AUTO_JSON json_t *body = decode(call);
    if (!body)
        return;
    const char *token = json_str(body, "token");
    if (!json_is_null(json_object_get(body, "token")) && text_empty(token)) {
        status_fail(&call->reply, 400, "{\"token\": \"…\"} is wanted");
        return;
    }
    mem_free_secret(call->sandbox->token);
    call->sandbox->token = mem_strdup(token);
    answer_take(call, json_object());
}

static void get_overview(struct call *call)
{
    json_t *counts = json_object();
    char name[160];
    for (size_t i = 0; i < resource_count(); i++) {
        const struct collection *collection = &call->sandbox->store.collections[i];
        if (store_count(collection))
            json_object_set_new(counts, resource_qualified(collection->resource, name, sizeof(name)),
                                json_integer((json_int_t)store_count(collection)));
    }
    answer_take(call, json_pack("{s:o, s:I}", "objects", counts, "resourceVersion",
                                (json_int_t)call->sandbox->store.rv));
}

void control_serve(struct call *call)
{
    static const struct {
        const char *method, *path;
        void (*serve)(struct call *);
    } rows[] = {
        {"GET", "/sandbox", get_overview},          {"POST", "/sandbox/faults", post_faults},
        {"GET", "/sandbox/faults", get_faults},     {"DELETE", "/sandbox/faults", delete_faults},
        {"GET", "/sandbox/requests", get_requests}, {"DELETE", "/sandbox/requests", delete_requests},
        {"GET", "/sandbox/scales", get_scales},     {"DELETE", "/sandbox/scales", delete_scales},
        {"POST", "/sandbox/objects", post_objects}, {"POST", "/sandbox/token", post_token},
    };
    bool known = false;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].path, call->request->path) != 0)
            continue;
        known = true;
        if (strcmp(rows[i].method, call->request->method) == 0) {
            rows[i].serve(call);
            return;
        }
    }
    status_fail(&call->reply, known ? 405 : 404, known ? "wrong method" : "no such path below /sandbox");
}
