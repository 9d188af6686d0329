/* Owns the lists by which clients find out what there is: versions, groups, resources. */
#include <stdio.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/sandbox/sandbox.h"

/* The API level these shapes were taken from; kubectl warns when it is far from its own. */
static const char version_json[] =
    "{\"major\":\"1\",\"minor\":\"35\",\"gitVersion\":\"v1.35.0+davit-sandbox\",\"gitCommit\":\"\","
    "\"gitTreeState\":\"\","
    "\"buildDate\":\"\",\"goVersion\":\"\",\"compiler\":\"\",\"platform\":\"\"}\n";

static json_t *split_commas(const char *text)
{
    json_t *list = json_array();
    while (*text) {
        size_t len = strcspn(text, ",");
        json_array_append_new(list, json_stringn(text, len));
        text += len + (text[len] == ',');
    }
    return list;
}

static json_t *verbs_of(const struct resource *resource)
{
    if (resource->flags & RES_REVIEW)
        return split_commas("create");
    return split_commas("create,delete,deletecollection,get,list,patch,update,watch");
}

static json_t *singular_of(const struct resource *resource)
{
    json_t *singular = NULL;
    AUTO_FREE char *text = mem_strdup(resource->kind);
    for (char *c = text; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    singular = json_string(text);
    return singular;
}

static void append_sub(json_t *list, const struct resource *resource, const char *sub)
{
    AUTO_FREE char *name = mem_printf("%s/%s", resource->plural, sub);
    bool scale = strcmp(sub, "scale") == 0;
    json_t *entry = json_pack("{s:s, s:s, s:b, s:s, s:[s, s, s]}", "name", name, "singularName", "",
                              "namespaced", (resource->flags & RES_NAMESPACED) != 0, "kind",
                              scale ? "Scale" : resource->kind, "verbs", "get", "patch", "update");
    if (scale) {
        json_object_set_new(entry, "group", json_string("autoscaling"));
        json_object_set_new(entry, "version", json_string("v1"));
    }
    json_array_append_new(list, entry);
}

static void append_resource(json_t *list, const struct resource *resource)
{
    json_t *entry = json_pack("{s:s, s:o, s:b, s:s, s:o}", "name", resource->plural, "singularName",
                              singular_of(resource), "namespaced", (resource->flags & RES_NAMESPACED) != 0,
                              "kind", resource->kind, "verbs", verbs_of(resource));
    if (*resource->short_names)
        json_object_set_new(entry, "shortNames", split_commas(resource->short_names));
    if (*resource->categories)
        json_object_set_new(entry, "categories", split_commas(resource->categories));
    json_array_append_new(list, entry);
    if (resource->flags & RES_STATUS)
        append_sub(list, resource, "status");
    if (resource->flags & RES_SCALE)
        append_sub(list, resource, "scale");
}

/* False: no such group and version. */
static bool serve_resources(struct call *call, const char *group_version)
{
    char text[128];
    AUTO_JSON json_t *list = json_array();
    for (size_t i = 0; i < resource_count(); i++)
        if (strcmp(resource_api_version(resource_at(i), text, sizeof(text)), group_version) == 0)
            append_resource(list, resource_at(i));
    if (!json_array_size(list))
        return false;
    AUTO_JSON json_t *answer = json_pack("{s:s, s:s, s:s, s:O}", "kind", "APIResourceList", "apiVersion",
                                         "v1", "groupVersion", group_version, "resources", list);
    reply_json(&call->reply, 200, answer);
    return true;
}

static json_t *group_json(const struct resource *resource)
{
    char text[128];
    resource_api_version(resource, text, sizeof(text));
    return json_pack("{s:s, s:[{s:s, s:s}], s:{s:s, s:s}}", "name", resource->group, "versions",
                     "groupVersion", text, "version", resource->version, "preferredVersion", "groupVersion",
                     text, "version", resource->version);
}

static void serve_groups(struct call *call)
{
    json_t *groups = json_array();
    for (size_t i = 0; i < resource_group_count(); i++)
        json_array_append_new(groups, group_json(resource_group_at(i)));
    AUTO_JSON json_t *answer =
        json_pack("{s:s, s:s, s:o}", "kind", "APIGroupList", "apiVersion", "v1", "groups", groups);
    reply_json(&call->reply, 200, answer);
}

static bool serve_group(struct call *call, const char *name)
{
    for (size_t i = 0; i < resource_group_count(); i++) {
        if (strcmp(resource_group_at(i)->group, name) != 0)
            continue;
        AUTO_JSON json_t *answer = group_json(resource_group_at(i));
        json_object_set_new(answer, "kind", json_string("APIGroup"));
        json_object_set_new(answer, "apiVersion", json_string("v1"));
        reply_json(&call->reply, 200, answer);
        return true;
    }
    return false;
}

bool discovery_serve(struct call *call)
{
    static const struct {
        const char *path, *type, *text;
    } fixed[] = {
        {"/version", "application/json", version_json},
        {"/healthz", "text/plain", "ok"},
        {"/livez", "text/plain", "ok"},
        {"/readyz", "text/plain", "ok"},
        {"/api", "application/json",
         "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"],\"serverAddressByClientCIDRs\":[]}\n"},
    };
    AUTO_FREE char *path = mem_strdup(call->request->path);
    size_t len = strlen(path);
    if (len > 1 && path[len - 1] == '/')
        path[len - 1] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        if (strcmp(fixed[i].path, path) == 0)
            return reply_text(&call->reply, 200, fixed[i].type, fixed[i].text), true;
    if (strcmp(path, "/apis") == 0)
        return serve_groups(call), true;
    if (strcmp(path, "/api/v1") == 0)
        return serve_resources(call, "v1");
    if (text_starts_with(path, "/apis/"))
        return strchr(path + 6, '/') ? serve_resources(call, path + 6) : serve_group(call, path + 6);
    return false;
}
