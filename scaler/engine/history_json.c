/* Owns the saved form of struct history. Lists of numbers, because ten thousand of them share a few
 * ConfigMaps:
 *   {"v":1, "recs":[[replicas, at]…], "up":[[change, at, outdated]…], "down":[…], "active":at,
 * "original":replicas, "fallback":true, "health":[[failures, counted]…]} Times are milliseconds; what is
 * unset is left out; "recs" stands as soon as the object was ever decided upon. */
#include <stdlib.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/engine/history.h"

#define VERSION       1
#define ITEMS_MAX     4096
#define FUTURE_MAX_MS ((int64_t)3600 * 1000)

/* jansson fails here only without memory, and that ends the process everywhere. */
static void set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) < 0)
        abort();
}

static void push(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) < 0)
        abort();
}

static json_t *numbers(const int64_t *values, size_t len)
{
    json_t *array = json_array();
    for (size_t i = 0; i < len; i++)
        push(array, json_integer(values[i]));
    return array;
}

static json_t *save_recommendations(const struct recommendation_list *list)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < list->len; i++)
        push(array, numbers((int64_t[]){list->items[i].value, list->items[i].at_ms}, 2));
    return array;
}

static void save_events(json_t *root, const char *key, const struct scale_event_list *list)
{
    if (list->len == 0)
        return;
    json_t *array = json_array();
    for (uint32_t i = 0; i < list->len; i++) {
        const struct scale_event *event = &list->items[i];
        push(array, numbers((int64_t[]){event->change, event->at_ms, event->outdated}, 3));
    }
    set(root, key, array);
}

static void save_health(json_t *root, const struct history *history)
{
    bool sick = false;
    for (uint32_t i = 0; i < history->triggers_len; i++)
        sick = sick || history->triggers[i].failures > 0;
    if (!sick)
        return;
    json_t *array = json_array();
    for (uint32_t i = 0; i < history->triggers_len; i++) {
        const struct trigger_health *health = &history->triggers[i];
        push(array, numbers((int64_t[]){health->failures, health->counted_ms}, 2));
    }
    set(root, "health", array);
}

json_t *history_save(const struct history *history)
{
    json_t *root = json_object();
    set(root, "v", json_integer(VERSION));
    if (history->recommendations.known)
        set(root, "recs", save_recommendations(&history->recommendations));
    save_events(root, "up", &history->up_events);
    save_events(root, "down", &history->down_events);
    if (history->last_active_ms)
        set(root, "active", json_integer(history->last_active_ms));
    if (history->has_original)
        set(root, "original", json_integer(history->original_replicas));
    if (history->fallback_active)
        set(root, "fallback", json_true());
    save_health(root, history);
    return root;
}

/* Reading back: `row` is one list of numbers, every number within its range. */
struct range {
    int64_t min, max;
};

static int read_number(json_t *value, struct range range, const char *what, int64_t *ret, struct err *err)
{
    if (!json_is_integer(value))
        return err_set(err, ERR_INVALID, "saved history: %s is not an integer", what);
    int64_t number = json_integer_value(value);
    if (number < range.min || number > range.max)
        return err_set(err, ERR_INVALID, "saved history: %s is out of range", what);
    *ret = number;
    return 0;
}

