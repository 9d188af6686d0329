/* Owns the /scale subresource: a Scale object made from, and written through to, a workload. */
#include <inttypes.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "tests/sandbox/body.h"
#include "tests/sandbox/object.h"
#include "tests/sandbox/sandbox.h"

static void append_expression(struct strbuf *out, json_t *expression)
{
    static const struct {
        const char *op, *before_key, *after_key;
    } rows[] = {{"In", "", " in "}, {"NotIn", "", " notin "}, {"Exists", "", ""}, {"DoesNotExist", "!", ""}};
    const char *key = json_str(expression, "key"), *op = json_str(expression, "operator");
    json_t *values = json_object_get(expression, "values"), *value;
    size_t i;
    for (size_t r = 0; key && op && r < ARRAY_LEN(rows); r++) {
        if (strcmp(rows[r].op, op) != 0)
            continue;
        strbuf_printf(out, "%s%s%s%s", out->len ? "," : "", rows[r].before_key, key, rows[r].after_key);
        if (!*rows[r].after_key)
            return;
        json_array_foreach (values, i, value)
            strbuf_printf(out, "%s%s", i ? "," : "(", json_is_string(value) ? json_string_value(value) : "");
        strbuf_append_c(out, ')');
    }
}

/* The selector as the text that HPAs and their like ask pods with. */
static json_t *selector_text(json_t *object)
{
    struct strbuf out;
    const char *key;
    json_t *value, *selector = json_dig(object, "spec", "selector", NULL);
    size_t i;
    strbuf_init(&out);
    json_object_foreach (json_object_get(selector, "matchLabels"), key, value)
        strbuf_printf(&out, "%s%s=%s", out.len ? "," : "", key,
                      json_is_string(value) ? json_string_value(value) : "");
    json_array_foreach (json_object_get(selector, "matchExpressions"), i, value)
        append_expression(&out, value);
    json_t *text = json_string(out.data);
    strbuf_done(&out);
    return text;
}

/* Zero replicas are left out of spec, as in autoscaling/v1's own encoding. */
static json_t *make_scale(json_t *object)
{
    static const char *const kept[] = {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"};
    json_t *metadata = json_object(), *spec = json_object();
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        json_object_set(metadata, kept[i], json_object_get(json_object_get(object, "metadata"), kept[i]));
    int64_t replicas = json_i64(json_object_get(object, "spec"), "replicas", 1);
    if (replicas)
        json_object_set_new(spec, "replicas", json_integer(replicas));
    int64_t running = json_i64(json_object_get(object, "status"), "replicas", 0);
    return json_pack("{s:s, s:s, s:o, s:o, s:{s:I, s:o*}}", "kind", "Scale", "apiVersion", "autoscaling/v1",
                     "metadata", metadata, "spec", spec, "status", "replicas", (json_int_t)running,
                     "selector", selector_text(object));
}

static struct object *find_or_refuse(struct call *call)
{
    struct object *entry = store_find(store_collection(&call->sandbox->store, call->route.resource),
                                      call->route.ns, call->route.name);
    if (!entry)
        status_not_found(&call->reply, call->route.resource, call->route.name);
    return entry;
}

void scale_get(struct call *call)
{
    struct object *entry = find_or_refuse(call);
    if (!entry)
        return;
    AUTO_JSON json_t *object = blob_parse(entry->blob);
    AUTO_JSON json_t *scale = make_scale(object);
    reply_json(&call->reply, 200, scale);
}

/* -1: refused. */
static int check_scale(struct call *call, json_t *scale, json_t *object, int64_t *ret_replicas)
{
    json_t *metadata = json_object_get(scale, "metadata"), *spec = json_object_get(scale, "spec");
    const char *name = json_str(metadata, "name"), *rv = json_str(metadata, "resourceVersion");
    json_t *replicas = json_object_get(spec, "replicas");
    const char *kind = json_str(scale, "kind"),
               *now = json_str(json_object_get(object, "metadata"), "resourceVersion");
    if ((kind && strcmp(kind, "Scale") != 0) || (spec && !json_is_object(spec) && !json_is_null(spec)) ||
        (replicas && !json_is_null(replicas) && !json_is_integer(replicas)))
        return status_undecodable(&call->reply, "Scale", "v1",
                                  "cannot unmarshal spec.replicas into type int32");
    if (name && *name && strcmp(name, call->route.name) != 0)
        return status_fail(&call->reply, 400,
                           "the name of the object (%s) does not match the name on the URL (%s)", name,
                           call->route.name);
    if (rv && *rv && !text_eq(rv, now))
        return status_conflict(
            &call->reply, call->route.resource, call->route.name,
            "the object has been modified; please apply your changes to the latest version and try again");
    int64_t count = json_is_integer(replicas) ? json_integer_value(replicas) : 0;
    if (count > INT32_MAX || count < INT32_MIN)
        return status_undecodable(&call->reply, "Scale", "v1", "cannot unmarshal number into type int32");
    if (count < 0) {
        AUTO_FREE char *detail =
            mem_printf("Invalid value: %" PRId64 ": must be greater than or equal to 0", count);
        return status_invalid(&call->reply, "Scale", "autoscaling", call->route.name, "spec.replicas",
                              "FieldValueInvalid", detail);
    }
    *ret_replicas = count;
    return 0;
}

static void write_scale(struct call *call, struct object *entry, json_t *scale)
{
    struct sandbox *sandbox = call->sandbox;
    AUTO_JSON json_t *old = blob_parse(entry->blob);
    AUTO_JSON json_t *object = json_deep_copy(old);
    int64_t to = 0, from = json_i64(json_object_get(old, "spec"), "replicas", 1);
    bool same = false;
    if (check_scale(call, scale, old, &to) != 0)
        return;
    json_object_set_new(json_object_get(object, "spec"), "replicas", json_integer(to));
    if (object_prepare_update(call->route.resource, SUB_NONE, old, &object, &same, &call->reply) != 0)
        return;
    if (!call->dry_run) {
        stats_note_scale(&sandbox->stats,
                         &(struct scale_write){.resource = call->route.resource,
                                               .ns = call->route.ns,
                                               .name = call->route.name,
                                               .from = from,
                                               .to = to,
                                               .via = "scale",
                                               .user_agent = web_header(call->request, "user-agent")});
        if (!same)
            store_replace(&sandbox->store, store_collection(&sandbox->store, call->route.resource), entry,
                          object);
    }
    AUTO_JSON json_t *shown = make_scale(object);
    reply_json(&call->reply, 200, shown);
}

void scale_update(struct call *call)
{
    AUTO_JSON json_t *scale = NULL;
    struct object *entry;
    if (body_decode(call, &scale) != 0 || !(entry = find_or_refuse(call)))
        return;
    if (!json_is_object(scale))
        status_fail(&call->reply, 400, "the body is not an object");
    else
        write_scale(call, entry, scale);
}

void scale_patch(struct call *call)
{
    AUTO_JSON json_t *patch = NULL;
    AUTO_JSON json_t *patched = NULL;
    enum patch_kind kind = PATCH_MERGE;
    struct object *entry;
    struct err err;
    if (body_decode_patch(call, &kind, &patch) != 0 || !(entry = find_or_refuse(call)))
        return;
    call->reply.patched = true;
    AUTO_JSON json_t *object = blob_parse(entry->blob);
    AUTO_JSON json_t *scale = make_scale(object);
    int code = patch_apply(kind, false, scale, patch, &patched, &err);
    if (code)
        status_fail(&call->reply, code == ERR_PROTOCOL ? 400 : 422, "%s", err.msg);
    else
        write_scale(call, entry, patched);
}
