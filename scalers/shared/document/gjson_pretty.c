/* Owns @ugly and @pretty. What either does to broken JSON is kept (which members survive, and in which order
 * with "sortKeys"); @pretty's line breaks and indentation are not, for no value can depend on them. */
#include <math.h>
#include <stdlib.h>

#include "scaler/base/mem.h"
#include "scalers/shared/document/gjson_internal.h"
#include "scalers/shared/document/gjson_modifiers.h"

struct gjson_span gjson_ugly(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    (void)arg;
    char *bytes = gjson_alloc(run, json.len + 1);
    size_t len = 0;
    bool escaped;
    if (!bytes)
        return gjson_span("");
    for (size_t i = 0; i < json.len; i++) {
        size_t start = i;
        if ((unsigned char)json.at[i] <= ' ')
            continue;
        if (json.at[i] == '"') {
            i++;
            gjson_scan_string(json, &i, &escaped);
            i--;
        }
        memcpy(bytes + len, json.at + start, i + 1 - start);
        len += i + 1 - start;
    }
    return (struct gjson_span){bytes, len};
}

struct printer {
    struct gjson_run *run;
    struct gjson_span json;
    struct strbuf out;
    bool sort;
};

/* A member of an object that is sorted: where it stands in out. */
struct member {
    struct gjson_span key; /* in the source */
    size_t start, value, end;
    const char *out; /* base of the offsets, once out has stopped growing */
    struct gjson_run *run;
};

static size_t print_any(struct printer *printer, size_t i);

static size_t print_string(struct printer *printer, size_t i)
{
    size_t start = i++;
    bool escaped;
    gjson_scan_string(printer->json, &i, &escaped);
    gjson_add(&printer->out, gjson_cut(printer->json, start, i));
    return i;
}

static size_t print_number(struct printer *printer, size_t i)
{
    size_t start = i++;
    while (i < printer->json.len && (unsigned char)printer->json.at[i] > ' ' &&
           !memchr(",:]}", printer->json.at[i], 4))
        i++;
    gjson_add(&printer->out, gjson_cut(printer->json, start, i));
    return i;
}

/* Null < false < number < string < true < the rest. */
static int rank(struct gjson_span text)
{
    static const char leads[] = "n\0f\0x\0\"\0t\0";
    if (text.len == 0)
        return 0;
    for (int i = 0; i < 5; i++)
        if (leads[2 * i] == text.at[0])
            return i;
    return text.at[0] == '[' || text.at[0] == '{' ? 5 : 2;
}

