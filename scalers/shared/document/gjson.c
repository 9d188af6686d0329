/* Owns one evaluation: its memory and limits, and the order in which a path's forms are tried. */
#include "scalers/shared/document/gjson.h"

#include "scaler/base/mem.h"
#include "scalers/shared/document/gjson_internal.h"

#define BLOCK_BYTES ((size_t)16 << 10)

struct gjson_block {
    struct gjson_block *next;
    size_t used, cap;
    char bytes[];
};

static void fail(struct gjson_run *run, const char *why)
{
    if (!run->failed)
        run->failed = why;
}

bool gjson_spend(struct gjson_run *run, size_t bytes)
{
    run->work += bytes;
    if (run->work > GJSON_MAX_WORK)
        fail(run, "takes too much work");
    return !run->failed;
}

bool gjson_enter(struct gjson_run *run)
{
    if (run->depth == GJSON_MAX_DEPTH)
        fail(run, "goes too deep");
    if (run->failed)
        return false;
    run->depth++;
    return true;
}

void gjson_leave(struct gjson_run *run)
{
    run->depth--;
}

char *gjson_alloc(struct gjson_run *run, size_t len)
{
    struct gjson_block *block = run->blocks;
    if (!block || block->cap - block->used < len) {
        size_t cap = len > BLOCK_BYTES ? len : BLOCK_BYTES;
        if (cap > GJSON_MAX_MEMORY - run->memory) {
            fail(run, "takes too much memory");
            return NULL;
        }
        block = mem_alloc(sizeof(*block) + cap);
        *block = (struct gjson_block){.next = run->blocks, .cap = cap};
        run->blocks = block;
        run->memory += cap;
    }
    char *bytes = block->bytes + block->used;
    block->used += len;
    return bytes;
}

struct gjson_span gjson_keep(struct gjson_run *run, const struct strbuf *buf)
{
    if (buf->overflow)
        fail(run, "takes too much memory");
    if (!gjson_spend(run, buf->len))
        return (struct gjson_span){"", 0};
    char *bytes = gjson_alloc(run, buf->len);
    if (!bytes)
        return (struct gjson_span){"", 0};
    memcpy(bytes, buf->data, buf->len);
    return (struct gjson_span){bytes, buf->len};
}

/* Keys and indexes, from the first bracket in the text on. */
static struct gjson_value walk(struct gjson_run *run, struct gjson_span json, struct gjson_span path)
{
    struct gjson_walk walk = {.run = run, .json = json};
    bool hit;
    if (path.len >= 2 && path.at[0] == '.' && path.at[1] == '.') { /* lines: the text is an array's inside */
        gjson_walk_array(&walk, 0, gjson_from(path, 2), &hit);
    } else {
        size_t i = 0;
        while (i < json.len && json.at[i] != '{' && json.at[i] != '[')
            i++;
        if (i < json.len && json.at[i] == '{')
            gjson_walk_object(&walk, i + 1, path, &hit);
        else if (i < json.len)
            gjson_walk_array(&walk, i + 1, path, &hit);
    }
    return walk.piped ? gjson_eval(run, walk.value.raw, walk.pipe) : walk.value;
}

/* What a modifier or literal gives is read as a text of its own. */
static struct gjson_value go_on(struct gjson_run *run, struct gjson_span json, struct gjson_span rest)
{
    if (gjson_starts(rest, '|') || gjson_starts(rest, '.'))
        return gjson_eval(run, json, gjson_from(rest, 1));
    return gjson_parse(run, json);
}

static struct gjson_value evaluate(struct gjson_run *run, struct gjson_span json, struct gjson_span path)
{
    struct gjson_span made, rest;
    struct gjson_value value;
    if (path.len > 1) {
        if (path.at[0] == '@' && gjson_modify(run, json, path, &made, &rest))
            return go_on(run, made, rest);
        if (path.at[0] == '!' && gjson_literal(path, &made, &rest))
            return go_on(run, made, rest);
        if ((path.at[0] == '[' || path.at[0] == '{') && gjson_multipath(run, json, &path, &value))
            return value;
    }
    return walk(run, json, path);
}

struct gjson_value gjson_eval(struct gjson_run *run, struct gjson_span json, struct gjson_span path)
{
    struct gjson_value value = {0};
    if (!gjson_spend(run, path.len + 16) || !gjson_enter(run))
        return value;
    value = evaluate(run, json, path);
    gjson_leave(run);
    return value;
}

static void run_free(struct gjson_run *run)
{
    while (run->blocks) {
        struct gjson_block *next = run->blocks->next;
        mem_free(run->blocks);
        run->blocks = next;
    }
    mem_free(run);
}

int gjson_get(const char *json, size_t len, const char *path, struct gjson_result *ret, struct err *err)
{
    if (strlen(path) > GJSON_MAX_PATH)
        return err_set(err, ERR_LIMIT, "a path of more than %zu bytes", GJSON_MAX_PATH);
    struct gjson_run *run = mem_zalloc(sizeof(*run));
    struct gjson_value value = gjson_eval(run, (struct gjson_span){json, len}, gjson_span(path));
    if (run->failed) {
        int code = err_set(err, ERR_LIMIT, "the path %s for this text", run->failed);
        run_free(run);
        return code;
    }
    *ret = (struct gjson_result){.value = value, .run = run};
    return 0;
}

void gjson_done(struct gjson_result *result)
{
    if (result->run)
        run_free(result->run);
    *result = (struct gjson_result){0};
}

const char *gjson_type_name(enum gjson_type type)
{
    static const char *const names[] = {"Null", "False", "Number", "String", "True", "JSON"};
    return names[type];
}
