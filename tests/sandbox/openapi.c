/* Owns the OpenAPI v3 documents: just enough for kubectl to learn that PATCH takes fieldValidation and
 * dryRun, so that it leaves validation to us. No schemas: explain has nothing to say. */
#include <stdio.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/sandbox/sandbox.h"

/* "api/v1" or "apis/apps/v1". */
static void base_path(const struct resource *resource, char *buf, size_t size)
{
    char version[128];
    resource_api_version(resource, version, sizeof(version));
    snprintf(buf, size, "%s/%s", *resource->group ? "apis" : "api", version);
}

static void serve_index(struct call *call)
{
    AUTO_JSON json_t *paths = json_object();
    for (size_t i = 0; i < resource_count(); i++) {
        char base[140];
        base_path(resource_at(i), base, sizeof(base));
        AUTO_FREE char *url = mem_printf("/openapi/v3/%s?hash=0", base);
        json_object_set_new(paths, base, json_pack("{s:s}", "serverRelativeURL", url));
    }
    AUTO_JSON json_t *answer = json_pack("{s:O}", "paths", paths);
    reply_json(&call->reply, 200, answer);
}

static json_t *parameter(const char *name)
{
    return json_pack("{s:s, s:s, s:{s:s}}", "name", name, "in", "query", "schema", "type", "string");
}

static json_t *patch_operation(const struct resource *resource)
{
    return json_pack("{s:{s:[o, o, o], s:{s:{s:s}}, s:{s:s, s:s, s:s}}}", "patch", "parameters",
                     parameter("dryRun"), parameter("fieldManager"), parameter("fieldValidation"),
                     "responses", "200", "description", "OK", "x-kubernetes-group-version-kind", "group",
                     resource->group, "version", resource->version, "kind", resource->kind);
}

/* False: no such group and version. */
static bool serve_group_version(struct call *call, const char *wanted)
{
    AUTO_JSON json_t *paths = json_object();
    for (size_t i = 0; i < resource_count(); i++) {
        char base[140];
        const struct resource *resource = resource_at(i);
        base_path(resource, base, sizeof(base));
        if (strcmp(base, wanted) != 0)
            continue;
        AUTO_FREE char *path =
            mem_printf("/%s%s/%s/{name}", base,
                       resource->flags & RES_NAMESPACED ? "/namespaces/{namespace}" : "", resource->plural);
        json_object_set_new(paths, path, patch_operation(resource));
    }
    if (!json_object_size(paths))
        return false;
    AUTO_JSON json_t *answer =
        json_pack("{s:s, s:{s:s, s:s}, s:O, s:{s:{}}}", "openapi", "3.0.0", "info", "title", "davit-sandbox",
                  "version", "v1", "paths", paths, "components", "schemas");
    reply_json(&call->reply, 200, answer);
    return true;
}

bool openapi_serve(struct call *call)
{
    static const char prefix[] = "/openapi/v3";
    const char *path = call->request->path;
    if (strcmp(path, prefix) == 0)
        return serve_index(call), true;
    return text_starts_with(path, "/openapi/v3/") && serve_group_version(call, path + sizeof(prefix));
}
