/* Owns the Event's JSON and its limits (Kubernetes' validation of events.k8s.io/v1). */
#include "scaler/kube/event_body.h"

#include <stdio.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"

#define REASON_MAX   128
#define INSTANCE_MAX 128
#define NOTE_MAX     1000 /* 1024 bytes; a broken byte grows when it is replaced */

static void add(struct strbuf *buf, const char *key, const char *value, size_t max_bytes)
{
    size_t len = 0;
    size_t whole = value ? strlen(value) : 0;
    while (len < whole) {
        size_t width = text_utf8_width(value + len, whole - len);
        width = width ? width : 1;
        if (len + width > max_bytes)
            break;
        len += width;
    }
    AUTO_FREE char *cut = mem_strndup(value ? value : "", len);
    char last = buf->len > 0 ? buf->data[buf->len - 1] : '{';
    strbuf_printf(buf, "%s\"%s\":", last == '{' ? "" : ",", key);
    strbuf_append_json(buf, cut);
}

/* MicroTime wants exactly six digits. */
static void format_micro(int64_t ms, char *buf, size_t size)
{
    char text[CLOCK_RFC3339_MAX];
    clock_format_rfc3339(ms, true, text, sizeof(text));
    snprintf(buf, size, "%.*s000Z", (int)strcspn(text, "Z"), text);
}

static void add_regarding(struct strbuf *body, const struct kube_object_ref *regarding)
{
    strbuf_append(body, ",\"regarding\":{");
    add(body, "apiVersion", regarding->api_version, REASON_MAX);
    add(body, "kind", regarding->kind, REASON_MAX);
    if (!text_empty(regarding->ns))
        add(body, "namespace", regarding->ns, REASON_MAX);
    add(body, "name", regarding->name, 253);
    if (!text_empty(regarding->uid))
        add(body, "uid", regarding->uid, REASON_MAX);
    strbuf_append_c(body, '}');
}

char *event_body_create(const struct kube_object_ref *regarding, const struct event_text *text)
{
    char when[CLOCK_RFC3339_MAX + 4];
    struct strbuf body;
    strbuf_init(&body);
    format_micro(text->time_ms, when, sizeof(when));
    strbuf_append(&body, "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{");
    add(&body, "name", text->name, 253);
    strbuf_append(&body, "}");
    add(&body, "eventTime", when, sizeof(when));
    add(&body, "reportingController", text->controller, INSTANCE_MAX);
    add(&body, "reportingInstance", text->instance, INSTANCE_MAX);
    add(&body, "action", text->reason, REASON_MAX);
    add(&body, "reason", text->reason, REASON_MAX);
    add(&body, "type", text->warning ? "Warning" : "Normal", REASON_MAX);
    add(&body, "note", text->note, NOTE_MAX);
    add_regarding(&body, regarding);
    strbuf_append_c(&body, '}');
    return strbuf_take(&body);
}

char *event_body_series(uint32_t count, int64_t last_ms)
{
    char when[CLOCK_RFC3339_MAX + 4];
    format_micro(last_ms, when, sizeof(when));
    return mem_printf("{\"series\":{\"count\":%u,\"lastObservedTime\":\"%s\"}}", count, when);
}
