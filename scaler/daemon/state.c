/* Owns saving and restoring: shards, dirtiness, the pace. The text of one object: state_codec.c.
 *
 * Each shard (a ConfigMap) has its turn once in SAVE_MS, one after the other: with many objects, saving all
 * in one turn of the loop would hold up every reading. */
#include "scaler/daemon/state.h"

#include <string.h>

#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/daemon/internal.h"
#include "scaler/daemon/saved_text.h"
#include "scaler/daemon/state_codec.h"
#include "scaler/kube/store.h"

#define SAVE_MS           10000
#define STEADY_SAVE_MS    30000 /* what is active is saved anew so often: its lastActive moves on */
#define SAVE_LAG_MS       (STEADY_SAVE_MS + SAVE_MS) /* how old a save may be when the process dies */
#define RETRY_MS          2000
#define SHARDS_MAX        64u
#define OBJECTS_PER_SHARD 500u
#define FORGET_MS         (24LL * 3600 * 1000) /* saved objects that are not configured any more */

struct shard {
    struct state *state;
    unsigned index;
    struct kube_store *store;
    bool dirty, writing, loaded;
    bool reading; /* a second read of it would count it as loaded twice */
    bool active;  /* an object was active since the last save */
    int64_t saved_ms;
};

struct state {
    struct daemon *daemon;
    struct shard shards[SHARDS_MAX];
    unsigned len;             /* in use */
    unsigned to_load;         /* still to be read */
    unsigned turn;            /* whose turn it is to be saved */
    struct saved_text *saved; /* of objects that have not come yet */
    struct timer timer;
    bool crowded; /* one did not fit */
    bool off;
    bool final;
    void (*loaded)(struct daemon *daemon);
    void (*flushed)(struct daemon *daemon);
};

static void load_shard(struct shard *shard);
static void next_turn(struct state *state);

/* '_' is in no Kubernetes name, so the pair is unambiguous, and a valid ConfigMap key. */
static char *object_key(const struct object *object)
{
    return mem_printf("%s_%s", object->spec->meta.ns, object->spec->meta.name);
}

static struct shard *shard_of(struct state *state, uint64_t hash)
{
    return &state->shards[hash % state->len];
}

static uint64_t hash_of(struct object *object)
{
    if (object->saved.key_hash == 0) {
        AUTO_FREE char *key = object_key(object);
        object->saved.key_hash = text_hash(key, strlen(key));
    }
    return object->saved.key_hash;
}

static void open_shards(struct state *state, unsigned len)
{
    const char *base =
        state->daemon->options->state_name ? state->daemon->options->state_name : "davit-state";
    for (unsigned i = state->len; i < len; i++) {
        AUTO_FREE char *name = i == 0 ? mem_strdup(base) : mem_printf("%s-%u", base, i);
        state->shards[i] = (struct shard){.state = state, .index = i};
        state->shards[i].store = kube_store_new(state->daemon->client, state->daemon->ns, name);
    }
    state->len = len;
}

struct state *state_new(struct daemon *daemon)
{
    struct state *state = mem_zalloc(sizeof *state);
    state->daemon = daemon;
    state->off = daemon->options->no_state;
    open_shards(state, 1);
    return state;
}

static void all_loaded(struct state *state)
{
    next_turn(state);
    state->loaded(state->daemon);
}

/* A key stands twice if the process died while objects were being spread over more shards: the one in its own
 * place is newer. */
static void keep_one(struct shard *shard, const char *key, const char *text)
{
    struct state *state = shard->state;
    bool at_home = shard_of(state, text_hash(key, strlen(key))) == shard;
    if (at_home || !saved_text_find(state->saved, key))
        saved_text_put(&state->saved, key, text);
}

static void keep(struct shard *shard, const struct text_map *data)
{
    for (size_t i = 0; i < data->len; i++)
        if (strchr(data->items[i].key, '_'))
            keep_one(shard, data->items[i].key, data->items[i].value);
}

static void on_retry(struct timer *timer)
{
    struct state *state = container_of(timer, struct state, timer);
    for (unsigned i = 0; i < state->len; i++)
        if (!state->shards[i].loaded && !state->shards[i].reading)
            load_shard(&state->shards[i]);
}

static void more_shards(struct state *state, const struct text_map *data)
{
    int64_t len;
    const char *text = text_map_get(data, "shards");
    if (!text || number_parse_json_int(text, 1, SHARDS_MAX, &len, NULL) < 0)
        return;
    unsigned before = state->len;
    open_shards(state, (unsigned)len > before ? (unsigned)len : before);
    for (unsigned i = before; i < state->len; i++) {
        state->to_load++;
        load_shard(&state->shards[i]);
    }
}

