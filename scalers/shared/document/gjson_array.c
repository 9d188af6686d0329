/* Owns the walk through arrays: an index, "#" (how many), "#.path" (each), "#(query)" and "#(query)#". */
#include <stdio.h>

#include "scaler/base/mem.h"
#include "scalers/shared/document/gjson_internal.h"

struct array_walk {
    struct gjson_walk *walk;
    struct gjson_step step;
    int64_t index; /* wanted; -1: none */
    int64_t seen;
    struct strbuf found; /* "#(…)#": the list so far */
    size_t *starts;      /* "#.path": where each element begins */
    size_t starts_len, starts_cap;
};

/* Digits only. Wraps around like upstream's. */
static int64_t read_index(struct gjson_span part)
{
    uint64_t value = 0;
    for (size_t i = 0; i < part.len; i++) {
        if (part.at[i] < '0' || part.at[i] > '9')
            return -1;
        value = value * 10 + (uint64_t)(part.at[i] - '0');
    }
    return part.len > 0 ? (int64_t)value : -1;
}

static void remember_start(struct array_walk *array, size_t i)
{
    if (array->starts_len == array->starts_cap) {
        array->starts_cap = array->starts_cap ? array->starts_cap * 2 : 16;
        array->starts = mem_realloc_array(array->starts, array->starts_cap, sizeof(array->starts[0]));
    }
    array->starts[array->starts_len++] = i;
}

/* "rest|pipe" behind a query: the pipe is for the whole result. */
static void split_rest(struct array_walk *array, struct gjson_span *path)
{
    struct gjson_span left, right;
    if (!gjson_split_pipe(*path, &left, &right))
        return;
    *path = left;
    array->walk->pipe = right;
    array->walk->piped = true;
}

static void add_found(struct array_walk *array, const struct gjson_value *value)
{
    struct gjson_span raw = value->raw.len > 0 ? value->raw : gjson_string(array->walk->run, value);
    if (raw.len == 0)
        return;
    strbuf_append(&array->found, array->found.len > 1 ? "," : "");
    gjson_add(&array->found, raw);
    gjson_spend(array->walk->run, raw.len);
}

/* True: this element is the answer. */
static bool ask_query(struct array_walk *array, const struct gjson_value *element)
{
    struct gjson_run *run = array->walk->run;
    struct gjson_step *step = &array->step;
    struct gjson_value asked = *element;
    if (step->query_all && array->found.len == 0)
        strbuf_append_c(&array->found, '[');
    if (element->type == GJSON_JSON)
        asked = gjson_eval(run, element->raw, step->query_path);
    else if (step->query_path.len > 0)
        return false;
    if (!gjson_query_matches(run, step, asked))
        return false;
    asked = *element;
    if (step->more) {
        split_rest(array, &step->path);
        asked = gjson_eval(run, element->raw, step->path);
    }
    if (!step->query_all) {
        array->walk->value = asked;
        return true;
    }
    add_found(array, &asked);
    return false;
}

/* The value at *i. True: the walk is over. */
static bool take_element(struct array_walk *array, size_t *i, bool *ret_hit)
{
    struct gjson_walk *walk = array->walk;
    struct gjson_token token;
    bool matches = !array->step.counts && array->index == array->seen;
    array->seen++;
    if (matches && array->step.more && gjson_lead(walk->json, *i) == GJSON_LEAD_NESTED) {
        *i = walk->json.at[*i] == '{' ? gjson_walk_object(walk, *i + 1, array->step.path, ret_hit)
                                      : gjson_walk_array(walk, *i + 1, array->step.path, ret_hit);
        return *ret_hit;
    }
    if (!gjson_scan_token(walk->run, walk->json, i, &token))
        return true;
    *ret_hit = matches && !array->step.more;
    if (array->step.query) {
        struct gjson_value element = gjson_fill(walk->run, &token);
        *ret_hit = ask_query(array, &element);
    } else if (*ret_hit) {
        walk->value = gjson_fill(walk->run, &token);
    }
    return *ret_hit;
}