static int read_row(json_t *row, const struct range *ranges, size_t len, const char *what, int64_t *ret,
                    struct err *err)
{
    if (!json_is_array(row) || json_array_size(row) != len)
        return err_set(err, ERR_INVALID, "saved history: an entry of %s does not have %zu numbers", what,
                       len);
    for (size_t i = 0; i < len; i++) {
        int rc = read_number(json_array_get(row, i), ranges[i], what, &ret[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The list at key; NULL and success if it is not there. */
static int find_list(json_t *root, const char *key, json_t **ret, struct err *err)
{
    json_t *list = json_object_get(root, key);
    if (list && (!json_is_array(list) || json_array_size(list) > ITEMS_MAX))
        return err_set(err, ERR_INVALID, "saved history: %s is not a list of at most %d entries", key,
                       ITEMS_MAX);
    *ret = list;
    return 0;
}

static int read_recommendations(json_t *root, int64_t latest_ms, struct recommendation_list *ret,
                                struct err *err)
{
    const struct range ranges[] = {{0, INT32_MAX}, {0, latest_ms}};
    json_t *list;
    int rc = find_list(root, "recs", &list, err);
    if (rc < 0 || !list)
        return rc;
    uint32_t len = (uint32_t)json_array_size(list);
    ret->known = true;
    ret->cap = len;
    ret->items = len ? mem_zalloc_array(len, sizeof(ret->items[0])) : NULL;
    for (uint32_t i = 0; i < len; i++) {
        int64_t row[2];
        rc = read_row(json_array_get(list, i), ranges, 2, "recs", row, err);
        if (rc < 0)
            return rc;
        ret->items[ret->len++] = (struct recommendation){.value = (int32_t)row[0], .at_ms = row[1]};
    }
    return 0;
}

static int read_events(json_t *root, const char *key, int64_t latest_ms, struct scale_event_list *ret,
                       struct err *err)
{
    const struct range ranges[] = {{1, INT32_MAX}, {0, latest_ms}, {0, 1}};
    json_t *list;
    int rc = find_list(root, key, &list, err);
    if (rc < 0 || !list)
        return rc;
    uint32_t len = (uint32_t)json_array_size(list);
    ret->cap = len;
    ret->items = len ? mem_zalloc_array(len, sizeof(ret->items[0])) : NULL;
    for (uint32_t i = 0; i < len; i++) {
        int64_t row[3];
        rc = read_row(json_array_get(list, i), ranges, 3, key, row, err);
        if (rc < 0)
            return rc;
        ret->items[ret->len++] =
            (struct scale_event){.change = (int32_t)row[0], .at_ms = row[1], .outdated = row[2] == 1};
    }
    return 0;
}

static int read_health(json_t *root, int64_t latest_ms, struct history *ret, struct err *err)
{
    const struct range ranges[] = {{0, UINT32_MAX}, {0, latest_ms}};
    json_t *list;
    int rc = find_list(root, "health", &list, err);
    if (rc < 0 || !list)
        return rc;
    history_set_triggers(ret, (uint32_t)json_array_size(list));
    for (uint32_t i = 0; i < ret->triggers_len; i++) {
        int64_t row[2];
        rc = read_row(json_array_get(list, i), ranges, 2, "health", row, err);
        if (rc < 0)
            return rc;
        ret->triggers[i] = (struct trigger_health){.failures = (uint32_t)row[0], .counted_ms = row[1]};
    }
    return 0;
}

static int read_scalars(json_t *root, int64_t latest_ms, struct history *ret, struct err *err)
{
    json_t *active = json_object_get(root, "active"), *original = json_object_get(root, "original");
    json_t *fallback = json_object_get(root, "fallback");
    int64_t number;
    int rc = 0;
    if (fallback && !json_is_boolean(fallback))
        return err_set(err, ERR_INVALID, "saved history: fallback is not a boolean");
    ret->fallback_active = json_is_true(fallback);
    if (active)
        rc = read_number(active, (struct range){1, latest_ms}, "active", &ret->last_active_ms, err);
    if (rc == 0 && original) {
        rc = read_number(original, (struct range){0, INT32_MAX}, "original", &number, err);
        ret->has_original = rc == 0;
        ret->original_replicas = rc == 0 ? (int32_t)number : 0;
    }
    return rc;
}

static int read_all(json_t *root, int64_t latest_ms, struct history *ret, struct err *err)
{
    json_t *version = json_object_get(root, "v");
    if (!json_is_integer(version) || json_integer_value(version) != VERSION)
        return err_set(err, ERR_INVALID, "saved history: not of version %d", VERSION);
    int rc = read_recommendations(root, latest_ms, &ret->recommendations, err);
    if (rc == 0)
        rc = read_events(root, "up", latest_ms, &ret->up_events, err);
    if (rc == 0)
        rc = read_events(root, "down", latest_ms, &ret->down_events, err);
    if (rc == 0)
        rc = read_health(root, latest_ms, ret, err);
    if (rc == 0)
        rc = read_scalars(root, latest_ms, ret, err);
    return rc;
}

int history_restore(struct history *history, json_t *saved, int64_t now_ms, struct err *err)
{
    struct history restored;
    history_init(&restored);
    int rc = read_all(saved, now_ms + FUTURE_MAX_MS, &restored, err);
    if (rc < 0) {
        history_done(&restored);
        return rc;
    }
    if (history->triggers_len > 0) /* the object as it is now has this many */
        history_set_triggers(&restored, history->triggers_len);
    history_done(history);
    *history = restored;
    return 0;
}