static int compare_bytes(struct gjson_span a, struct gjson_span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.at, b.at, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_values(struct gjson_run *run, struct gjson_span a, struct gjson_span b)
{
    int kind = rank(a);
    if (kind != rank(b))
        return kind < rank(b) ? -1 : 1;
    if (kind == 3) {
        struct gjson_value x = gjson_parse(run, a), y = gjson_parse(run, b);
        return compare_bytes(x.text, y.text);
    }
    if (kind == 2) {
        double x = gjson_number(run, a), y = gjson_number(run, b);
        if (isnan(x) || isnan(y)) /* in front, so that there is one order */
            return !isnan(x) - !isnan(y);
        return (x > y) - (x < y);
    }
    return compare_bytes(a, b);
}

static int compare_members(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    int order = compare_values(a->run, a->key, b->key);
    if (order == 0)
        order = compare_values(a->run, (struct gjson_span){a->out + a->value, a->end - a->value},
                               (struct gjson_span){b->out + b->value, b->end - b->value});
    return order ? order : (a->start > b->start) - (a->start < b->start);
}

static void sort_members(struct printer *printer, struct member *members, size_t len)
{
    if (len < 2 || printer->run->failed || printer->out.overflow)
        return;
    size_t start = members[0].start;
    struct gjson_span base = {printer->out.data, printer->out.len};
    for (size_t i = 0; i < len; i++) {
        members[i].out = base.at;
        members[i].run = printer->run;
    }
    qsort(members, len, sizeof(members[0]), compare_members);
    AUTO_STRBUF struct strbuf sorted;
    strbuf_init_max(&sorted, GJSON_MAX_MEMORY);
    for (size_t i = 0; i < len; i++) {
        strbuf_append(&sorted, i > 0 ? "," : "");
        gjson_add(&sorted, gjson_cut(base, members[i].start, members[i].end));
    }
    memcpy(printer->out.data + start, sorted.data, sorted.len);
}

struct members {
    struct member *items;
    size_t len, cap;
};

static void remember(struct members *members, struct member member)
{
    if (members->len == members->cap) {
        members->cap = members->cap ? members->cap * 2 : 8;
        members->items = mem_realloc_array(members->items, members->cap, sizeof(member));
    }
    members->items[members->len++] = member;
}

static size_t print_member(struct printer *printer, size_t i, bool object, struct members *members)
{
    struct member member = {.start = printer->out.len};
    size_t key = i;
    if (object) {
        i = print_string(printer, i);
        strbuf_append_c(&printer->out, ':');
    }
    member.key = gjson_cut(printer->json, key, i);
    member.value = printer->out.len;
    i = print_any(printer, i);
    member.end = printer->out.len;
    if (object && printer->sort)
        remember(members, member);
    return i;
}

/* The bracket is at i. */
static size_t print_nested(struct printer *printer, size_t i)
{
    struct gjson_span json = printer->json;
    struct members members = {0};
    bool object = json.at[i] == '{', first = true;
    strbuf_append_c(&printer->out, json.at[i++]);
    while (i < json.len && !printer->run->failed) {
        char c = json.at[i];
        if (c == (object ? '}' : ']')) {
            sort_members(printer, members.items, members.len);
            strbuf_append_c(&printer->out, c);
            i++;
            break;
        }
        if ((unsigned char)c <= ' ' || (object && c != '"')) {
            i++;
            continue;
        }
        strbuf_append(&printer->out, first ? "" : ",");
        i = print_member(printer, i, object, &members);
        first = false;
    }
    mem_free(members.items);
    return i;
}

static bool is_number(struct gjson_span json, size_t i)
{
    char c = json.at[i];
    return (c >= '0' && c <= '9') || memchr("-iI+N", c, 5) ||
           (c == 'n' && i + 1 < json.len && json.at[i + 1] != 'u');
}

static size_t print_word(struct printer *printer, size_t i)
{
    const char *word = printer->json.at[i] == 't' ? "true" : printer->json.at[i] == 'f' ? "false" : "null";
    strbuf_append(&printer->out, word);
    return i + strlen(word);
}

/* The next value at or behind i. */
static size_t print_any(struct printer *printer, size_t i)
{
    struct gjson_span json = printer->json;
    size_t start = i;
    while (i < json.len && !is_number(json, i) && !memchr("\"{[tfn", json.at[i], 6))
        i++;
    if (i >= json.len || !gjson_spend(printer->run, i - start + 1))
        return json.len;
    if (json.at[i] == '"')
        return print_string(printer, i);
    if (is_number(json, i))
        return print_number(printer, i);
    if (json.at[i] != '{' && json.at[i] != '[')
        return print_word(printer, i);
    if (!gjson_enter(printer->run))
        return json.len;
    i = print_nested(printer, i);
    gjson_leave(printer->run);
    return i;
}

struct gjson_span gjson_pretty(struct gjson_run *run, struct gjson_span json, struct gjson_span arg)
{
    struct printer printer = {.run = run, .json = json, .sort = gjson_option(run, arg, "sortKeys")};
    strbuf_init_max(&printer.out, GJSON_MAX_MEMORY);
    print_any(&printer, 0);
    if (printer.out.len > 0)
        strbuf_append_c(&printer.out, '\n');
    struct gjson_span result = gjson_keep(run, &printer.out);
    strbuf_done(&printer.out);
    return result;
}
