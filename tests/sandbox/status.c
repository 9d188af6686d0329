/* Owns the shape of refusals; clients tell them apart by code, reason and details, so these follow the real
 * server's. */
#include "tests/sandbox/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/sandbox/web.h"

void reply_init(struct reply *reply)
{
    *reply = (struct reply){.content_type = "application/json"};
    strbuf_init_max(&reply->body, WEB_OUT_MAX);
}

void reply_done(struct reply *reply)
{
    strbuf_done(&reply->body);
}

void reply_text(struct reply *reply, int status, const char *content_type, const char *text)
{
    strbuf_reset(&reply->body);
    strbuf_append(&reply->body, text);
    reply->status = status;
    reply->content_type = content_type;
}

static int append_block(const char *bytes, size_t len, void *arg)
{
    strbuf_append_n(arg, bytes, len);
    return 0;
}

void reply_json(struct reply *reply, int status, json_t *value)
{
    strbuf_reset(&reply->body);
    json_dump_callback(value, append_block, &reply->body, JSON_COMPACT | JSON_REAL_PRECISION(15));
    strbuf_append_c(&reply->body, '\n');
    reply->status = status;
    reply->content_type = "application/json";
}

const char *status_reason(int code)
{
    static const struct {
        int code;
        const char *reason;
    } table[] = {{400, "BadRequest"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "NotFound"},
                 {405, "MethodNotAllowed"},
                 {406, "NotAcceptable"},
                 {409, "Conflict"},
                 {410, "Expired"},
                 {413, "RequestEntityTooLarge"},
                 {415, "UnsupportedMediaType"},
                 {422, "Invalid"},
                 {429, "TooManyRequests"},
                 {500, "InternalError"},
                 {503, "ServiceUnavailable"},
                 {504, "Timeout"}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (table[i].code == code)
            return table[i].reason;
    return code >= 500 ? "InternalError" : "BadRequest";
}

/* details is stolen; NULL: none, which is not the same as empty ones. */
static json_t *failure(int code, const char *reason, const char *message, json_t *details)
{
    const char *text = text_is_utf8(message, strlen(message)) ? message : "the request holds broken text";
    return json_pack("{s:s, s:s, s:{}, s:s, s:s, s:s, s:o*, s:i}", "kind", "Status", "apiVersion", "v1",
                     "metadata", "status", "Failure", "message", text, "reason", reason, "details", details,
                     "code", code);
}

json_t *status_object(int code, const char *reason, const char *message)
{
    return failure(code, reason, message, NULL);
}

static int answer(struct reply *reply, int code, const char *reason, const char *message, json_t *details)
{
    AUTO_JSON json_t *status = failure(code, reason, message, details);
    reply_json(reply, code, status);
    return -1;
}

int status_fail(struct reply *reply, int code, const char *fmt, ...)
{
    struct err text;
    char message[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    err_set(&text, ERR_INVALID, "%s", message); /* cuts at a whole character */
    bool bare = code == 400 || code == 401 || code == 415;
    return answer(reply, code, status_reason(code), text.msg, bare ? NULL : json_object());
}

int status_undecodable(struct reply *reply, const char *kind, const char *version, const char *detail)
{
    if (reply->patched)
        return status_fail(reply, 422, " \"\" is invalid: patch: Invalid value: json: %s", detail);
    return status_fail(reply, 400, "%s in version \"%s\" cannot be handled as a %s: json: %s", kind, version,
                       kind, detail);
}

int status_retry_later(struct reply *reply, int code, const char *message, int seconds)
{
    return answer(reply, code, status_reason(code), message,
                  json_pack("{s:i}", "retryAfterSeconds", seconds));
}

/* Names come from the request and may be any UTF-8 or worse: a name that is not text becomes "?". */
static json_t *text_value(const char *text)
{
    json_t *value = json_string(text);
    return value ? value : json_string("?");
}

static json_t *details_of(const struct resource *resource, const char *name)
{
    json_t *details = json_object();
    json_object_set_new(details, "name", text_value(name));
    if (*resource->group)
        json_object_set_new(details, "group", json_string(resource->group));
    json_object_set_new(details, "kind", json_string(resource->plural));
    return details;
}

static int about(struct reply *reply, int code, const char *reason, const struct resource *resource,
                 const char *name, const char *before, const char *after)
{
    char qualified[160];
    json_t *details = details_of(resource, name);
    AUTO_FREE char *message =
        mem_printf("%s%s \"%s\"%s", before, resource_qualified(resource, qualified, sizeof(qualified)),
                   json_str(details, "name"), after);
    return answer(reply, code, reason, message, details);
}

int status_not_found(struct reply *reply, const struct resource *resource, const char *name)
{
    return about(reply, 404, "NotFound", resource, name, "", " not found");
}

int status_already_exists(struct reply *reply, const struct resource *resource, const char *name)
{
    return about(reply, 409, "AlreadyExists", resource, name, "", " already exists");
}

int status_conflict(struct reply *reply, const struct resource *resource, const char *name, const char *why)
{
    AUTO_FREE char *after = mem_printf(": %s", why);
    return about(reply, 409, "Conflict", resource, name, "Operation cannot be fulfilled on ", after);
}

int status_expired(struct reply *reply, const char *message)
{
    return answer(reply, 410, "Expired", message, NULL);
}

int status_invalid(struct reply *reply, const char *kind, const char *group, const char *name,
                   const char *field, const char *reason, const char *detail)
{
    AUTO_FREE char *message =
        mem_printf("%s%s%s \"%s\" is invalid: %s: %s", kind, *group ? "." : "", group, name, field, detail);
    json_t *details = json_pack("{s:o, s:s*, s:s, s:[{s:s, s:o, s:s}]}", "name", text_value(name), "group",
                                *group ? group : NULL, "kind", kind, "causes", "reason", reason, "message",
                                text_value(detail), "field", field);
    return answer(reply, 422, "Invalid", message, details);
}

void status_deleted(struct reply *reply, const struct resource *resource, const char *name, const char *uid)
{
    json_t *details = details_of(resource, name);
    json_object_set_new(details, "uid", json_string(uid));
    AUTO_JSON json_t *status = json_pack("{s:s, s:s, s:{}, s:s, s:o}", "kind", "Status", "apiVersion", "v1",
                                         "metadata", "status", "Success", "details", details);
    reply_json(reply, 200, status);
}
