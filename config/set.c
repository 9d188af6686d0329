/* Owns a snapshot's lists: adding, ordering, finding, and objects that are defined twice. */
#include "config/set.h"

#include <stdlib.h>
#include <string.h>

#include "scaler/base/mem.h"

void config_set_init(struct config_set *set)
{
    *set = (struct config_set){0};
}

void config_set_done(struct config_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->objects_len; i++)
        scaled_object_unref(set->objects[i]);
    for (size_t i = 0; i < set->auths_len; i++)
        trigger_auth_unref(set->auths[i]);
    for (size_t i = 0; i < set->values_len; i++)
        key_values_unref(set->values[i]);
    mem_free(set->objects);
    mem_free(set->auths);
    mem_free(set->values);
    formula_pool_done(&set->formulas);
    text_list_done(&set->broken_files);
    *set = (struct config_set){0};
}

static bool has_room(struct config_set *set)
{
    if (set->objects_len + set->auths_len + set->values_len < CONFIG_MAX_OBJECTS)
        return true;
    set->overflow++;
    return false;
}

/* The lists carry no capacity: they double when their length is a power of two. */
static void *grow(void *items, size_t len)
{
    if (len & (len - 1))
        return items;
    return mem_realloc_array(items, len ? len * 2 : 1, sizeof(void *));
}

void config_set_add_object_take(struct config_set *set, struct scaled_object *object)
{
    if (!has_room(set)) {
        scaled_object_unref(object);
        return;
    }
    set->objects = grow(set->objects, set->objects_len);
    set->objects[set->objects_len++] = object;
}

void config_set_add_auth_take(struct config_set *set, struct trigger_auth *auth)
{
    if (!has_room(set)) {
        trigger_auth_unref(auth);
        return;
    }
    set->auths = grow(set->auths, set->auths_len);
    set->auths[set->auths_len++] = auth;
}

void config_set_add_values_take(struct config_set *set, struct key_values *values)
{
    if (!has_room(set)) {
        key_values_unref(values);
        return;
    }
    set->values = grow(set->values, set->values_len);
    set->values[set->values_len++] = values;
}

/* What orders all three lists. Objects of one list differ in `rank` only if it holds two kinds. */
struct entry {
    const struct config_meta *meta;
    int rank;
    size_t index; /* of arrival: of equal objects the first one stays */
    void *object;
};

static int compare_keys(const struct entry *a, const struct entry *b)
{
    int order = strcmp(a->meta->ns, b->meta->ns);
    if (order == 0)
        order = strcmp(a->meta->name, b->meta->name);
    return order ? order : a->rank - b->rank;
}

static int by_key(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = compare_keys(a, b);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

typedef struct entry entry_fn(void *object);

static struct entry object_entry(void *object)
{
    return (struct entry){.meta = &((struct scaled_object *)object)->meta, .object = object};
}

static struct entry auth_entry(void *object)
{
    struct trigger_auth *auth = object;
    return (struct entry){.meta = &auth->meta, .rank = auth->cluster, .object = object};
}

static struct entry values_entry(void *object)
{
    struct key_values *values = object;
    return (struct entry){.meta = &values->meta, .rank = values->secret, .object = object};
}

static void report_twice(struct diag_list *diags, const struct config_meta *first,
                         const struct config_meta *second)
{
    diag_add(diags, DIAG_ERROR, second->file, second->mark.line, second->mark.column, "metadata.name",
             "%s%s%s is defined already at %s:%d", second->ns, *second->ns ? "/" : "", second->name,
             first->file, first->mark.line);
}

/* Sorts one list of pointers and drops repeated objects through unref. */
static void finish_list(void **items, size_t *len, entry_fn *describe, void (*unref)(void *object),
                        struct diag_list *diags)
{
    struct entry *entries = mem_zalloc_array(*len, sizeof(*entries));
    size_t kept = 0;
    for (size_t i = 0; i < *len; i++) {
        entries[i] = describe(items[i]);
        entries[i].index = i;
    }
    if (*len > 1)
        qsort(entries, *len, sizeof(*entries), by_key);
    for (size_t i = 0; i < *len; i++) {
        if (kept && compare_keys(&entries[kept - 1], &entries[i]) == 0) {
            report_twice(diags, entries[kept - 1].meta, entries[i].meta);
            unref(entries[i].object);
            continue;
        }
        entries[kept] = entries[i];
        items[kept++] = entries[i].object;
    }
    *len = kept;
    mem_free(entries);
}

static void unref_object(void *object)
{
    scaled_object_unref(object);
}

static void unref_auth(void *object)
{
    trigger_auth_unref(object);
}

static void unref_values(void *object)
{
    key_values_unref(object);
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void finish_broken(struct text_list *files)
{
    struct text_list all = *files;
    *files = (struct text_list){0};
    if (all.len > 1)
        qsort(all.items, all.len, sizeof(*all.items), by_text);
    for (size_t i = 0; i < all.len; i++)
        if (i == 0 || strcmp(all.items[i - 1], all.items[i]) != 0)
            text_list_add(files, all.items[i]);
    text_list_done(&all);
}

void config_set_finish(struct config_set *set, struct diag_list *diags)
{
    finish_list((void **)set->objects, &set->objects_len, object_entry, unref_object, diags);
    finish_list((void **)set->auths, &set->auths_len, auth_entry, unref_auth, diags);
    finish_list((void **)set->values, &set->values_len, values_entry, unref_values, diags);
    finish_broken(&set->broken_files);
}

static void *find(void **items, size_t len, entry_fn *describe, const struct entry *wanted)
{
    size_t low = 0, high = len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct entry entry = describe(items[middle]);
        int order = compare_keys(&entry, wanted);
        if (order == 0)
            return items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The keys are only compared: the casts take nothing away that find() would write to. */
static struct config_meta key_of(const char *ns, const char *name)
{
    return (struct config_meta){.ns = (char *)(uintptr_t)ns, .name = (char *)(uintptr_t)name};
}

struct scaled_object *config_find_object(const struct config_set *set, const char *ns, const char *name)
{
    const struct config_meta key = key_of(ns, name);
    const struct entry wanted = {.meta = &key};
    return find((void **)set->objects, set->objects_len, object_entry, &wanted);
}

struct trigger_auth *config_find_auth(const struct config_set *set, bool cluster, const char *ns,
                                      const char *name)
{
    const struct config_meta key = key_of(cluster ? "" : ns, name);
    const struct entry wanted = {.meta = &key, .rank = cluster};
    return find((void **)set->auths, set->auths_len, auth_entry, &wanted);
}

struct key_values *config_find_values(const struct config_set *set, bool secret, const char *ns,
                                      const char *name)
{
    const struct config_meta key = key_of(ns, name);
    const struct entry wanted = {.meta = &key, .rank = secret};
    return find((void **)set->values, set->values_len, values_entry, &wanted);
}

bool config_set_is_broken(const struct config_set *set, const char *file)
{
    for (size_t i = 0; i < set->broken_files.len; i++) {
        const char *broken = set->broken_files.items[i];
        size_t len = strlen(broken);
        bool below = len && broken[len - 1] == '/' && strncmp(file, broken, len) == 0;
        if (below || strcmp(file, broken) == 0)
            return true;
    }
    return false;
}
