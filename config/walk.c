/* Owns the path of a walk and how findings are placed. The table walker is fields.c. */
#include "config/walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PATH_MAX_BYTES    1024
#define FINDING_MAX_BYTES 1024

void walk_init(struct walk *walk, const char *file, struct diag_list *diags)
{
    *walk = (struct walk){.file = file, .diags = diags};
    strbuf_init_max(&walk->path, PATH_MAX_BYTES);
}

void walk_done(struct walk *walk)
{
    strbuf_done(&walk->path);
}

static bool is_plain_word(const char *key)
{
    return *key && !key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")];
}

size_t walk_enter(struct walk *walk, const char *key)
{
    size_t before = walk->path.len;
    if (!is_plain_word(key))
        strbuf_printf(&walk->path, "[%.120s]", key);
    else
        strbuf_printf(&walk->path, "%s%.120s", before ? "." : "", key);
    return before;
}

size_t walk_enter_index(struct walk *walk, size_t index)
{
    size_t before = walk->path.len;
    strbuf_printf(&walk->path, "[%zu]", index);
    return before;
}

void walk_leave(struct walk *walk, size_t before)
{
    walk->path.len = before;
    walk->path.data[before] = '\0';
    walk->path.overflow = false;
}

struct config_mark walk_mark(const struct walk *walk, const struct yaml_node *node)
{
    return walk->fixed.line ? walk->fixed : (struct config_mark){.line = node->line, .column = node->column};
}

__attribute__((format(printf, 4, 0))) static void report(struct walk *walk, enum diag_severity severity,
                                                         const struct yaml_node *node, const char *fmt,
                                                         va_list args)
{
    char text[FINDING_MAX_BYTES];
    struct config_mark mark = walk_mark(walk, node);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    walk->errors += severity == DIAG_ERROR;
    diag_add(walk->diags, severity, walk->file, mark.line, mark.column, walk->path.data, "%s", text);
}

__attribute__((format(printf, 5, 0))) static void report_at(struct walk *walk, enum diag_severity severity,
                                                            const struct yaml_node *map, const char *key,
                                                            const char *fmt, va_list args)
{
    const struct yaml_node *node = yaml_get(map, key);
    size_t before = walk_enter(walk, key);
    report(walk, severity, node ? node : map, fmt, args);
    walk_leave(walk, before);
}

void walk_error(struct walk *walk, const struct yaml_node *node, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report(walk, DIAG_ERROR, node, fmt, args);
    va_end(args);
}

void walk_warn(struct walk *walk, const struct yaml_node *node, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report(walk, DIAG_WARNING, node, fmt, args);
    va_end(args);
}

void walk_error_at(struct walk *walk, const struct yaml_node *map, const char *key, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report_at(walk, DIAG_ERROR, map, key, fmt, args);
    va_end(args);
}

void walk_warn_at(struct walk *walk, const struct yaml_node *map, const char *key, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report_at(walk, DIAG_WARNING, map, key, fmt, args);
    va_end(args);
}

bool walk_expect(struct walk *walk, const struct yaml_node *node, enum yaml_kind kind)
{
    if (node->kind == kind)
        return true;
    bool quote =
        kind == YAML_STRING && node->kind != YAML_LIST && node->kind != YAML_MAP && node->kind != YAML_NULL;
    walk_error(walk, node, "must be %s, not %s%s", yaml_kind_name(kind), yaml_kind_name(node->kind),
               quote ? "; put it in quotes" : "");
    return false;
}
