/* Owns multipaths: "[a,b]" and "{a,"name":b}" build a new array or object out of several paths. */
#include "scalers/shared/document/gjson_internal.h"

/* Through the members of a multipath, whose first character is its bracket. */
struct members {
    struct gjson_span path;
    size_t i, start, colon;
    bool modifier; /* inside a modifier's argument: a ':' is its own */
    bool closed;
};

static void skip_quoted(struct members *members)
{
    for (members->i++; members->i < members->path.len && members->path.at[members->i] != '"'; members->i++)
        members->i += members->path.at[members->i] == '\\';
}

static void end_member(struct members *members, struct gjson_span *ret_name, struct gjson_span *ret_path)
{
    size_t from = members->colon ? members->colon + 1 : members->start;
    *ret_name = gjson_cut(members->path, members->start, members->colon ? members->colon : members->start);
    *ret_path = gjson_cut(members->path, from, members->i);
    members->colon = 0;
    members->modifier = false;
    members->start = ++members->i;
}

/* False: no member any more, closed or not. */
static bool next_member(struct members *members, struct gjson_span *ret_name, struct gjson_span *ret_path)
{
    struct gjson_span path = members->path;
    size_t depth = 1;
    for (; members->i < path.len && !members->closed; members->i++) {
        char c = path.at[members->i], before = path.at[members->i - 1];
        if (c == '\\') {
            members->i++;
        } else if (c == '@') {
            members->modifier = members->modifier || before == '.' || before == '|';
        } else if (c == ':' && !members->modifier && !members->colon && depth == 1) {
            members->colon = members->i;
        } else if (c == '"') {
            skip_quoted(members);
        } else if (c == '[' || c == '(' || c == '{') {
            depth++;
        } else if (c == ']' || c == ')' || c == '}') {
            depth--;
            members->closed = depth == 0;
        }
        if (members->closed || (c == ',' && depth == 1)) {
            end_member(members, ret_name, ret_path);
            return true;
        }
    }
    return false;
}

/* What stands behind the closing bracket; false: there is none. */
static bool find_rest(struct gjson_span path, struct gjson_span *ret)
{
    struct members members = {.path = path, .i = 1, .start = 1};
    struct gjson_span name, member;
    while (next_member(&members, &name, &member))
        continue;
    if (!members.closed)
        return false;
    *ret = gjson_from(path, members.i);
    return true;
}

static struct gjson_span last_component(struct gjson_span path)
{
    for (size_t i = path.len; i > 0; i--) {
        char c = path.at[i - 1];
        if ((c == '|' || c == '.') && !(i > 1 && path.at[i - 2] == '\\'))
            return gjson_from(path, i);
    }
    return path;
}

static bool is_simple(struct gjson_span name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.at[i] < ' ' || strchr("[]{}()#|!", name.at[i]))
            return false;
    return true;
}

static void add_name(struct gjson_run *run, struct strbuf *out, struct gjson_span name,
                     struct gjson_span path)
{
    struct gjson_span last = last_component(path);
    if (gjson_starts(name, '"') && gjson_valid(run, name))
        gjson_add(out, name);
    else if (name.len > 0)
        gjson_add_quoted(out, name);
    else
        gjson_add_quoted(out, is_simple(last) ? last : gjson_span("_"));
    strbuf_append_c(out, ':');
}

static void add_member(struct gjson_run *run, struct strbuf *out, bool object, struct gjson_span name,
                       struct gjson_span path, const struct gjson_value *value)
{
    strbuf_append(out, out->len > 1 ? "," : "");
    if (object)
        add_name(run, out, name, path);
    struct gjson_span raw = value->raw.len > 0 ? value->raw : gjson_string(run, value);
    gjson_add(out, raw.len > 0 ? raw : gjson_span("null"));
}

bool gjson_multipath(struct gjson_run *run, struct gjson_span json, struct gjson_span *path,
                     struct gjson_value *ret)
{
    struct members members = {.path = *path, .i = 1, .start = 1};
    struct gjson_span name, member, rest;
    bool closed = find_rest(*path, &rest);
    *path = closed ? rest : gjson_span("");
    if (!closed || (rest.len > 0 && rest.at[0] != '|' && rest.at[0] != '.'))
        return false;
    bool object = members.path.at[0] == '{';
    AUTO_STRBUF struct strbuf out;
    strbuf_init_max(&out, GJSON_MAX_MEMORY);
    strbuf_append_c(&out, members.path.at[0]);
    while (!run->failed && next_member(&members, &name, &member)) {
        struct gjson_value value = gjson_eval(run, json, member);
        if (gjson_exists(&value))
            add_member(run, &out, object, name, member, &value);
    }
    strbuf_append_c(&out, object ? '}' : ']');
    *ret = (struct gjson_value){.type = GJSON_JSON, .raw = gjson_keep(run, &out)};
    if (rest.len > 0)
        *ret = gjson_eval(run, ret->raw, gjson_from(rest, 1));
    return true;
}
