/* Builtins on strings. Upper and lower case are those of ASCII. */
#include <string.h>

#include "scaler/formula/format.h"
#include "scaler/formula/vm.h"

static bool need_text(struct vm *vm, struct value value)
{
    return value.type == VALUE_STRING || vm_fail(vm, "a string is needed, not %s", value_type_name(value));
}

static bool need_texts(struct vm *vm, const struct value *arguments, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!need_text(vm, arguments[i]) || !vm_work(vm, arguments[i].len / 2))
            return false;
    return true;
}

static bool holds_at(struct value text, size_t at, struct value part)
{
    return part.len <= text.len - at && (part.len == 0 || memcmp(text.text + at, part.text, part.len) == 0);
}

/* Where part first stands in text from `at` on; text.len + 1: nowhere. */
static size_t find_from(struct value text, size_t at, struct value part)
{
    if (part.len == 0)
        return at;
    const char *found = memmem(text.text + at, text.len - at, part.text, part.len);
    return found ? (size_t)(found - text.text) : (size_t)text.len + 1;
}

static size_t character_width(struct value text, size_t at)
{
    size_t width = 1;
    while (at + width < text.len && ((unsigned char)text.text[at + width] & 0xc0) == 0x80)
        width++;
    return width;
}

static bool do_type(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    const char *name = format_type_name(arguments[0]);
    (void)vm;
    (void)count;
    *ret = value_text(name, strlen(name));
    return true;
}

static bool do_string(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    (void)count;
    return format_value(vm, arguments[0], ret);
}

static struct value sub_text(struct value text, size_t from, size_t to)
{
    return value_text(text.text + from, to - from);
}

static bool is_space(struct value text, size_t at, size_t width)
{
    static const char *const wide[] = {"\xc2\x85", "\u00a0", "\u1680", "\u2028", "\u2029", "\u202f", "\u205f",
                                       "\u3000",   "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005",
                                       "\u2006",   "\u2007", "\u2008", "\u2009", "\u200a"};
    if (width == 1)
        return strchr(" \t\n\v\f\r", text.text[at]) && text.text[at];
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        if (strlen(wide[i]) == width && memcmp(wide[i], text.text + at, width) == 0)
            return true;
    return false;
}

/* set nil: white space. */
static bool is_trimmed(struct value text, size_t at, size_t width, struct value set)
{
    if (set.type == VALUE_NIL)
        return is_space(text, at, width);
    return set.len && memmem(set.text, set.len, text.text + at, width) != NULL;
}

static bool do_trim(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value text = arguments[0], set = count == 2 ? arguments[1] : (struct value){.type = VALUE_NIL};
    if (!need_texts(vm, arguments, count))
        return false;
    size_t from = 0, to = text.len;
    while (from < to && is_trimmed(text, from, character_width(text, from), set))
        from += character_width(text, from);
    while (to > from) {
        size_t at = to - 1;
        while (at > from && ((unsigned char)text.text[at] & 0xc0) == 0x80)
            at--;
        if (!is_trimmed(text, at, to - at, set))
            break;
        to = at;
    }
    *ret = sub_text(text, from, to);
    return vm_work(vm, (uint64_t)(text.len - (to - from)) * (set.type == VALUE_NIL ? 1 : set.len / 16 + 1));
}

static bool do_trim_prefix(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value text = arguments[0], part = count == 2 ? arguments[1] : value_text(" ", 1);
    if (!need_texts(vm, arguments, count))
        return false;
    *ret = holds_at(text, 0, part) ? sub_text(text, part.len, text.len) : text;
    return true;
}

static bool do_trim_suffix(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value text = arguments[0], part = count == 2 ? arguments[1] : value_text(" ", 1);
    if (!need_texts(vm, arguments, count))
        return false;
    bool holds = part.len <= text.len && holds_at(text, text.len - part.len, part);
    *ret = holds ? sub_text(text, 0, text.len - part.len) : text;
    return true;
}

