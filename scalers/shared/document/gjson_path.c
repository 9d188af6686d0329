/* Owns the grammar of path steps: what is one key, index or query, and how the path goes on. */
#include "scalers/shared/document/gjson_internal.h"

/* "a.[b,c]", "a.{b}", "a.@name": such a dot is a pipe. */
static bool dot_is_pipe(struct gjson_span rest)
{
    if (rest.len == 0)
        return false;
    if (rest.at[0] != '@')
        return rest.at[0] == '[' || rest.at[0] == '{';
    size_t i = 1;
    while (i < rest.len && rest.at[i] != '.' && rest.at[i] != '|' && rest.at[i] != ':')
        i++;
    return gjson_modifier_exists(gjson_cut(rest, 1, i));
}

static void after_dot(struct gjson_step *step, struct gjson_span rest, bool may_pipe)
{
    if (may_pipe && dot_is_pipe(rest)) {
        step->pipe = rest;
        step->piped = true;
    } else {
        step->path = rest;
        step->more = true;
    }
}

/* The separator at i ends the step; false: it is none. */
static bool end_step(struct gjson_step *step, struct gjson_span path, size_t i, bool may_pipe)
{
    if (path.at[i] == '|') {
        step->pipe = gjson_from(path, i + 1);
        step->piped = true;
        return true;
    }
    if (path.at[i] != '.')
        return false;
    after_dot(step, gjson_from(path, i + 1), may_pipe);
    return true;
}

/* The part from its first backslash (at `from`) on: what is escaped stands for itself. */
static void escaped_part(struct gjson_run *run, struct gjson_step *step, struct gjson_span path, size_t from)
{
    char *part = gjson_alloc(run, path.len);
    if (!part)
        return;
    size_t len = from;
    memcpy(part, path.at, from);
    for (size_t i = from; i < path.len; i++) {
        if (path.at[i] == '\\') {
            if (++i < path.len)
                part[len++] = path.at[i];
            continue;
        }
        if (end_step(step, path, i, true))
            break;
        step->wild = step->wild || path.at[i] == '*' || path.at[i] == '?';
        part[len++] = path.at[i];
    }
    step->part = (struct gjson_span){part, len};
}

struct gjson_step gjson_object_step(struct gjson_run *run, struct gjson_span path)
{
    struct gjson_step step = {0};
    gjson_spend(run, path.len);
    for (size_t i = 0; i < path.len; i++) {
        if (path.at[i] == '\\') {
            escaped_part(run, &step, path, i);
            return step;
        }
        if (end_step(&step, path, i, true)) {
            step.part = gjson_cut(path, 0, i);
            return step;
        }
        step.wild = step.wild || path.at[i] == '*' || path.at[i] == '?';
    }
    step.part = path;
    return step;
}

/* Where the operator begins and the bracket closes in "#(…)"; false: it never closes. */
static bool measure_query(struct gjson_span query, size_t *ret_op, size_t *ret_end, bool *ret_escaped)
{
    size_t depth = 1;
    *ret_op = 0;
    *ret_escaped = false;
    for (size_t i = 2; i < query.len; i++) {
        char c = query.at[i];
        if (depth == 1 && *ret_op == 0 && c && strchr("!=<>%", c)) {
            *ret_op = i;
        } else if (c == '\\') {
            i++;
        } else if (c == '[' || c == '(') {
            depth++;
        } else if ((c == ']' || c == ')') && --depth == 0) {
            *ret_end = i;
            return true;
        } else if (c == '"') {
            for (i++; i < query.len && query.at[i] != '"'; i++) {
                if (query.at[i] == '\\') {
                    *ret_escaped = true;
                    i++;
                }
            }
        }
    }
    return false;
}

static size_t operator_len(struct gjson_span text)
{
    if (text.len < 2)
        return text.len;
    bool equal = text.at[1] == '=';
    bool two = (equal && text.at[0] != '%') || (text.at[0] == '!' && text.at[1] == '%');
    /* A lone '!' is no operator at all. */
    return two ? 2 : text.at[0] != '!';
}