/* "#.path": asked of every element only now that the end is known. An element is read again from behind the
 * one before it; behind the last one that may lead out of the array, as upstream. */
static void collect_each(struct array_walk *array)
{
    struct gjson_walk *walk = array->walk;
    AUTO_STRBUF struct strbuf out;
    strbuf_init_max(&out, GJSON_MAX_MEMORY);
    strbuf_append_c(&out, '[');
    split_rest(array, &array->step.each_path);
    for (size_t n = 0; n < array->starts_len && !walk->run->failed; n++) {
        struct gjson_value value;
        size_t i = array->starts[n];
        while (i < walk->json.len && strchr(" \t\r\n", walk->json.at[i]) && walk->json.at[i])
            i++;
        if (i >= walk->json.len || walk->json.at[i] == ']' ||
            !gjson_scan_any(walk->run, walk->json, &i, &value))
            continue;
        value = gjson_eval(walk->run, value.raw, array->step.each_path);
        if (!gjson_exists(&value))
            continue;
        strbuf_append(&out, out.len > 1 ? "," : "");
        gjson_add(&out, value.raw.len > 0 ? value.raw : gjson_string(walk->run, &value));
    }
    strbuf_append_c(&out, ']');
    walk->value = (struct gjson_value){.type = GJSON_JSON, .raw = gjson_keep(walk->run, &out)};
}

/* "#" */
static void count_elements(struct array_walk *array)
{
    char *digits = gjson_alloc(array->walk->run, 24);
    if (!digits)
        return;
    int len = snprintf(digits, 24, "%lld", (long long)array->seen);
    array->walk->value = (struct gjson_value){
        .type = GJSON_NUMBER, .raw = {digits, (size_t)len}, .number = (double)array->seen};
}

/* At the array's end, or the text's. True: that is an answer in itself. */
static bool take_end(struct array_walk *array)
{
    struct gjson_walk *walk = array->walk;
    if (array->step.counts && gjson_is(array->step.part, "#")) {
        if (array->step.each)
            collect_each(array);
        else
            count_elements(array);
        return true;
    }
    if (array->step.query_all && !gjson_exists(&walk->value)) {
        if (array->found.len == 0)
            strbuf_append_c(&array->found, '[');
        strbuf_append_c(&array->found, ']');
        walk->value = (struct gjson_value){.type = GJSON_JSON, .raw = gjson_keep(walk->run, &array->found)};
    }
    return false;
}

/* Through the elements from i on; returns the position reached. */
static size_t walk_elements(struct array_walk *array, size_t i, bool *ret_hit)
{
    struct gjson_span json = array->walk->json;
    while (i <= json.len && !array->walk->run->failed) {
        size_t start = i;
        if (array->step.each)
            remember_start(array, i);
        while (i < json.len && json.at[i] != ']' && gjson_lead(json, i) == GJSON_LEAD_NONE)
            i++;
        gjson_spend(array->walk->run, i - start);
        if (i == json.len || json.at[i] == ']') {
            *ret_hit = take_end(array);
            return i + 1;
        }
        if (take_element(array, &i, ret_hit))
            return i;
    }
    return i;
}

size_t gjson_walk_array(struct gjson_walk *walk, size_t i, struct gjson_span path, bool *ret_hit)
{
    *ret_hit = false;
    if (!gjson_enter(walk->run))
        return i;
    struct array_walk array = {.walk = walk, .step = gjson_array_step(walk->run, path)};
    array.index = read_index(array.step.part);
    strbuf_init_max(&array.found, GJSON_MAX_MEMORY);
    if (array.step.piped) {
        walk->pipe = array.step.pipe;
        walk->piped = true;
    }
    i = walk_elements(&array, i, ret_hit);
    strbuf_done(&array.found);
    mem_free(array.starts);
    gjson_leave(walk->run);
    return i;
}
