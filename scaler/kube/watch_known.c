/* Owns the set of names a watch has reported. */
#include "scaler/kube/watch_known.h"

#include <stdio.h>
#include <string.h>
#include <uthash.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"

/* An API server's is a decimal of at most 20 digits. A longer one still works: such an object is always news.
 */
#define VERSION_MAX    24
#define NAME_MAX_BYTES 512 /* Kubernetes: 253 */

struct known_object {
    UT_hash_handle hh;
    uint32_t round;
    char version[VERSION_MAX];
    uint16_t ns_len;
    char key[]; /* "ns/name" */
};

bool object_id_read(json_t *object, struct object_id *ret)
{
    json_t *meta = json_object_get(object, "metadata");
    const char *ns = json_str(meta, "namespace");
    const char *name = json_str(meta, "name");
    const char *version = json_str(meta, "resourceVersion");
    if (text_empty(name) || strlen(name) > NAME_MAX_BYTES || (ns && strlen(ns) > NAME_MAX_BYTES))
        return false;
    *ret = (struct object_id){ns ? ns : "", name, version ? version : ""};
    return true;
}

#define KEY_MAX (2 * NAME_MAX_BYTES + 2)

static size_t make_key(const struct object_id *id, char key[KEY_MAX])
{
    int len = snprintf(key, KEY_MAX, "%s/%s", id->ns, id->name);
    return len > 0 ? (size_t)len : 0;
}

static struct known_object *find(const struct watch_known *known, const char *key, size_t len)
{
    struct known_object *object;
    HASH_FIND(hh, known->objects, key, len, object);
    return object;
}

size_t watch_known_count(const struct watch_known *known)
{
    return HASH_COUNT(known->objects);
}

static void set_version(struct known_object *object, const char *version)
{
    size_t len = strlen(version);
    if (len >= VERSION_MAX)
        len = 0;
    memcpy(object->version, version, len);
    object->version[len] = '\0';
}

bool watch_known_see(struct watch_known *known, const struct object_id *id)
{
    char key[KEY_MAX];
    size_t len = make_key(id, key);
    struct known_object *object = find(known, key, len);
    if (!object) {
        object = mem_zalloc(sizeof(*object) + len + 1);
        memcpy(object->key, key, len + 1);
        object->ns_len = (uint16_t)strlen(id->ns);
        HASH_ADD_KEYPTR(hh, known->objects, object->key, len, object);
    } else if (*id->resource_version && strcmp(object->version, id->resource_version) == 0) {
        object->round = known->round;
        return false;
    }
    object->round = known->round;
    set_version(object, id->resource_version);
    return true;
}

bool watch_known_forget(struct watch_known *known, const struct object_id *id)
{
    char key[KEY_MAX];
    size_t len = make_key(id, key);
    struct known_object *object = find(known, key, len);
    if (!object)
        return false;
    HASH_DEL(known->objects, object);
    mem_free(object);
    return true;
}

void watch_known_begin_round(struct watch_known *known)
{
    known->round++;
}

bool watch_known_take_unseen(struct watch_known *known, struct known_object **cursor, char **ret_ns,
                             char **ret_name)
{
    struct known_object *object = *cursor ? *cursor : known->objects;
    while (object && object->round == known->round)
        object = object->hh.next;
    if (!object)
        return false;
    *ret_ns = mem_strndup(object->key, object->ns_len);
    *ret_name = mem_strdup(object->key + object->ns_len + 1);
    *cursor =
        object->hh.next; /* NULL after the last: the next call looks through all once more and finds none */
    HASH_DEL(known->objects, object);
    mem_free(object);
    return true;
}

void watch_known_done(struct watch_known *known)
{
    struct known_object *object, *next;
    HASH_ITER (hh, known->objects, object, next) {
        HASH_DEL(known->objects, object);
        mem_free(object);
    }
}
