/* Owns the bytes and tokens of the text exposition format. */
#include <ctype.h>
#include <string.h>

#include "scaler/base/number.h"
#include "scaler/base/text.h"
#include "scalers/metrics_api/exposition_internal.h"

int exposition_fail(struct exposition *expo, const char *what)
{
    return err_set(expo->err, ERR_PROTOCOL, "line %u of the metrics: %s", expo->line, what);
}

int exposition_cut_off(struct exposition *expo)
{
    return exposition_fail(expo, "the text ends within a line");
}

/* CRLF counts as LF, and a last line may lack its own. */
void exposition_next(struct exposition *expo)
{
    if (expo->at + 1 < expo->len && expo->bytes[expo->at] == '\r' && expo->bytes[expo->at + 1] == '\n')
        expo->at++;
    if (expo->at < expo->len) {
        expo->byte = (unsigned char)expo->bytes[expo->at++];
        return;
    }
    bool add = !expo->added_newline && expo->len > 0 && expo->bytes[expo->len - 1] != '\n';
    expo->added_newline = true;
    expo->byte = add ? '\n' : -1;
}

bool exposition_is_blank(int c)
{
    return c == ' ' || c == '\t';
}

void exposition_skip_blank(struct exposition *expo)
{
    do
        exposition_next(expo);
    while (exposition_is_blank(expo->byte));
}

int exposition_word(struct exposition *expo)
{
    strbuf_reset(&expo->token);
    for (; expo->byte >= 0 && !exposition_is_blank(expo->byte) && expo->byte != '\n'; exposition_next(expo))
        strbuf_append_c(&expo->token, (char)expo->byte);
    return expo->byte < 0 ? exposition_cut_off(expo) : 0;
}

/* What a backslash and this byte stand for; 0: nothing. */
static char unescape(int c)
{
    return c == 'n' ? '\n' : c == '\\' || c == '"' ? (char)c : '\0';
}

static int add_escaped(struct exposition *expo)
{
    char c = unescape(expo->byte);
    if (c == '\0')
        return exposition_fail(expo, "an invalid escape sequence");
    strbuf_append_c(&expo->token, c);
    return 0;
}

int exposition_rest(struct exposition *expo, bool escapes)
{
    bool escaped = false;
    strbuf_reset(&expo->token);
    for (; expo->byte >= 0; exposition_next(expo)) {
        if (escaped) {
            int code = add_escaped(expo);
            if (code != 0)
                return code;
            escaped = false;
        } else if (expo->byte == '\n') {
            return 0;
        } else if (expo->byte == '\\') {
            escaped = escapes;
        } else {
            strbuf_append_c(&expo->token, (char)expo->byte);
        }
    }
    return exposition_cut_off(expo);
}

static bool starts_name(int c, bool colons)
{
    return c >= 0 && c < 0x80 && (isalpha(c) || c == '_' || c == '"' || (colons && c == ':'));
}

static bool continues_name(int c, bool colons, bool quoted)
{
    return c >= 0 && (starts_name(c, colons) || (c < 0x80 && isdigit(c)) || quoted);
}

/* One byte of a name that is not escaped. *ret_done: it closed the quotes. */
static int take_name_byte(struct exposition *expo, bool *quoted, bool *escaped, bool *ret_done)
{
    if (expo->byte == '"') {
        *quoted = !*quoted;
        *ret_done = !*quoted;
    } else if (expo->byte == '\n') {
        return exposition_fail(expo, "a line break within a name");
    } else if (expo->byte == '\\') {
        *escaped = true;
    } else {
        strbuf_append_c(&expo->token, (char)expo->byte);
    }
    return 0;
}

int exposition_name(struct exposition *expo, bool colons)
{
    bool quoted = false, escaped = false, done = !starts_name(expo->byte, colons);
    strbuf_reset(&expo->token);
    while (!done) {
        int code = 0;
        if (escaped) {
            code = add_escaped(expo);
            escaped = false;
        } else {
            code = take_name_byte(expo, &quoted, &escaped, &done);
        }
        if (code != 0)
            return code;
        exposition_next(expo);
        done = done || !continues_name(expo->byte, colons, quoted);
    }
    return expo->byte < 0 ? exposition_cut_off(expo) : 0;
}

int exposition_label_value(struct exposition *expo)
{
    strbuf_reset(&expo->token);
    while (true) {
        exposition_next(expo);
        if (expo->byte < 0)
            return exposition_cut_off(expo);
        if (expo->byte == '"')
            break;
        if (expo->byte == '\n')
            return exposition_fail(expo, "a line break within a label value");
        if (expo->byte == '\\') {
            exposition_next(expo);
            int code = expo->byte < 0 ? exposition_cut_off(expo) : add_escaped(expo);
            if (code != 0)
                return code;
        } else {
            strbuf_append_c(&expo->token, (char)expo->byte);
        }
    }
    if (!text_is_utf8(expo->token.data, expo->token.len))
        return exposition_fail(expo, "a label value that is not UTF-8");
    return 0;
}

/* Go's grammar without hexadecimal floats and underscores. */
int exposition_float(struct exposition *expo, double *ret, const char *what)
{
    const struct strbuf *token = &expo->token;
    if (strlen(token->data) != token->len || strpbrk(token->data, "pP_") ||
        number_parse_go_float(token->data, ret, NULL) != 0)
        return exposition_fail(expo, what);
    return 0;
}
