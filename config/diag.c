/* Owns the list of findings. Their wording is the finders'; how they are shown is the commands'. */
#include "config/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"

#define MESSAGE_MAX_BYTES 2048

/* One printable line: findings quote the user's text, which may hold line breaks, escapes or half a
 * character. */
static char *take_printable(struct strbuf *buf)
{
    struct strbuf out;
    strbuf_init(&out);
    for (size_t i = 0; i < buf->len;) {
        size_t width = text_utf8_width(buf->data + i, buf->len - i);
        unsigned char first = (unsigned char)buf->data[i];
        if (width == 0 || first < 0x20 || first == 0x7f)
            strbuf_append_c(&out, '?');
        else
            strbuf_append_n(&out, buf->data + i, width);
        i += width ? width : 1;
    }
    strbuf_done_secret(buf);
    return strbuf_take(&out);
}

static char *printable(const char *text)
{
    struct strbuf buf;
    strbuf_init_max(&buf, MESSAGE_MAX_BYTES);
    strbuf_append(&buf, text ? text : "");
    return take_printable(&buf);
}

static struct diag *next_item(struct diag_list *list)
{
    if (list->len == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 16;
        list->items = mem_realloc_array(list->items, list->cap, sizeof(*list->items));
    }
    return &list->items[list->len++];
}

void diag_add(struct diag_list *list, enum diag_severity severity, const char *file, int line, int column,
              const char *path, const char *fmt, ...)
{
    *(severity == DIAG_ERROR ? &list->errors : &list->warnings) += 1;
    if (list->len == DIAG_MAX) {
        list->dropped++;
        return;
    }
    char message[MESSAGE_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    *next_item(list) = (struct diag){
        .severity = severity,
        .file = mem_strdup(file ? file : ""),
        .line = line,
        .column = column,
        .path = printable(path),
        .message = printable(message),
    };
}

const char *diag_without_context(const char *message, const char *context)
{
    size_t len = strlen(context);
    bool repeated = strncmp(message, context, len) == 0 && strncmp(message + len, ": ", 2) == 0;
    return repeated ? message + len + 2 : message;
}

void diag_list_done(struct diag_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->len; i++) {
        mem_free(list->items[i].file);
        mem_free(list->items[i].path);
        mem_free(list->items[i].message);
    }
    mem_free(list->items);
    *list = (struct diag_list){0};
}

/* qsort is not stable: the place in the list decides between equals, so it travels along. */
struct ranked {
    struct diag diag;
    size_t rank;
};

static int by_place(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    int order = strcmp(a->diag.file, b->diag.file);
    if (order == 0)
        order = (a->diag.line > b->diag.line) - (a->diag.line < b->diag.line);
    if (order == 0)
        order = (a->diag.column > b->diag.column) - (a->diag.column < b->diag.column);
    return order ? order : (a->rank > b->rank) - (a->rank < b->rank);
}

void diag_list_sort(struct diag_list *list)
{
    if (list->len < 2)
        return;
    struct ranked *all = mem_zalloc_array(list->len, sizeof(*all));
    for (size_t i = 0; i < list->len; i++)
        all[i] = (struct ranked){.diag = list->items[i], .rank = i};
    qsort(all, list->len, sizeof(*all), by_place);
    for (size_t i = 0; i < list->len; i++)
        list->items[i] = all[i].diag;
    mem_free(all);
}
