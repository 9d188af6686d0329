/* Owns the grammar of series selectors. */
#include "scalers/metrics_api/selector.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"

struct reader {
    const char *start, *at;
    struct err *err;
};

static int fail(const struct reader *reader, const char *what)
{
    return err_set(reader->err, ERR_CONFIG, "character %zu: %s", (size_t)(reader->at - reader->start) + 1,
                   what);
}

/* White space and comments. */
static void skip_blank(struct reader *reader)
{
    while (true) {
        reader->at += strspn(reader->at, " \t\r\n");
        if (*reader->at != '#')
            return;
        reader->at += strcspn(reader->at, "\r\n");
    }
}

static size_t identifier_len(const char *text, bool colons)
{
    const char *c = text;
    while (*c == '_' || isalpha((unsigned char)*c) || (c > text && isdigit((unsigned char)*c)) ||
           (colons && *c == ':'))
        c++;
    return (size_t)(c - text);
}

/* PromQL's words that cannot be metric names. */
static bool is_reserved(const char *word, size_t len)
{
    static const char *const words[] = {"bool",       "atan2",       "on",  "ignoring",
                                        "group_left", "group_right", "inf", "nan"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strlen(words[i]) == len && strncasecmp(words[i], word, len) == 0)
            return true;
    return false;
}

static void append_rune(struct strbuf *out, uint32_t rune)
{
    if (rune < 0x80) {
        strbuf_append_c(out, (char)rune);
        return;
    }
    int more = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
    static const unsigned char marks[] = {0, 0xc0, 0xe0, 0xf0};
    strbuf_append_c(out, (char)(marks[more] | rune >> 6 * more));
    while (more-- > 0)
        strbuf_append_c(out, (char)(0x80 | ((rune >> 6 * more) & 0x3f)));
}

/* Digits of "\x41", "\101", "\u0041", "\U00000041"; what names a byte gives that byte. */
static int read_code(struct reader *reader, struct strbuf *out)
{
    static const char hex[] = "0123456789abcdef";
    char kind = *reader->at;
    unsigned base = isdigit((unsigned char)kind) ? 8 : 16;
    int digits = base == 8 ? 3 : kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
    uint32_t code = 0;
    reader->at += base == 16;
    for (int i = 0; i < digits; i++, reader->at++) {
        char lower = (char)tolower((unsigned char)*reader->at);
        const char *digit = lower ? memchr(hex, lower, base) : NULL;
        if (!digit)
            return fail(reader, "a broken escape sequence");
        code = code * base + (uint32_t)(digit - hex);
    }
    bool byte = digits < 4;
    if (code == 0 || code > (byte ? 0xffu : 0x10ffffu) || (code >= 0xd800 && code < 0xe000))
        return fail(reader, "an escape sequence that is no character");
    if (byte)
        strbuf_append_c(out, (char)code);
    else
        append_rune(out, code);
    return 0;
}

static int read_escape(struct reader *reader, char quote, struct strbuf *out)
{
    static const char names[] = "abfnrtv\\", meant[] = "\a\b\f\n\r\t\v\\";
    char c = *++reader->at;
    const char *name = c ? strchr(names, c) : NULL;
    if (c && (c == quote || name)) {
        strbuf_append_c(out, c == quote ? quote : meant[name - names]);
        reader->at++;
        return 0;
    }
    if (c && strchr("01234567xuU", c))
        return read_code(reader, out);
    return fail(reader, "an unknown escape sequence");
}

