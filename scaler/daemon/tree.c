/* Owns the cheap look at the configuration directory, and carrying over what broken files held. */
#include "scaler/daemon/tree.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <uthash.h>

#include "scaler/base/mem.h"

#define DEPTH_MAX 32 /* as the loader */

/* A directory that was looked into, through whatever link: two links to "." would take every path between
 * them. */
struct visited {
    struct {
        dev_t dev;
        ino_t ino;
    } id;
    UT_hash_handle hh;
};

struct scan {
    uint64_t signature;
    struct text_list *dirs;
    struct visited *visited;
    unsigned entries;
};

static bool first_visit(struct scan *scan, const struct stat *st)
{
    struct visited *entry = mem_zalloc(sizeof *entry), *found;
    entry->id.dev = st->st_dev;
    entry->id.ino = st->st_ino;
    HASH_FIND(hh, scan->visited, &entry->id, sizeof entry->id, found);
    if (found)
        mem_free(entry);
    else
        HASH_ADD(hh, scan->visited, id, sizeof entry->id, entry);
    return !found;
}

static void forget_visited(struct scan *scan)
{
    struct visited *entry, *next;
    HASH_ITER (hh, scan->visited, entry, next) {
        HASH_DEL(scan->visited, entry);
        mem_free(entry);
    }
}

static void mix(struct scan *scan, const void *bytes, size_t len)
{
    /* Order of directory entries is not stable: each entry is hashed alone and added. */
    scan->signature += text_hash(bytes, len) * 0x9e3779b97f4a7c15ULL;
}

static bool is_yaml(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static void add_file(struct scan *scan, const char *path, const struct stat *st)
{
    AUTO_FREE char *text = mem_printf("%s|%lld|%llu|%llu|%lld.%09ld|%lld.%09ld", path, (long long)st->st_size,
                                      (unsigned long long)st->st_ino, (unsigned long long)st->st_dev,
                                      (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
                                      (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
    mix(scan, text, strlen(text));
}

static void scan_dir(struct scan *scan, const char *path, const struct stat *at, int depth)
{
    DIR *dir = depth <= DEPTH_MAX && first_visit(scan, at) ? opendir(path) : NULL;
    if (!dir)
        return;
    text_list_add(scan->dirs, path);
    for (struct dirent *entry; (entry = readdir(dir)) && scan->entries < CONFIG_MAX_FILES;) {
        if (entry->d_name[0] == '.')
            continue;
        AUTO_FREE char *child = mem_printf("%s/%s", path, entry->d_name);
        struct stat st;
        scan->entries++;
        if (stat(child, &st) < 0)
            continue;
        if (S_ISDIR(st.st_mode))
            scan_dir(scan, child, &st, depth + 1);
        else if (is_yaml(entry->d_name))
            add_file(scan, child, &st);
    }
    closedir(dir);
}

int tree_scan(const char *dir, uint64_t *ret_signature, struct text_list *ret_dirs, struct err *err)
{
    struct stat st;
    if (stat(dir, &st) < 0)
        return err_set(err, ERR_NOT_FOUND, "cannot be read");
    struct scan scan = {.dirs = ret_dirs, .signature = 1};
    if (S_ISDIR(st.st_mode))
        scan_dir(&scan, dir, &st, 0);
    else
        add_file(&scan, dir, &st);
    forget_visited(&scan);
    *ret_signature = scan.signature;
    return 0;
}

/* Finding is by bisection of a sorted list, so what is carried over is looked up in the part that was there
 * before. */
static void carry_objects(struct config_set *set, const struct config_set *previous)
{
    size_t len = set->objects_len;
    for (size_t i = 0; i < previous->objects_len; i++) {
        struct scaled_object *object = previous->objects[i];
        const struct config_set sorted = {.objects = set->objects, .objects_len = len};
        if (config_set_is_broken(set, object->meta.file) &&
            !config_find_object(&sorted, object->meta.ns, object->meta.name))
            config_set_add_object_take(set, scaled_object_ref(object));
    }
}

static void carry_auths(struct config_set *set, const struct config_set *previous)
{
    size_t len = set->auths_len;
    for (size_t i = 0; i < previous->auths_len; i++) {
        struct trigger_auth *auth = previous->auths[i];
        const struct config_set sorted = {.auths = set->auths, .auths_len = len};
        if (config_set_is_broken(set, auth->meta.file) &&
            !config_find_auth(&sorted, auth->cluster, auth->meta.ns, auth->meta.name))
            config_set_add_auth_take(set, trigger_auth_ref(auth));
    }
}

static void carry_values(struct config_set *set, const struct config_set *previous)
{
    size_t len = set->values_len;
    for (size_t i = 0; i < previous->values_len; i++) {
        struct key_values *values = previous->values[i];
        const struct config_set sorted = {.values = set->values, .values_len = len};
        if (config_set_is_broken(set, values->meta.file) &&
            !config_find_values(&sorted, values->secret, values->meta.ns, values->meta.name))
            config_set_add_values_take(set, key_values_ref(values));
    }
}

void tree_carry_over(struct config_set *set, const struct config_set *previous)
{
    if (set->broken_files.len == 0)
        return;
    carry_objects(set, previous);
    carry_auths(set, previous);
    carry_values(set, previous);
    struct diag_list diags = {0};
    config_set_finish(set, &diags);
    diag_list_done(&diags);
}