/* path begins with "#(" or "#["; returns the position behind the bracket, 0 when it never closes. */
static size_t read_query(struct gjson_run *run, struct gjson_step *step, struct gjson_span path)
{
    size_t op, end;
    bool escaped;
    if (!measure_query(path, &op, &end, &escaped))
        return 0;
    step->query_path = gjson_trim(gjson_cut(path, 2, op ? op : end));
    if (op == 0)
        return end + 1;
    struct gjson_span text = gjson_trim(gjson_cut(path, op, end));
    size_t op_len = operator_len(text);
    step->query_op = gjson_cut(text, 0, op_len);
    if (gjson_is(step->query_op, "=="))
        step->query_op.len = 1;
    struct gjson_span value = gjson_trim(gjson_from(text, op_len));
    if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"') {
        value = gjson_cut(value, 1, value.len - 1);
        if (escaped)
            value = gjson_unescape(run, value);
    }
    step->query_value = value;
    return end + 1;
}

/* What follows a '#' at the front. Returns where to read on. */
static size_t read_counted(struct gjson_run *run, struct gjson_step *step, struct gjson_span path)
{
    if (path.len < 2)
        return 1;
    if (path.at[1] == '.') {
        step->each = true;
        step->each_path = gjson_from(path, 2);
    } else if (path.at[1] == '[' || path.at[1] == '(') {
        step->query = true;
        size_t next = read_query(run, step, path);
        if (next == 0)
            return path.len;
        step->query_all = next < path.len && path.at[next] == '#';
        return next;
    }
    return 1;
}

struct gjson_step gjson_array_step(struct gjson_run *run, struct gjson_span path)
{
    struct gjson_step step = {0};
    gjson_spend(run, path.len);
    for (size_t i = 0; i < path.len;) {
        if (end_step(&step, path, i, !step.counts)) {
            step.part = gjson_cut(path, 0, i);
            return step;
        }
        step.counts = step.counts || path.at[i] == '#';
        i = i == 0 && path.at[i] == '#' ? read_counted(run, &step, path) : i + 1;
    }
    step.part = path;
    return step;
}

/* From "#(" or "#[" at i to its closing bracket, or to the end. */
static size_t skip_selector(struct gjson_span path, size_t i)
{
    char open = path.at[i], close = open == '[' ? ']' : ')';
    size_t depth = 1;
    for (i++; i < path.len; i++) {
        if (path.at[i] == '\\') {
            i++;
        } else if (path.at[i] == open) {
            depth++;
        } else if (path.at[i] == close) {
            if (--depth == 0)
                break;
        } else if (path.at[i] == '"') {
            for (i++; i < path.len && path.at[i] != '"'; i++)
                i += path.at[i] == '\\';
        }
    }
    return i;
}

/* "{…}|rest". What is measured begins one character late; upstream does so. */
static bool split_multipath(struct gjson_span path, struct gjson_span *ret_left, struct gjson_span *ret_right)
{
    size_t len = gjson_piece_len(gjson_from(path, 1));
    if (len + 1 >= path.len || path.at[len + 1] != '|')
        return false;
    *ret_left = gjson_cut(path, 0, len + 1);
    *ret_right = gjson_from(path, len + 2);
    return true;
}

bool gjson_split_pipe(struct gjson_span path, struct gjson_span *ret_left, struct gjson_span *ret_right)
{
    if (path.len == 0 || !memchr(path.at, '|', path.len))
        return false;
    if (path.at[0] == '{')
        return split_multipath(path, ret_left, ret_right);
    for (size_t i = 0; i < path.len; i++) {
        if (path.at[i] == '\\') {
            i++;
        } else if (path.at[i] == '.' && i + 1 < path.len && path.at[i + 1] == '#') {
            i += 2;
            if (i < path.len && (path.at[i] == '[' || path.at[i] == '('))
                i = skip_selector(path, i);
        } else if (path.at[i] == '.' && i + 1 == path.len) {
            return false;
        } else if (path.at[i] == '|') {
            *ret_left = gjson_cut(path, 0, i);
            *ret_right = gjson_from(path, i + 1);
            return true;
        }
    }
    return false;
}