/* "…", '…' or `…`. */
static int read_string(struct reader *reader, struct strbuf *out)
{
    char quote = *reader->at++;
    while (*reader->at && *reader->at != quote) {
        if (quote != '`' && *reader->at == '\n')
            break;
        if (quote != '`' && *reader->at == '\\') {
            int code = read_escape(reader, quote, out);
            if (code != 0)
                return code;
            continue;
        }
        size_t width = text_utf8_width(reader->at, strlen(reader->at));
        if (width == 0 || strncmp(reader->at, "\xef\xbf\xbd", 3) == 0)
            return fail(reader, "not valid UTF-8");
        strbuf_append_n(out, reader->at, width);
        reader->at += width;
    }
    if (*reader->at != quote)
        return fail(reader, "a string without end");
    reader->at++;
    return 0;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* A label's name. *ret_quoted: it may stand alone, as the metric's name. */
static int read_label_name(struct reader *reader, struct strbuf *name, bool *ret_quoted)
{
    *ret_quoted = is_quote(*reader->at);
    if (*ret_quoted)
        return read_string(reader, name);
    size_t len = identifier_len(reader->at, false);
    if (len == 0)
        return fail(reader, "expected a label name or \"}\"");
    strbuf_append_n(name, reader->at, len);
    reader->at += len;
    return 0;
}

/* Behind the "[" of a character class: behind its end, or NULL. */
static const char *class_end(const char *text)
{
    text += *text == '^';
    text += *text == ']'; /* in front it stands for itself */
    while (*text && *text != ']')
        text += *text == '\\' && text[1] ? 2 : 1;
    return *text ? text + 1 : NULL;
}

/* KEDA refuses what is no regular expression though it never applies one. Only the shape is checked:
 * brackets, and repetitions of nothing. */
static bool is_pattern(const char *text)
{
    size_t depth = 0;
    bool repeatable = false;
    while (*text) {
        char c = *text++;
        if (strchr("*+?", c)) {
            if (!repeatable)
                return false;
            text += *text == '?'; /* lazy */
            repeatable = false;
            continue;
        }
        repeatable = c != '(' && c != '|';
        if (c == '\\' && !*text++)
            return false;
        if (c == '[' && !(text = class_end(text)))
            return false;
        if (c == ')' && depth-- == 0)
            return false;
        depth += c == '(';
        text += c == '(' && *text == '?';
    }
    return depth == 0;
}

static int read_operator(struct reader *reader, bool *ret_pattern)
{
    static const char *const operators[] = {"=~", "!~", "!=", "="};
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (!text_starts_with(reader->at, operators[i]))
            continue;
        reader->at += strlen(operators[i]);
        *ret_pattern = i < 2;
        return 0;
    }
    return fail(reader, "expected one of = != =~ !~");
}

static int read_label_value(struct reader *reader, struct strbuf *value)
{
    bool pattern;
    int code = read_operator(reader, &pattern);
    if (code != 0)
        return code;
    skip_blank(reader);
    if (!is_quote(*reader->at))
        return fail(reader, "expected a quoted value");
    code = read_string(reader, value);
    if (code != 0)
        return code;
    return pattern && !is_pattern(value->data) ? fail(reader, "not a regular expression") : 0;
}

static void set_name(struct selector *selector, const char *name)
{
    mem_free(selector->name);
    selector->name = mem_strdup(name);
}

static int read_label(struct reader *reader, struct selector *selector)
{
    AUTO_STRBUF struct strbuf name, value;
    bool quoted;
    strbuf_init(&name);
    strbuf_init(&value);
    if (selector->labels.len == SELECTOR_LABELS_MAX)
        return fail(reader, "too many labels");
    int code = read_label_name(reader, &name, &quoted);
    if (code != 0)
        return code;
    skip_blank(reader);
    if (quoted && (*reader->at == ',' || *reader->at == '}')) {
        set_name(selector, name.data);
        return 0;
    }
    code = read_label_value(reader, &value);
    if (code != 0)
        return code;
    if (strcmp(name.data, "__name__") == 0)
        set_name(selector, value.data);
    else
        text_map_append(&selector->labels, name.data, value.data);
    return 0;
}

/* From behind the "{" to behind the "}". */
static int read_labels(struct reader *reader, struct selector *selector)
{
    skip_blank(reader);
    while (*reader->at != '}') {
        int code = read_label(reader, selector);
        if (code != 0)
            return code;
        skip_blank(reader);
        if (*reader->at != ',' && *reader->at != '}')
            return fail(reader, "expected \",\" or \"}\"");
        reader->at += *reader->at == ',';
        skip_blank(reader);
    }
    reader->at++;
    return 0;
}

static int read_selector(struct reader *reader, struct selector *selector)
{
    skip_blank(reader);
    const char *name = reader->at;
    size_t len = identifier_len(name, true);
    if (is_reserved(name, len))
        return fail(reader, "a word of PromQL, not a metric's name");
    reader->at += len;
    skip_blank(reader);
    if (*reader->at == '{') {
        reader->at++;
        int code = read_labels(reader, selector);
        if (code != 0)
            return code;
        skip_blank(reader);
    } else if (len == 0) {
        return fail(reader, "expected a metric's name or \"{\"");
    }
    if (*reader->at)
        return fail(reader, "expected nothing more");
    if (len > 0) {
        AUTO_FREE char *copy = mem_strndup(name, len);
        set_name(selector, copy);
    }
    return 0;
}

int selector_parse(const char *text, struct selector *ret, struct err *err)
{
    struct reader reader = {.start = text, .at = text, .err = err};
    struct selector selector = {.name = mem_strdup("")};
    int code = read_selector(&reader, &selector);
    if (code != 0) {
        selector_done(&selector);
        return code;
    }
    *ret = selector;
    return 0;
}

void selector_done(struct selector *selector)
{
    mem_free(selector->name);
    text_map_done(&selector->labels);
    *selector = (struct selector){0};
}