static void on_shard_read(const struct text_map *data, const struct err *error, void *arg)
{
    struct shard *shard = arg;
    struct state *state = shard->state;
    shard->reading = false;
    if (error && error->code == ERR_CANCELED)
        return;
    if (error && error->code == ERR_AUTH) {
        log_warn(NULL, "saved state cannot be read, cooldowns start anew after a restart: %s", error->msg);
        state->off = true;
    } else if (error) {
        log_warn(NULL, "reading saved state: %s; trying again in %d s", error->msg, RETRY_MS / 1000);
        timer_start(state->daemon->net, &state->timer, RETRY_MS, on_retry);
        return;
    }
    shard->loaded = true;
    if (data && shard->index == 0)
        more_shards(state, data);
    if (data)
        keep(shard, data);
    if (--state->to_load == 0)
        all_loaded(state);
}

static void load_shard(struct shard *shard)
{
    shard->reading = true;
    kube_store_read(shard->store, on_shard_read, shard);
}

static void loaded_turn(void *arg)
{
    struct state *state = arg;
    state->loaded(state->daemon);
}

void state_load(struct state *state, void (*loaded)(struct daemon *daemon))
{
    state->loaded = loaded;
    if (state->off) {
        net_defer(state->daemon->net, loaded_turn, state);
        return;
    }
    state->to_load = 1;
    load_shard(&state->shards[0]);
}

/* What is remembered of one target must not serve another. Never 0. */
static int64_t target_hash(const struct object *object)
{
    const struct scaled_object *spec = object->spec;
    AUTO_FREE char *text =
        mem_printf("%s/%s/%s", spec->target.api_version, spec->target.kind, spec->target.name);
    return (int64_t)(text_hash(text, strlen(text)) >> 1) | 1;
}

static struct saved_object saved_of(const struct object *object, int64_t now_ms, bool graceful)
{
    return (struct saved_object){.created_ms = object->created_ms,
                                 .saved_ms = now_ms,
                                 .target = target_hash(object),
                                 .active = object->was_active,
                                 .graceful = graceful};
}

void state_restore(struct state *state, struct object *object)
{
    if (object->history_loaded)
        return;
    object->history_loaded = true;
    AUTO_FREE char *key = object_key(object);
    struct saved_text *text = saved_text_find(state->saved, key);
    if (!text)
        return;
    struct saved_object saved;
    struct history history;
    struct err err;
    history_init(&history);
    if (state_decode(text->text, net_now_ms(state->daemon->net), SAVE_LAG_MS, &saved, &history, &err) < 0) {
        log_warn(object->id, "saved state not used: %s", err.msg);
        history_done(&history);
    } else {
        history_done(&object->history);
        object->history = history;
        object->created_ms = saved.created_ms;
        if (saved.target && saved.target != target_hash(object))
            history_forget_target(&object->history);
    }
    saved_text_drop(&state->saved, text);
}

void state_touch(struct state *state, struct object *object)
{
    shard_of(state, hash_of(object))->dirty = true;
}

void state_note(struct state *state, struct object *object, const struct decision *decision)
{
    uint64_t signature = history_signature(&object->history) ^ (decision->active ? 0x9e3779b97f4a7c15ULL : 0);
    struct shard *shard = shard_of(state, hash_of(object));
    shard->active = shard->active || decision->active;
    shard->dirty = shard->dirty || signature != object->saved.signature;
    object->saved.signature = signature;
}

void state_forget(struct state *state, struct object *object)
{
    state_touch(state, object);
    if (!object->history_loaded)
        return;
    AUTO_FREE char *key = object_key(object);
    struct saved_object saved = saved_of(object, net_now_ms(state->daemon->net), true);
    saved.created_ms = 0; /* if it comes back, then as a new one with an old one's cooldown */
    AUTO_FREE char *text = state_encode(&saved, &object->history);
    saved_text_put(&state->saved, key, text);
}

/* ---- saving ---- */

static void add_object(struct state *state, const struct shard *shard, struct object *object,
                       struct text_map *data)
{
    if (shard_of(state, hash_of(object)) != shard || !object->history_loaded)
        return;
    AUTO_FREE char *key = object_key(object);
    struct saved_object saved = saved_of(object, net_now_ms(state->daemon->net), state->final);
    AUTO_FREE char *text = state_encode(&saved, &object->history);
    text_map_append(data, key, text);
}

