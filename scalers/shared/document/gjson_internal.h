/* What the files of the GJSON reader share. Inner to metrics_api/gjson*. */
#ifndef SCALERS_SHARED_DOCUMENT_GJSON_INTERNAL_H
#define SCALERS_SHARED_DOCUMENT_GJSON_INTERNAL_H

#include <stdint.h>
#include <string.h>

#include "scaler/base/strbuf.h"
#include "scalers/shared/document/gjson.h"

#define GJSON_MAX_DEPTH  400
#define GJSON_MAX_WORK   ((uint64_t)96 << 20) /* bytes looked at: a tenth of a second or two */
#define GJSON_MAX_MEMORY ((size_t)64 << 20)
#define GJSON_MAX_PATH   ((size_t)64 << 10)

/* One evaluation. Once it has failed, everything returns early with whatever is at hand; gjson_get reports
 * it. */
struct gjson_run {
    struct gjson_block *blocks;
    size_t memory;
    uint64_t work;
    int depth;
    const char *failed; /* why; NULL: not */
};

static inline struct gjson_span gjson_span(const char *text)
{
    return (struct gjson_span){text, strlen(text)};
}

static inline struct gjson_span gjson_cut(struct gjson_span span, size_t from, size_t to)
{
    to = to < span.len ? to : span.len;
    from = from < to ? from : to;
    return (struct gjson_span){span.at + from, to - from};
}

static inline struct gjson_span gjson_from(struct gjson_span span, size_t from)
{
    return gjson_cut(span, from, span.len);
}

