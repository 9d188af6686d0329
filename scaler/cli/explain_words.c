/* Owns how times, numbers and names are put into words. */
#include "scaler/cli/explain_words.h"

#include <inttypes.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/text.h"

#define DAY_MS INT64_C(86400000)

/* C1 controls are two bytes in UTF-8, C2 80 to C2 9F. */
static bool is_control(const char *at, size_t width)
{
    unsigned char first = (unsigned char)at[0];
    return first < 0x20 || first == 0x7f || (width == 2 && first == 0xc2 && (unsigned char)at[1] < 0xa0);
}

void words_text(struct strbuf *out, const char *text)
{
    size_t used = 0;
    for (size_t width; *text; text += width) {
        width = text_utf8_width(text, strnlen(text, 4));
        if (used + width > WORDS_TEXT_MAX) {
            strbuf_append(out, "…");
            return;
        }
        if (width == 0 || is_control(text, width))
            strbuf_append_c(out, '?');
        else
            strbuf_append_n(out, text, width);
        width += width == 0;
        used += width;
    }
}

void words_span(struct strbuf *out, int64_t ms)
{
    int64_t s = ms < 0 ? 0 : (ms + 500) / 1000;
    if (s < 60)
        strbuf_printf(out, "%" PRId64 " s", s);
    else if (s < 3600 && s % 60 == 0)
        strbuf_printf(out, "%" PRId64 " min", s / 60);
    else if (s < 3600)
        strbuf_printf(out, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
    else if (s < 86400)
        strbuf_printf(out, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
    else
        strbuf_printf(out, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

void words_time(struct strbuf *out, const struct explain_object *object, int64_t ms)
{
    char text[CLOCK_RFC3339_MAX];
    if (object->simulated) {
        strbuf_append(out, "t=");
        words_number(out, (double)(ms - object->start_ms) / 1000);
        strbuf_append(out, " s");
        return;
    }
    (void)clock_format_rfc3339(ms, false, text, sizeof text); /* 2026-11-22T12:03:10Z */
    if (ms / DAY_MS != object->now_ms / DAY_MS)
        strbuf_printf(out, "%.10s ", text);
    strbuf_printf(out, "%.8s", text + 11);
}

void words_distance(struct strbuf *out, const struct explain_object *object, int64_t ms)
{
    int64_t until = ms - object->now_ms;
    if (until > -500 && until < 500) {
        strbuf_append(out, "just now");
        return;
    }
    strbuf_append(out, until > 0 ? "in " : "");
    words_span(out, until > 0 ? until : -until);
    strbuf_append(out, until > 0 ? "" : " ago");
}

void words_number(struct strbuf *out, double value)
{
    char text[40];
    strbuf_append(out, number_format_double(value, text, sizeof text));
}

void words_replicas(struct strbuf *out, int32_t replicas)
{
    strbuf_printf(out, "%d replica%s", replicas, replicas == 1 ? "" : "s");
}

void words_trigger_name(struct strbuf *out, const struct explain_decision *decision, int32_t index)
{
    if (index < 0 || (uint32_t)index >= decision->triggers_len)
        strbuf_append(out, "a trigger");
    else if (decision->triggers[index].name[0])
        words_text(out, decision->triggers[index].name);
    else
        strbuf_printf(out, "trigger %d", index);
}

const char *words_reason(enum decision_reason reason)
{
    static const char *const words[] = {
        [DECIDE_NOTHING] = "nothing to do",
        [DECIDE_PAUSED] = "paused",
        [DECIDE_ACTIVATED] = "woken up",
        [DECIDE_DEACTIVATED] = "no work, put to rest",
        [DECIDE_COOLDOWN] = "no work, cooling down",
        [DECIDE_MIN] = "below the minimum",
        [DECIDE_MAX] = "above the maximum",
        [DECIDE_SCALED_UP] = "more work",
        [DECIDE_SCALED_DOWN] = "less work",
        [DECIDE_HELD_UNKNOWN] = "held, because not all is known",
        [DECIDE_HELD_PAUSED_IN] = "held by paused-scale-in",
        [DECIDE_HELD_PAUSED_OUT] = "held by paused-scale-out",
        [DECIDE_FALLBACK] = "fallback",
        [DECIDE_IDLE] = "no work, at rest",
    };
    return (size_t)reason < ARRAY_LEN(words) ? words[reason] : "";
}