static void collect(struct state *state, const struct shard *shard, struct text_map *data)
{
    if (shard->index == 0) {
        AUTO_FREE char *len = mem_printf("%u", state->len);
        text_map_append(data, "shards", len);
    }
    int64_t now = net_now_ms(state->daemon->net);
    for (struct saved_text *text = state->saved; text; text = text->hh.next)
        if (shard_of(state, text->hash) == shard && !saved_text_is_older(text, now, FORGET_MS))
            text_map_append(data, text->key, text->text);
    struct object *object, *next;
    HASH_ITER (hh, state->daemon->objects, object, next)
        add_object(state, shard, object, data);
}

static void check_flushed(struct state *state)
{
    for (unsigned i = 0; i < state->len; i++)
        if (state->shards[i].writing)
            return;
    void (*flushed)(struct daemon *) = state->flushed;
    state->flushed = NULL;
    if (flushed)
        flushed(state->daemon);
}

static void on_written(const struct text_map *data, const struct err *error, void *arg)
{
    (void)data;
    struct shard *shard = arg;
    shard->writing = false;
    if (error && error->code != ERR_CANCELED) {
        shard->dirty = true;
        log_warn(NULL, "saving state: %s; trying again in %d s", error->msg, SAVE_MS / 1000);
    }
    check_flushed(shard->state);
}

static void save_shard(struct shard *shard)
{
    struct text_map data = {0};
    struct err err;
    collect(shard->state, shard, &data);
    shard->dirty = shard->active = false;
    shard->writing = true;
    shard->saved_ms = net_now_ms(shard->state->daemon->net);
    if (kube_store_write(shard->store, &data, on_written, shard, &err) < 0) {
        shard->writing = false;
        shard->dirty = true;
        shard->state->crowded = shard->state->crowded || err.code == ERR_LIMIT;
        log_warn(NULL, "saving state: %s; trying again in %d s", err.msg, SAVE_MS / 1000);
    }
    text_map_done(&data);
}

/* More ConfigMaps when the objects would not fit; every object may then live elsewhere, so all are written:
 * the new ones first, then the one that tells how many there are, so that no object is nowhere meanwhile. */
static void grow(struct state *state)
{
    size_t objects = HASH_COUNT(state->daemon->objects);
    unsigned wanted = state->crowded ? state->len * 2 : 1;
    while (wanted * OBJECTS_PER_SHARD < objects)
        wanted *= 2;
    if (wanted > SHARDS_MAX)
        wanted = SHARDS_MAX;
    state->crowded = false;
    if (wanted <= state->len)
        return;
    state->turn = state->len;
    open_shards(state, wanted);
    for (unsigned i = 0; i < state->len; i++)
        state->shards[i].dirty = true;
}

static void save_all(struct state *state)
{
    if (state->off)
        return;
    grow(state);
    for (unsigned i = 0; i < state->len; i++)
        if ((state->shards[i].dirty || state->final) && !state->shards[i].writing)
            save_shard(&state->shards[i]);
}

static void on_turn(struct timer *timer)
{
    struct state *state = container_of(timer, struct state, timer);
    grow(state);
    struct shard *shard = &state->shards[state->turn];
    int64_t age = net_now_ms(state->daemon->net) - shard->saved_ms;
    bool due = shard->dirty || (shard->active && age >= STEADY_SAVE_MS - SAVE_MS / 2);
    if (due && !shard->writing && !state->off)
        save_shard(shard);
    state->turn = (state->turn + 1) % state->len;
    next_turn(state);
}

static void next_turn(struct state *state)
{
    timer_start(state->daemon->net, &state->timer, SAVE_MS / (int64_t)state->len, on_turn);
}

static void flushed_turn(void *arg)
{
    check_flushed(arg);
}

void state_flush(struct state *state, void (*done)(struct daemon *daemon))
{
    state->flushed = done;
    if (state->to_load == 0 && state->daemon->state_loaded) {
        state->final = true;
        save_all(state);
    }
    net_defer(state->daemon->net, flushed_turn, state);
}

void state_close(struct state *state)
{
    timer_stop(state->daemon->net, &state->timer);
    for (unsigned i = 0; i < state->len; i++)
        kube_store_close(state->shards[i].store);
    state->flushed = NULL;
}

void state_free(struct state *state)
{
    saved_text_drop_all(&state->saved);
    mem_free(state);
}
