/* Owns the walk through objects. */
#include "scalers/shared/document/gjson_internal.h"

/* From i on: the next key, before the object's end. *i goes behind it, or behind the bracket. */
static bool find_key(struct gjson_walk *walk, size_t *i, struct gjson_token *ret)
{
    struct gjson_span json = walk->json;
    size_t start = *i;
    while (*i < json.len && json.at[*i] != '"' && json.at[*i] != '}')
        ++*i;
    gjson_spend(walk->run, *i - start);
    if (*i >= json.len)
        return false;
    if (json.at[*i] == '}') {
        ++*i;
        return false;
    }
    return gjson_scan_token(walk->run, json, i, ret);
}

static bool key_matches(struct gjson_walk *walk, const struct gjson_token *key, const struct gjson_step *step)
{
    struct gjson_span name = gjson_cut(key->raw, 1, key->raw.len - 1);
    if (key->escaped)
        name = gjson_unescape(walk->run, name);
    return step->wild ? gjson_match(walk->run, name, step->part) : gjson_same(name, step->part);
}

/* The value at or behind *i. True: the walk is over, one way (hit) or the other. */
static bool take_value(struct gjson_walk *walk, size_t *i, bool matches, const struct gjson_step *step,
                       bool *ret_hit)
{
    struct gjson_span json = walk->json;
    struct gjson_token token;
    size_t start = *i;
    while (*i < json.len && gjson_lead(json, *i) == GJSON_LEAD_NONE)
        ++*i;
    gjson_spend(walk->run, *i - start);
    if (*i >= json.len)
        return true;
    if (matches && step->more && gjson_lead(json, *i) == GJSON_LEAD_NESTED) {
        *i = json.at[*i] == '{' ? gjson_walk_object(walk, *i + 1, step->path, ret_hit)
                                : gjson_walk_array(walk, *i + 1, step->path, ret_hit);
        return *ret_hit;
    }
    if (!gjson_scan_token(walk->run, json, i, &token))
        return true;
    *ret_hit = matches && !step->more;
    if (*ret_hit)
        walk->value = gjson_fill(walk->run, &token);
    return *ret_hit;
}

static size_t walk_members(struct gjson_walk *walk, size_t i, struct gjson_span path, bool *ret_hit)
{
    struct gjson_step step = gjson_object_step(walk->run, path);
    struct gjson_token key;
    if (step.piped) {
        walk->pipe = step.pipe;
        walk->piped = true;
    }
    while (!walk->run->failed && find_key(walk, &i, &key))
        if (take_value(walk, &i, key_matches(walk, &key, &step), &step, ret_hit))
            break;
    return i;
}

size_t gjson_walk_object(struct gjson_walk *walk, size_t i, struct gjson_span path, bool *ret_hit)
{
    *ret_hit = false;
    if (!gjson_enter(walk->run))
        return i;
    i = walk_members(walk, i, path, ret_hit);
    gjson_leave(walk->run);
    return i;
}
