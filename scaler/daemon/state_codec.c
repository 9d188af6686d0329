/* Owns the text form of saved state. */
#include "scaler/daemon/state_codec.h"

#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"

#define STATE_VERSION 1

char *state_encode(const struct saved_object *saved, const struct history *history)
{
    AUTO_JSON json_t *root = json_object();
    json_object_set_new(root, "v", json_integer(STATE_VERSION));
    json_object_set_new(root, "created", json_integer(saved->created_ms));
    json_object_set_new(root, "at", json_integer(saved->saved_ms));
    json_object_set_new(root, "target", json_integer(saved->target));
    json_object_set_new(root, "active", json_boolean(saved->active));
    json_object_set_new(root, "graceful", json_boolean(saved->graceful));
    json_object_set_new(root, "history", history_save(history));
    char *dumped = json_dumps(root, JSON_COMPACT);
    char *text = mem_strdup(dumped ? dumped : "{}");
    mem_free(dumped); /* jansson uses the same allocator */
    return text;
}

/* The process may have died up to lag_ms after the save: what was fresh then counts as fresh until that
 * moment. */
static void move_on(struct history *history, const struct saved_object *saved, int64_t now_ms, int64_t lag_ms)
{
    int64_t until = saved->saved_ms + lag_ms < now_ms ? saved->saved_ms + lag_ms : now_ms;
    if (saved->active && history->last_active_ms < until)
        history->last_active_ms = until;
    struct recommendation *newest = NULL;
    for (uint32_t i = 0; i < history->recommendations.len; i++)
        if (!newest || history->recommendations.items[i].at_ms >= newest->at_ms)
            newest = &history->recommendations.items[i];
    if (newest && newest->at_ms < until)
        newest->at_ms = until;
}

int state_decode(const char *text, int64_t now_ms, int64_t lag_ms, struct saved_object *ret,
                 struct history *ret_history, struct err *err)
{
    AUTO_JSON json_t *root = NULL;
    int rc = json_load_bytes(text, strlen(text), &root, err);
    if (rc < 0)
        return rc;
    if (json_i64(root, "v", 0) != STATE_VERSION)
        return err_set(err, ERR_UNSUPPORTED, "saved by another version");
    struct saved_object saved = {.created_ms = json_i64(root, "created", 0),
                                 .saved_ms = json_i64(root, "at", 0),
                                 .target = json_i64(root, "target", 0),
                                 .active = json_flag(root, "active"),
                                 .graceful = json_flag(root, "graceful")};
    if (saved.saved_ms <= 0 || saved.saved_ms > now_ms + 3600000 || saved.created_ms < 0 ||
        saved.created_ms > now_ms + 3600000)
        return err_set(err, ERR_INVALID, "times out of range");
    rc = history_restore(ret_history, json_object_get(root, "history"), now_ms, err);
    if (rc < 0)
        return rc;
    if (!saved.graceful)
        move_on(ret_history, &saved, now_ms, lag_ms);
    *ret = saved;
    return 0;
}

static uint64_t mix(uint64_t hash, int64_t value)
{
    return (hash ^ (uint64_t)value) * 1099511628211ULL;
}

uint64_t history_signature(const struct history *history)
{
    uint64_t hash = 14695981039346656037ULL;
    hash = mix(hash, history->recommendations.len);
    for (uint32_t i = 0; i < history->recommendations.len; i++)
        hash = mix(hash, history->recommendations.items[i].value);
    hash = mix(hash, history->up_events.len);
    hash = mix(hash, history->down_events.len);
    hash = mix(hash, history->fallback_active);
    for (uint32_t i = 0; i < history->triggers_len; i++)
        hash = mix(hash, history->triggers[i].failures);
    return mix(hash, history->last_active_ms == 0);
}
