/* Owns one ConfigMap's data and the resourceVersion it was last seen at. What the data means is the daemon's.
 */
#include "scaler/kube/store.h"

#include <string.h>
#include <utlist.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/net/net.h"
#include "scaler/net/timer.h"

#define DATA_MAX_BYTES ((size_t)1000 << 10) /* the API server's own limit is 1 MiB */

/* A read, or a write. */
struct store_op {
    struct store_op *next, *prev;
    struct kube_store *store;
    struct kube_call *call;
    struct timer timer;  /* brings an error found before anything was sent */
    char *data_json;     /* of a write; NULL: a read */
    struct err conflict; /* of a write that lost: kept while the version is read again */
    struct err error;
    kube_store_fn done;
    void *arg;
};

struct kube_store {
    struct kube_client *client;
    struct net *net;
    char *ns, *name, *path, *collection;
    bool known;             /* a read or write has told what there is */
    char *resource_version; /* NULL: no such ConfigMap */
    struct store_op *ops;
    struct store_op *writing;
    bool closed;
    unsigned depth; /* answers on the stack: a callee may close the store */
};

struct kube_store *kube_store_new(struct kube_client *client, const char *ns, const char *name)
{
    struct kube_store *store = mem_zalloc(sizeof(*store));
    struct strbuf path;
    strbuf_init(&path);
    strbuf_append(&path, "/api/v1/namespaces/");
    strbuf_append_path_escaped(&path, ns);
    strbuf_append(&path, "/configmaps");
    store->collection = mem_strdup(path.data);
    strbuf_append_c(&path, '/');
    strbuf_append_path_escaped(&path, name);
    store->path = strbuf_take(&path);
    store->client = client;
    store->net = kube_client_net(client);
    store->ns = mem_strdup(ns);
    store->name = mem_strdup(name);
    return store;
}

static void store_free(struct kube_store *store)
{
    mem_free(store->ns);
    mem_free(store->name);
    mem_free(store->path);
    mem_free(store->collection);
    mem_free(store->resource_version);
    mem_free(store);
}

static void free_if_over(struct kube_store *store)
{
    if (store->closed && !store->ops && store->depth == 0)
        store_free(store);
}

static void set_version(struct kube_store *store, const char *version)
{
    char *copy = mem_strdup(version);
    mem_free(store->resource_version);
    store->resource_version = copy;
    store->known = true;
}

static void finish(struct store_op *op, const struct text_map *data, const struct err *error)
{
    struct kube_store *store = op->store;
    DL_DELETE(store->ops, op);
    if (store->writing == op)
        store->writing = NULL;
    store->depth++;
    op->done(error ? NULL : data, error, op->arg);
    store->depth--;
    mem_free_secret(op->data_json);
    mem_free(op);
    free_if_over(store);
}

static void on_timer(struct timer *timer)
{
    struct store_op *op = container_of(timer, struct store_op, timer);
    finish(op, NULL, &op->error);
}

static void request_start(struct store_op *op, const struct kube_request *request, kube_done_fn done)
{
    if (kube_start(op->store->client, request, done, op, &op->call, &op->error) < 0)
        timer_start(op->store->net, &op->timer, 0, on_timer);
}

static void get(struct store_op *op, kube_done_fn done)
{
    struct kube_request request = {.method = "GET", .path = op->store->path};
    request_start(op, &request, done);
}

/* What the ConfigMap says, or an error. A NULL body is an absent one. */
static int read_config_map(struct kube_store *store, json_t *body, struct text_map *ret, struct err *err)
{
    const char *version = json_str(json_object_get(body, "metadata"), "resourceVersion");
    json_t *data = json_object_get(body, "data");
    const char *key;
    json_t *value;
    if (!version || !text_eq(json_str(body, "kind"), "ConfigMap") || (data && !json_is_object(data)))
        return err_set(err, ERR_PROTOCOL, "ConfigMap %s/%s: the answer is not a ConfigMap", store->ns,
                       store->name);
    json_object_foreach (data, key, value) {
        const char *text = json_str(data, key);
        if (text)
            text_map_set(ret, key, text);
    }
    set_version(store, version);
    return 0;
}

static void on_read(int status, json_t *body, const struct err *error, void *arg)
{
    struct store_op *op = arg;
    struct text_map data = {0};
    struct err problem;
    op->call = NULL;
    (void)status;
    if (error && error->code == ERR_NOT_FOUND) {
        set_version(op->store, NULL);
        error = NULL;
    } else if (!error && read_config_map(op->store, body, &data, &problem) < 0) {
        error = &problem;
    }
    finish(op, &data, error);
    text_map_done(&data);
}

static struct store_op *add_op(struct kube_store *store, kube_store_fn done, void *arg)
{
    struct store_op *op = mem_zalloc(sizeof(*op));
    op->store = store;
    op->done = done;
    op->arg = arg;
    DL_APPEND(store->ops, op);
    return op;
}