static inline bool gjson_same(struct gjson_span a, struct gjson_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool gjson_is(struct gjson_span span, const char *text)
{
    return gjson_same(span, gjson_span(text));
}

static inline bool gjson_starts(struct gjson_span span, char c)
{
    return span.len > 0 && span.at[0] == c;
}

static inline bool gjson_exists(const struct gjson_value *value)
{
    return value->type != GJSON_NULL || value->raw.len > 0;
}

/* gjson.c */
bool gjson_spend(struct gjson_run *run, size_t bytes); /* false: failed, now or before */
bool gjson_enter(struct gjson_run *run);               /* true: gjson_leave must follow */
void gjson_leave(struct gjson_run *run);
char *gjson_alloc(struct gjson_run *run, size_t len); /* NULL: failed */
/* Copies what buf holds; empty when that failed. The caller still frees buf. */
struct gjson_span gjson_keep(struct gjson_run *run, const struct strbuf *buf);
struct gjson_value gjson_eval(struct gjson_run *run, struct gjson_span json, struct gjson_span path);

/* gjson_scan.c: values in text. */
struct gjson_token {
    enum gjson_type type;
    struct gjson_span raw;
    bool escaped; /* a string with a backslash in it */
};

enum gjson_lead { GJSON_LEAD_NONE, GJSON_LEAD_STRING, GJSON_LEAD_NESTED, GJSON_LEAD_WORD, GJSON_LEAD_NUMBER };

/* What begins at i. */
enum gjson_lead gjson_lead(struct gjson_span json, size_t i);
/* From behind an opening quote to behind the closing one; false: there is none. */
bool gjson_scan_string(struct gjson_span json, size_t *i, bool *ret_escaped);
/* From an opening bracket (or whatever stands there) to behind the one that closes it. When there is none:
 * json.len, or one more if a string is unclosed too. */
size_t gjson_scan_nested(struct gjson_span json, size_t i);
/* Length of the bracketed or quoted piece json begins with. */
size_t gjson_piece_len(struct gjson_span json);
/* Reads the token at *i, which leads one. False: a string without end. */
bool gjson_scan_token(struct gjson_run *run, struct gjson_span json, size_t *i, struct gjson_token *ret);
struct gjson_value gjson_fill(struct gjson_run *run, const struct gjson_token *token);
/* The next value at or behind *i, whatever stands before it. */
bool gjson_scan_any(struct gjson_run *run, struct gjson_span json, size_t *i, struct gjson_value *ret);
/* The text as one value; an object or array is all of the rest. */
struct gjson_value gjson_parse(struct gjson_run *run, struct gjson_span json);
struct gjson_span gjson_unescape(struct gjson_run *run, struct gjson_span text);
double gjson_number(struct gjson_run *run, struct gjson_span text);
struct gjson_span gjson_trim(struct gjson_span span);

/* gjson_each.c: members of a value, and what values print as. */
struct gjson_each {
    struct gjson_value value;
    size_t i;
    bool object, begun, ended;
};
void gjson_each_init(struct gjson_each *each, const struct gjson_value *value);
/* key: of type GJSON_STRING in objects. */
bool gjson_each_next(struct gjson_run *run, struct gjson_each *each, struct gjson_value *ret_key,
                     struct gjson_value *ret_value);
struct gjson_span gjson_string(struct gjson_run *run, const struct gjson_value *value);
bool gjson_bool(const struct gjson_value *value);
bool gjson_word_bool(struct gjson_span text, bool *ret); /* 1 t true 0 f false, any case; false: none */
bool gjson_is_object(const struct gjson_value *value);
bool gjson_is_array(const struct gjson_value *value);
void gjson_add(struct strbuf *out, struct gjson_span span);
void gjson_add_quoted(struct strbuf *out, struct gjson_span text);
bool gjson_valid(struct gjson_run *run, struct gjson_span json);

/* gjson_path.c: one step of a path. */
struct gjson_step {
    struct gjson_span part; /* key, index or '#…' */
    struct gjson_span path; /* the rest, when more */
    struct gjson_span pipe; /* the rest, when piped: looked up in this step's result */
    bool piped, more;
    bool wild;   /* objects: the part is a pattern */
    bool counts; /* arrays: a '#' is in the part */
    bool each;   /* "#.rest": each_path of every element */
    struct gjson_span each_path;
    bool query, query_all; /* "#(…)", "#(…)#" */
    struct gjson_span query_path, query_op, query_value;
};
struct gjson_step gjson_object_step(struct gjson_run *run, struct gjson_span path);
struct gjson_step gjson_array_step(struct gjson_run *run, struct gjson_span path);
/* "left|right", outside of queries. */
bool gjson_split_pipe(struct gjson_span path, struct gjson_span *ret_left, struct gjson_span *ret_right);

/* gjson_walk.c */
struct gjson_walk {
    struct gjson_run *run;
    struct gjson_span json;
    struct gjson_value value;
    struct gjson_span pipe;
    bool piped;
};
size_t gjson_walk_object(struct gjson_walk *walk, size_t i, struct gjson_span path, bool *ret_hit);
/* gjson_array.c */
size_t gjson_walk_array(struct gjson_walk *walk, size_t i, struct gjson_span path, bool *ret_hit);

/* gjson_match.c: glob patterns; queries. */
bool gjson_match(struct gjson_run *run, struct gjson_span text, struct gjson_span pattern);
bool gjson_query_matches(struct gjson_run *run, const struct gjson_step *step, struct gjson_value value);

/* gjson_modifier.c: "@name:arg" and "!literal" at the front of path. False: none, look the path up. */
bool gjson_modifier_exists(struct gjson_span name);
bool gjson_modify(struct gjson_run *run, struct gjson_span json, struct gjson_span path,
                  struct gjson_span *ret_json, struct gjson_span *ret_rest);
bool gjson_literal(struct gjson_span path, struct gjson_span *ret_json, struct gjson_span *ret_rest);
/* gjson_pretty.c */
struct gjson_span gjson_pretty(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
struct gjson_span gjson_ugly(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
/* gjson_multi.c: "[a,b]" and "{a,b}". False: none; *path is then what is left to look up. */
bool gjson_multipath(struct gjson_run *run, struct gjson_span json, struct gjson_span *path,
                     struct gjson_value *ret);

#endif
