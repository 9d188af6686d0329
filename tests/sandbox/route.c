/* Owns the grammar of API paths: /api/v1/…, /apis/GROUP/VERSION/…, [namespaces/NS/]RESOURCE[/NAME[/SUB]]. */
#include "tests/sandbox/route.h"

#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/sandbox/web.h"

#define SEGMENTS_MAX 9

const char *route_verb_name(enum verb verb)
{
    static const char *const names[] = {
        "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "other"};
    return names[verb];
}

void route_done(struct route *route)
{
    mem_free(route->ns);
    mem_free(route->name);
    route->ns = route->name = NULL;
}

static void free_segments(char **segments, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mem_free(segments[i]);
}

/* NULL: a broken escape, or not UTF-8. */
static char *take_segment(const char *path, size_t len)
{
    char *segment = web_unescape(path, len, false);
    if (segment && text_is_utf8(segment, strlen(segment)))
        return segment;
    mem_free(segment);
    return NULL;
}

/* Number of segments; -1: broken escape, -2: too many or an empty one. */
static int split(const char *path, char **segments)
{
    int count = 0, failure = 0;
    while (!failure && *path) {
        path += *path == '/';
        size_t len = strcspn(path, "/");
        if (len == 0 && *path == '\0' && count)
            break; /* one slash at the end is fine */
        if (len == 0 || count == SEGMENTS_MAX) {
            failure = -2;
        } else if (!(segments[count] = take_segment(path, len))) {
            failure = -1;
        } else {
            count++;
            path += len;
        }
    }
    if (failure)
        free_segments(segments, (size_t)count);
    return failure ? failure : count;
}

static int parse_sub(const struct resource *resource, const char *text, enum sub *ret)
{
    if (strcmp(text, "status") == 0 && resource->flags & RES_STATUS)
        *ret = SUB_STATUS;
    else if (strcmp(text, "scale") == 0 && resource->flags & RES_SCALE)
        *ret = SUB_SCALE;
    else if (strcmp(text, "finalize") == 0 && strcmp(resource->kind, "Namespace") == 0)
        *ret = SUB_FINALIZE;
    else
        return 404;
    return 0;
}

/* rest: what follows the version. */
static int parse_object(const char *group, const char *version, char **rest, int count, struct route *ret)
{
    static const char none[] = "";
    const char *ns = none, *name = none;
    if (count >= 3 && strcmp(rest[0], "namespaces") == 0 && strcmp(rest[2], "status") != 0 &&
        strcmp(rest[2], "finalize") != 0) {
        ns = rest[1];
        rest += 2;
        count -= 2;
    }
    const struct resource *resource = resource_find(group, version, rest[0]);
    if (!resource && !resource_group_known(group, version))
        return 0;
    if (!resource || count > 3 || (*ns && !(resource->flags & RES_NAMESPACED)))
        return 404;
    if (count >= 2)
        name = rest[1];
    if (*name && resource->flags & RES_NAMESPACED && !*ns)
        return 404;
    if (count == 3 && parse_sub(resource, rest[2], &ret->sub) != 0)
        return 404;
    ret->resource = resource;
    ret->ns = mem_strdup(ns);
    ret->name = mem_strdup(name);
    return 0;
}

static bool query_says_true(const struct web_request *request, const char *key)
{
    const char *value = web_query(request, key);
    return strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
}

static enum verb verb_of(const struct web_request *request, const struct route *route)
{
    const char *method = request->method;
    bool named = route->name && *route->name;
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) {
        if (route->resource && route->sub == SUB_NONE && query_says_true(request, "watch"))
            return VERB_WATCH;
        return !route->resource || named ? VERB_GET : VERB_LIST;
    }
    if (strcmp(method, "DELETE") == 0)
        return named ? VERB_DELETE : VERB_DELETE_COLLECTION;
    if (strcmp(method, "POST") == 0 && !named)
        return VERB_CREATE;
    if (strcmp(method, "PUT") == 0 && named)
        return VERB_UPDATE;
    return strcmp(method, "PATCH") == 0 && named ? VERB_PATCH : VERB_OTHER;
}

int route_parse(const struct web_request *request, struct route *ret)
{
    char *segments[SEGMENTS_MAX];
    *ret = (struct route){.verb = VERB_OTHER};
    ret->verb = verb_of(request, ret);
    int count = split(request->path, segments);
    if (count < 0)
        return count == -1 ? 400 : 404;
    int status = 0;
    if (count >= 3 && strcmp(segments[0], "api") == 0)
        status = parse_object("", segments[1], segments + 2, count - 2, ret);
    else if (count >= 4 && strcmp(segments[0], "apis") == 0)
        status = parse_object(segments[1], segments[2], segments + 3, count - 3, ret);
    free_segments(segments, (size_t)count);
    ret->verb = verb_of(request, ret);
    return status;
}

const char *route_class(const struct route *route, const char *path, char *buf, size_t size)
{
    static const char *const subs[] = {"", "/status", "/scale", "/finalize"};
    if (route->resource)
        snprintf(buf, size, "%s/%s%s", *route->resource->group ? route->resource->group : "core",
                 route->resource->plural, subs[route->sub]);
    else
        snprintf(buf, size, "%s",
                 text_starts_with(path, "/sandbox")   ? "sandbox"
                 : text_starts_with(path, "/api")     ? "discovery"
                 : text_starts_with(path, "/openapi") ? "openapi"
                                                      : "other");
    return buf;
}
