/* Owns bulk creation. */
#include "tests/sandbox/bulk.h"

#include <inttypes.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "tests/sandbox/object.h"
#include "tests/sandbox/sandbox.h"

struct bulk {
    const struct resource *resource;
    const char *ns, *prefix;
    int64_t count;
    char *template; /* JSON with marks */
};

static const char workload_template[] =
    "{\"spec\":{\"replicas\":%" PRId64 ",\"selector\":{\"matchLabels\":{\"app\":\"{{name}}\"}},"
    "\"template\":{\"metadata\":{\"labels\":{\"app\":\"{{name}}\"}},"
    "\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"example.org/app:1\"}]}}}}";

static char *make_template(const struct bulk *bulk, json_t *body)
{
    json_t *object = json_object_get(body, "object");
    if (json_is_object(object))
        return json_dumps(object, JSON_COMPACT);
    if (!(bulk->resource->flags & RES_WORKLOAD))
        return mem_strdup("{}");
    return mem_printf(workload_template, json_i64(body, "replicas", 1));
}

static int read_bulk(struct call *call, json_t *body, struct bulk *ret)
{
    const char *kind = json_str(body, "kind"), *version = json_str(body, "apiVersion");
    const char *ns = json_str(body, "namespace"), *prefix = json_str(body, "prefix");
    *ret = (struct bulk){.ns = ns ? ns : "default",
                         .prefix = prefix ? prefix : "d",
                         .count = json_i64(body, "count", 0),
                         .resource =
                             resource_find_kind(version ? version : "apps/v1", kind ? kind : "Deployment")};
    if (!ret->resource || ret->resource->flags & (RES_NEW_EVENT | RES_REVIEW))
        return status_fail(&call->reply, 400, "unknown apiVersion and kind");
    if (ret->count < 1 || ret->count > BULK_MAX)
        return status_fail(&call->reply, 400, "count is not between 1 and %d", BULK_MAX);
    if (!(ret->resource->flags & RES_NAMESPACED))
        ret->ns = "";
    ret->template = make_template(ret, body);
    return 0;
}

/* Names are plain (object_name_is_valid), so they can stand inside JSON texts as they are. */
static json_t *fill_template(const char *template, const char *name, int64_t n)
{
    struct strbuf out;
    strbuf_init_max(&out, WEB_BODY_MAX);
    for (const char *mark; (mark = strstr(template, "{{")); template = mark) {
        strbuf_append_n(&out, template, (size_t)(mark - template));
        if (strncmp(mark, "{{name}}", 8) == 0) {
            strbuf_append(&out, name);
            mark += 8;
        } else if (strncmp(mark, "{{n}}", 5) == 0) {
            strbuf_printf(&out, "%" PRId64, n);
            mark += 5;
        } else {
            strbuf_append_c(&out, '{');
            mark += 1;
        }
    }
    strbuf_append(&out, template);
    json_t *object = json_loadb(out.data, out.len, 0, NULL);
    strbuf_done(&out);
    return object;
}

/* 1: made; 0: was there; -1: refused. */
static int create_one(struct call *call, const struct bulk *bulk, int64_t n)
{
    AUTO_FREE char *name = mem_printf("%s-%" PRId64, bulk->prefix, n);
    if (!object_name_is_valid(name))
        return status_fail(&call->reply, 400, "the prefix does not make valid names");
    if (store_find(store_collection(&call->sandbox->store, bulk->resource), bulk->ns, name))
        return 0;
    AUTO_JSON json_t *object = fill_template(bulk->template, name, n);
    if (!object)
        return status_fail(&call->reply, 400, "the filled-in template is not an object");
    if (object_check_identity(bulk->resource, bulk->ns, "", object, &call->reply) != 0)
        return -1;
    json_object_set_new(json_object_get(object, "metadata"), "name", json_string(name));
    if (object_prepare_new(bulk->resource, &object, &call->reply) != 0)
        return -1;
    write_insert(call->sandbox, bulk->resource, object);
    return 1;
}

void bulk_create(struct call *call, json_t *body)
{
    struct bulk bulk;
    int64_t made = 0;
    int status = 0;
    if (read_bulk(call, body, &bulk) != 0)
        return;
    for (int64_t n = 0; n < bulk.count && status >= 0; n++) {
        status = create_one(call, &bulk, n);
        made += status > 0;
    }
    mem_free(bulk.template);
    if (status < 0)
        return;
    AUTO_JSON json_t *answer = json_pack("{s:I}", "created", (json_int_t)made);
    reply_json(&call->reply, 201, answer);
}
