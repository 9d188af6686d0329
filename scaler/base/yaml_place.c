/* Owns the way back from a scalar's text to the file: which scalars stand there character by character, and
 * behind how many blanks. Messages about a place inside a text need it. */
#include "scaler/base/yaml_place.h"

#include <string.h>

#include "scaler/base/text.h"

/* Bytes of the line break at the front, as libyaml counts lines: CR LF, CR, LF, NEL, LS, PS. 0: none. */
static size_t break_width(const char *bytes, size_t len)
{
    if (*bytes == '\n')
        return 1;
    if (*bytes == '\r')
        return len > 1 && bytes[1] == '\n' ? 2 : 1;
    if (len > 1 && memcmp(bytes, "\xc2\x85", 2) == 0)
        return 2;
    if (len > 2 && (memcmp(bytes, "\xe2\x80\xa8", 3) == 0 || memcmp(bytes, "\xe2\x80\xa9", 3) == 0))
        return 3;
    return 0;
}

static size_t line_end(const struct yaml_cursor *cursor, size_t *ret_break)
{
    size_t at = cursor->offset, width = 0;
    while (at < cursor->len && (width = break_width(cursor->bytes + at, cursor->len - at)) == 0)
        at++;
    *ret_break = width;
    return at;
}

static void go_to_line(struct yaml_cursor *cursor, size_t line)
{
    while (cursor->line < line && cursor->offset < cursor->len) {
        size_t width, end = line_end(cursor, &width);
        cursor->offset = end + width;
        cursor->line++;
    }
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* An escape is longer than what it stands for: equal lengths on one line mean that there is none. */
static void place_inline(struct yaml_node *node, const yaml_event_t *event)
{
    const yaml_mark_t *start = &event->start_mark, *end = &event->end_mark;
    size_t quotes = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? 0 : 2;
    if (start->line == end->line && end->column - start->column == characters(node->text) + quotes)
        node->form = YAML_FORM_INLINE;
}

/* The indent shows at the first line that is not empty: what stands there before the text. */
static void place_lines(struct yaml_node *node, struct yaml_cursor *cursor, const yaml_event_t *event)
{
    const char *text = node->text;
    size_t line = event->start_mark.line + 1, width;
    for (; *text == '\n'; text++)
        line++;
    size_t text_len = strcspn(text, "\n");
    go_to_line(cursor, line);
    size_t source_len = line_end(cursor, &width) - cursor->offset;
    if (cursor->line != line || text_len == 0 || source_len < text_len || source_len - text_len > UINT16_MAX)
        return;
    size_t indent = source_len - text_len;
    if (memcmp(cursor->bytes + cursor->offset + indent, text, text_len) != 0)
        return;
    node->form = YAML_FORM_LINES;
    node->indent = (uint16_t)indent;
}

void yaml_place_scalar(struct yaml_node *node, struct yaml_cursor *cursor, const yaml_event_t *event)
{
    if (event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE)
        place_lines(node, cursor, event);
    else if (event->data.scalar.style != YAML_FOLDED_SCALAR_STYLE)
        place_inline(node, event);
}

bool yaml_text_place(const struct yaml_node *node, int line, int column, int *ret_line, int *ret_column)
{
    bool inline_text = node->form == YAML_FORM_INLINE && line == 1;
    bool lines = node->form == YAML_FORM_LINES;
    *ret_line = lines ? node->line + line : node->line;
    *ret_column = lines         ? node->indent + column
                  : inline_text ? node->column + node->quoted + column - 1
                                : node->column;
    return lines || inline_text;
}