void kube_store_read(struct kube_store *store, kube_store_fn done, void *arg)
{
    get(add_op(store, done, arg), on_read);
}

static void on_reread(int status, json_t *body, const struct err *error, void *arg)
{
    struct store_op *op = arg;
    struct text_map data = {0};
    op->call = NULL;
    (void)status;
    if (error && error->code == ERR_NOT_FOUND)
        set_version(op->store, NULL);
    else if (error || read_config_map(op->store, body, &data, NULL) < 0)
        op->store->known = false; /* the next write reads it first */
    text_map_done(&data);
    finish(op, NULL, error && error->code == ERR_CANCELED ? error : &op->conflict);
}

static void on_written(int status, json_t *body, const struct err *error, void *arg)
{
    struct store_op *op = arg;
    struct text_map data = {0};
    struct err problem;
    op->call = NULL;
    (void)status;
    if (!error) {
        if (read_config_map(op->store, body, &data, &problem) < 0)
            error = &problem;
        finish(op, &data, error);
        text_map_done(&data);
        return;
    }
    /* Written, created or deleted by another. A create's 404 is about the namespace. */
    if (error->code == ERR_CONFLICT || (error->code == ERR_NOT_FOUND && op->store->resource_version)) {
        err_set(&op->conflict, ERR_CONFLICT, "%s", error->msg);
        get(op, on_reread);
        return;
    }
    /* Whether it was executed is unknown, and with it the version. */
    op->store->known = false;
    finish(op, NULL, error);
}

static void create(struct store_op *op)
{
    AUTO_STRBUF struct strbuf body;
    strbuf_init(&body);
    strbuf_append(&body, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":");
    strbuf_append_json(&body, op->store->name);
    strbuf_append(&body, ",\"labels\":{\"app.kubernetes.io/managed-by\":\"davit\"}},\"data\":");
    strbuf_append(&body, op->data_json);
    strbuf_append_c(&body, '}');
    struct kube_request request = {.method = "POST", .path = op->store->collection, .body = body.data};
    request_start(op, &request, on_written);
}

/* A JSON patch replaces the data as a whole and leaves others' labels and annotations alone; naming the
 * version makes it conditional. */
static void update(struct store_op *op)
{
    AUTO_STRBUF struct strbuf body;
    strbuf_init(&body);
    strbuf_append(&body, "[{\"op\":\"add\",\"path\":\"/metadata/resourceVersion\",\"value\":");
    strbuf_append_json(&body, op->store->resource_version);
    strbuf_append(&body, "},{\"op\":\"add\",\"path\":\"/data\",\"value\":");
    strbuf_append(&body, op->data_json);
    strbuf_append(&body, "}]");
    struct kube_request request = {
        .method = "PATCH",
        .path = op->store->path,
        .content_type = "application/json-patch+json",
        .body = body.data,
    };
    request_start(op, &request, on_written);
}

static void write_out(struct store_op *op)
{
    if (op->store->resource_version)
        update(op);
    else
        create(op);
}

static void on_read_before_write(int status, json_t *body, const struct err *error, void *arg)
{
    struct store_op *op = arg;
    struct text_map data = {0};
    struct err problem;
    op->call = NULL;
    (void)status;
    if (error && error->code == ERR_NOT_FOUND) {
        set_version(op->store, NULL);
        error = NULL;
    } else if (!error && read_config_map(op->store, body, &data, &problem) < 0) {
        error = &problem;
    }
    text_map_done(&data);
    if (error)
        finish(op, NULL, error);
    else
        write_out(op);
}

static char *map_to_json(const struct text_map *data)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_append_c(&text, '{');
    for (size_t i = 0; i < data->len; i++) {
        strbuf_append(&text, i ? "," : "");
        strbuf_append_json(&text, data->items[i].key);
        strbuf_append_c(&text, ':');
        strbuf_append_json(&text, data->items[i].value);
    }
    strbuf_append_c(&text, '}');
    return strbuf_take(&text);
}

int kube_store_write(struct kube_store *store, const struct text_map *data, kube_store_fn done, void *arg,
                     struct err *err)
{
    if (store->writing)
        return err_set(err, ERR_CONFLICT, "ConfigMap %s/%s is being written already", store->ns, store->name);
    size_t bytes = 0;
    for (size_t i = 0; i < data->len; i++)
        bytes += strlen(data->items[i].key) + strlen(data->items[i].value);
    if (bytes > DATA_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "ConfigMap %s/%s: %zu bytes are more than one can hold", store->ns,
                       store->name, bytes);
    struct store_op *op = add_op(store, done, arg);
    op->data_json = map_to_json(data);
    store->writing = op;
    if (store->known)
        write_out(op);
    else
        get(op, on_read_before_write);
    return 0;
}

void kube_store_close(struct kube_store *store)
{
    struct store_op *op;
    if (!store || store->closed)
        return;
    store->closed = true;
    DL_FOREACH (store->ops, op)
        if (op->call)
            kube_cancel(op->call);
    free_if_over(store);
}
