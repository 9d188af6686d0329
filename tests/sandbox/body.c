/* Owns decoding: content types, JSON, YAML. */
#include "tests/sandbox/body.h"

#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/yaml.h"
#include "tests/sandbox/proto.h"
#include "tests/sandbox/sandbox.h"

static json_t *from_scalar(const struct yaml_node *node)
{
    switch (node->kind) {
    case YAML_BOOL:
        return json_boolean(node->boolean);
    case YAML_INT:
        return json_integer(node->integer);
    case YAML_FLOAT:
        return json_real(node->number);
    case YAML_STRING:
        return json_string(node->text);
    default:
        return NULL;
    }
}

json_t *body_from_yaml(const struct yaml_node *node)
{
    json_t *value = NULL;
    if (node->kind == YAML_LIST) {
        value = json_array();
        for (size_t i = 0; i < node->len; i++)
            json_array_append_new(value, body_from_yaml(node->items[i]));
    } else if (node->kind == YAML_MAP) {
        value = json_object();
        for (size_t i = 0; i < node->len; i++)
            json_object_set_new(value, node->entries[i].key->text, body_from_yaml(node->entries[i].value));
    } else {
        value = from_scalar(node); /* NULL also for infinite numbers, which JSON has not */
    }
    return value ? value : json_null();
}

static int decode_yaml(struct call *call, json_t **ret)
{
    struct strbuf *body = &call->request->body;
    struct yaml_stream stream;
    struct err err;
    int line, column;
    if (yaml_parse(body->data, body->len, &stream, &line, &column, &err) != 0)
        return status_fail(&call->reply, 400, "error decoding YAML: line %d: %s", line, err.msg);
    bool one = stream.len == 1;
    if (one)
        *ret = body_from_yaml(stream.documents[0]);
    yaml_done(&stream);
    return one ? 0 : status_fail(&call->reply, 400, "the body must be one YAML document");
}

static int decode_json(struct call *call, json_t **ret)
{
    struct strbuf *body = &call->request->body;
    struct err err;
    if (json_load_bytes(body->data, body->len, ret, &err) != 0)
        return status_fail(&call->reply, 400, "the object provided is unrecognized: %s", err.msg);
    return 0;
}

static int decode_protobuf(struct call *call, json_t **ret)
{
    struct strbuf *body = &call->request->body;
    struct err err;
    if (proto_decode(body->data, body->len, ret, &err) != 0)
        return status_fail(&call->reply, err.code == ERR_UNSUPPORTED ? 415 : 400, "%s", err.msg);
    return 0;
}

/* The media type without parameters, compared with type. */
static bool is_type(struct call *call, const char *type)
{
    const char *given = web_header(call->request, "content-type");
    size_t len = strcspn(given, "; ");
    return strlen(type) == len && strncmp(given, type, len) == 0;
}

int body_decode(struct call *call, json_t **ret)
{
    if (is_type(call, "") || is_type(call, "application/json"))
        return decode_json(call, ret);
    if (is_type(call, "application/yaml"))
        return decode_yaml(call, ret);
    if (is_type(call, "application/vnd.kubernetes.protobuf"))
        return decode_protobuf(call, ret);
    return status_fail(
        &call->reply, 415,
        "the body of the request was in an unknown format - accepted media types include: application/json, "
        "application/yaml, application/vnd.kubernetes.protobuf");
}

int body_decode_patch(struct call *call, enum patch_kind *ret_kind, json_t **ret)
{
    static const struct {
        const char *type;
        enum patch_kind kind;
    } types[] = {{"application/merge-patch+json", PATCH_MERGE},
                 {"application/strategic-merge-patch+json", PATCH_STRATEGIC},
                 {"application/json-patch+json", PATCH_JSON},
                 {"application/apply-patch+yaml", PATCH_APPLY}};
    bool custom = call->route.resource->flags & RES_CUSTOM;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (!is_type(call, types[i].type) || (custom && types[i].kind == PATCH_STRATEGIC))
            continue;
        *ret_kind = types[i].kind;
        if (types[i].kind == PATCH_APPLY && !*web_query(call->request, "fieldManager"))
            return status_fail(&call->reply, 400, "fieldManager is required for apply patch");
        return types[i].kind == PATCH_APPLY ? decode_yaml(call, ret) : decode_json(call, ret);
    }
    return status_fail(
        &call->reply, 415,
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, %sapplication/apply-patch+yaml",
        custom ? "" : "application/strategic-merge-patch+json, ");
}