/* Shifts the ASCII letters from first to first + 25 by `by`. */
static bool change_case(struct vm *vm, const struct value *arguments, char first, int by, struct value *ret)
{
    struct value text = arguments[0];
    char *out = need_texts(vm, arguments, 1) ? vm_alloc(vm, text.len + 1u, 1) : NULL;
    if (!out)
        return false;
    for (uint32_t i = 0; i < text.len; i++)
        out[i] = (char)(text.text[i] + (text.text[i] >= first && text.text[i] < first + 26 ? by : 0));
    *ret = value_text(out, text.len);
    return true;
}

static bool do_upper(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    (void)count;
    return change_case(vm, arguments, 'a', 'A' - 'a', ret);
}

static bool do_lower(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    (void)count;
    return change_case(vm, arguments, 'A', 'a' - 'A', ret);
}

/* A limit: how many at most; negative: all. */
static bool read_limit(struct vm *vm, const struct value *arguments, uint32_t count, uint32_t at,
                       int64_t *ret)
{
    *ret = -1;
    return count <= at || vm_to_int(vm, arguments[at], ret);
}

/* The pieces of text: between separators, or each character if the separator is empty. Counts them, and
 * writes them if there is room. keep: separators stay at the end of their piece. */
static uint64_t pieces(struct value text, struct value separator, int64_t limit, bool keep, struct value *out)
{
    uint64_t len = 0;
    size_t at = 0;
    while (limit < 0 || (int64_t)len + 1 < limit) {
        size_t end = separator.len   ? find_from(text, at, separator)
                     : at < text.len ? at + character_width(text, at)
                                     : text.len;
        if (end > text.len || (separator.len == 0 && end >= text.len))
            break;
        if (out)
            out[len] = sub_text(text, at, keep ? end + separator.len : end);
        len++;
        at = end + separator.len;
    }
    if (separator.len == 0 && text.len == 0)
        return 0;
    if (out)
        out[len] = sub_text(text, at, text.len);
    return len + 1;
}

static bool split(struct vm *vm, const struct value *arguments, uint32_t count, bool keep, struct value *ret)
{
    int64_t limit;
    if (!need_texts(vm, arguments, 2) || !read_limit(vm, arguments, count, 2, &limit))
        return false;
    uint64_t len = limit == 0 ? 0 : pieces(arguments[0], arguments[1], limit, keep, NULL);
    struct value *items = vm_items(vm, len);
    if (items && len)
        pieces(arguments[0], arguments[1], limit, keep, items);
    *ret = value_array(items, (size_t)len);
    return items != NULL;
}

static bool do_split(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    return split(vm, arguments, count, false, ret);
}

static bool do_split_after(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    return split(vm, arguments, count, true, ret);
}

struct writer {
    char *out; /* NULL: only counts */
    uint64_t len;
};

static void put(struct writer *writer, const char *text, size_t len)
{
    if (writer->out && len)
        memcpy(writer->out + writer->len, text, len);
    writer->len += len;
}

/* An empty `old` stands before each character and at the end. */
static void replace(struct value text, struct value old, struct value new, int64_t limit,
                    struct writer *writer)
{
    size_t at = 0;
    for (bool first = true; limit != 0; first = false) {
        size_t from = at;
        if (old.len == 0 && !first)
            from = at < text.len ? at + character_width(text, at) : (size_t)text.len + 1;
        size_t found = from > text.len ? from : find_from(text, from, old);
        if (found > text.len)
            break;
        put(writer, text.text + at, found - at);
        put(writer, new.text, new.len);
        at = found + old.len;
        limit -= limit > 0;
    }
    put(writer, text.text + at, text.len - at);
}

static bool do_replace(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    int64_t limit;
    struct writer writer = {0};
    if (!need_texts(vm, arguments, 3) || !read_limit(vm, arguments, count, 3, &limit))
        return false;
    replace(arguments[0], arguments[1], arguments[2], limit, &writer);
    if (writer.len > SCRATCH_BYTES_MAX || !vm_work(vm, writer.len / 16))
        return vm_fail(vm, "the formula needs too much memory");
    uint64_t len = writer.len;
    writer = (struct writer){.out = vm_alloc(vm, (size_t)len + 1, 1)};
    if (!writer.out)
        return false;
    replace(arguments[0], arguments[1], arguments[2], limit, &writer);
    *ret = value_text(writer.out, (size_t)len);
    return true;
}

