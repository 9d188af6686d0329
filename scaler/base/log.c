/* Owns the log line: its two formats, its escaping, and that one event is one line written at once. */
#include "scaler/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"

#define MESSAGE_MAX 4096 /* bytes; the rest is cut */
#define OBJECT_MAX  512  /* "namespace/name" never needs as much */
/* Escaping makes six bytes of one at worst, so this never cuts and every line keeps its end. */
#define LINE_MAX_BYTES ((size_t)8 * (MESSAGE_MAX + OBJECT_MAX))

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const format_names[] = {"text", "json"};

/* Set once by main before threads exist; librdkafka's threads only read them. */
static enum log_level current_level = LOG_LEVEL_INFO;
static enum log_format current_format = LOG_FORMAT_TEXT;

void log_setup(enum log_level level, enum log_format format)
{
    current_level = level;
    current_format = format;
}

int log_parse_level(const char *text, enum log_level *ret, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
        if (text_eq(text, level_names[i])) {
            *ret = (enum log_level)i;
            return 0;
        }
    }
    return err_set(err, ERR_CONFIG, "log level must be error, warn, info or debug");
}

int log_parse_format(const char *text, enum log_format *ret, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(format_names); i++) {
        if (text_eq(text, format_names[i])) {
            *ret = (enum log_format)i;
            return 0;
        }
    }
    return err_set(err, ERR_CONFIG, "log format must be text or json");
}

bool log_enabled(enum log_level level)
{
    return level <= current_level;
}

/* Controls, C1 controls and Unicode's line separators could forge a second line or move a terminal's cursor.
 */
static void append_escaped(struct strbuf *line, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        size_t width = text_utf8_width(text + i, len - i);
        const unsigned char *c = (const unsigned char *)text + i;
        if (width == 0)
            strbuf_append(line, "\xef\xbf\xbd");
        else if (*c == '\n' || *c == '\r' || *c == '\t')
            strbuf_append(line, *c == '\n' ? "\\n" : *c == '\r' ? "\\r" : "\\t");
        else if (*c < 0x20 || *c == 0x7f)
            strbuf_printf(line, "\\x%02x", *c);
        else if (width == 2 && c[0] == 0xc2 && c[1] < 0xa0)
            strbuf_printf(line, "\\u%04x", c[1]);
        else if (width == 3 && c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9))
            strbuf_printf(line, "\\u20%02x", c[2] - 0x80);
        else
            strbuf_append_n(line, text + i, width);
        i += width ? width : 1;
    }
}

static void append_text_line(struct strbuf *line, enum log_level level, const char *object,
                             const char *message)
{
    strbuf_printf(line, " %-5s ", level_names[level]);
    if (object) {
        append_escaped(line, object);
        strbuf_append(line, ": ");
    }
    append_escaped(line, message);
}

static void append_json_line(struct strbuf *line, const char *time, enum log_level level, const char *object,
                             const char *message)
{
    strbuf_printf(line, "{\"time\":\"%s\",\"level\":\"%s\",", time, level_names[level]);
    if (object) {
        strbuf_append(line, "\"object\":");
        strbuf_append_json(line, object);
        strbuf_append_c(line, ',');
    }
    strbuf_append(line, "\"message\":");
    strbuf_append_json(line, message);
    strbuf_append_c(line, '}');
}

/* A log nobody reads must not stop the daemon: what cannot be written is lost. */
static void write_line(const struct strbuf *line)
{
    for (size_t done = 0; done < line->len;) {
        ssize_t n = write(STDERR_FILENO, line->data + done, line->len - done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            return;
    }
}

void log_write(enum log_level level, const char *object, const char *fmt, ...)
{
    if (!log_enabled(level))
        return;
    int saved_errno = errno;
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(message, sizeof(message), fmt, args) < 0)
        message[0] = '\0';
    va_end(args);
    char short_object[OBJECT_MAX];
    if (object) {
        (void)snprintf(short_object, sizeof(short_object), "%s", object);
        object = short_object;
    }
    char time[CLOCK_RFC3339_MAX];
    clock_format_rfc3339(clock_wall_ms(), true, time, sizeof(time));
    AUTO_STRBUF struct strbuf line;
    strbuf_init_max(&line, LINE_MAX_BYTES);
    if (current_format == LOG_FORMAT_JSON) {
        append_json_line(&line, time, level, object, message);
    } else {
        strbuf_append(&line, time);
        append_text_line(&line, level, object, message);
    }
    strbuf_append_c(&line, '\n');
    write_line(&line);
    errno = saved_errno;
}