static bool do_repeat(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value text = arguments[0];
    int64_t times;
    (void)count;
    if (!need_text(vm, text) || !vm_to_int(vm, arguments[1], &times))
        return false;
    if (times < 0)
        return vm_fail(vm, "repeat: %lld times is not possible", (long long)times);
    if (times > VM_ELEMENTS_MAX || !vm_charge(vm, (uint64_t)times * text.len))
        return vm_fail(vm, "repeat makes too long a string");
    struct writer writer = {.out = vm_alloc(vm, (size_t)times * text.len + 1, 1)};
    if (!writer.out)
        return false;
    for (int64_t i = 0; i < times && text.len; i++)
        put(&writer, text.text, text.len);
    *ret = value_text(writer.out, (size_t)writer.len);
    return true;
}

static void join(struct value array, struct value glue, struct writer *writer)
{
    for (uint32_t i = 0; i < array.len; i++) {
        struct value piece = value_at(array, i);
        if (i)
            put(writer, glue.text, glue.len);
        put(writer, piece.text, piece.len);
    }
}

static bool do_join(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value array = arguments[0], glue = count == 2 ? arguments[1] : value_text("", 0);
    struct writer writer = {0};
    if (!value_is_array(array) || !need_text(vm, glue))
        return value_is_array(array) ? false : vm_fail(vm, "join needs an array of strings");
    for (uint32_t i = 0; i < array.len; i++)
        if (!need_text(vm, value_at(array, i)))
            return false;
    join(array, glue, &writer);
    if (writer.len > SCRATCH_BYTES_MAX || !vm_work(vm, array.len + writer.len / 16))
        return vm_fail(vm, "the formula needs too much memory");
    writer = (struct writer){.out = vm_alloc(vm, (size_t)writer.len + 1, 1)};
    if (!writer.out)
        return false;
    join(array, glue, &writer);
    *ret = value_text(writer.out, (size_t)writer.len);
    return true;
}

static bool do_index_of(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    if (!need_texts(vm, arguments, count))
        return false;
    size_t found = find_from(arguments[0], 0, arguments[1]);
    *ret = value_int(found > arguments[0].len ? -1 : (int64_t)found);
    return true;
}

static bool do_last_index_of(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value text = arguments[0], part = arguments[1];
    int64_t found = -1;
    if (!need_texts(vm, arguments, count))
        return false;
    for (int64_t at = (int64_t)text.len - part.len; at >= 0 && found < 0; at--) {
        if (!vm_work(vm, 1 + part.len / 16)) /* each place may cost all of it */
            return false;
        if (holds_at(text, (size_t)at, part))
            found = at;
    }
    *ret = value_int(found);
    return true;
}

static bool do_has_prefix(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    if (!need_texts(vm, arguments, count))
        return false;
    *ret = value_bool(holds_at(arguments[0], 0, arguments[1]));
    return true;
}

static bool do_has_suffix(struct vm *vm, const struct value *arguments, uint32_t count, struct value *ret)
{
    struct value text = arguments[0], part = arguments[1];
    if (!need_texts(vm, arguments, count))
        return false;
    *ret = value_bool(part.len <= text.len && holds_at(text, text.len - part.len, part));
    return true;
}

const do_fn do_text[BUILTIN_COUNT_OF] = {
    [BUILTIN_TYPE] = do_type,
    [BUILTIN_STRING] = do_string,
    [BUILTIN_TRIM] = do_trim,
    [BUILTIN_TRIM_PREFIX] = do_trim_prefix,
    [BUILTIN_TRIM_SUFFIX] = do_trim_suffix,
    [BUILTIN_UPPER] = do_upper,
    [BUILTIN_LOWER] = do_lower,
    [BUILTIN_SPLIT] = do_split,
    [BUILTIN_SPLIT_AFTER] = do_split_after,
    [BUILTIN_REPLACE] = do_replace,
    [BUILTIN_REPEAT] = do_repeat,
    [BUILTIN_JOIN] = do_join,
    [BUILTIN_INDEX_OF] = do_index_of,
    [BUILTIN_LAST_INDEX_OF] = do_last_index_of,
    [BUILTIN_HAS_PREFIX] = do_has_prefix,
    [BUILTIN_HAS_SUFFIX] = do_has_suffix,
};
