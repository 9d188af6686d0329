/* Owns finding and reading the files of a configuration: directory trees, ConfigMap mounts, symbolic links,
 * caps. What a document means is build.c's. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uthash.h>

#include "config/build.h"
#include "config/set.h"
#include "scaler/base/file.h"
#include "scaler/base/mem.h"
#include "scaler/base/yaml.h"

#define DEPTH_MAX 32 /* directories below each other */

/* A file or directory that was met already, through whatever link: each is read once and no cycle loops. */
struct seen {
    struct {
        dev_t dev;
        ino_t ino;
    } id;
    UT_hash_handle hh;
};

struct loader {
    struct config_set *set;
    struct diag_list *diags;
    struct seen *seen;
    struct text_list files;
    bool too_many;
};

static bool first_time(struct loader *loader, const struct stat *st)
{
    struct seen *entry = mem_zalloc(sizeof(*entry)), *found;
    entry->id.dev = st->st_dev;
    entry->id.ino = st->st_ino;
    HASH_FIND(hh, loader->seen, &entry->id, sizeof(entry->id), found);
    if (found) {
        mem_free(entry);
        return false;
    }
    HASH_ADD(hh, loader->seen, id, sizeof(entry->id), entry);
    return true;
}

static void forget_seen(struct loader *loader)
{
    struct seen *entry, *next;
    HASH_ITER (hh, loader->seen, entry, next) {
        HASH_DEL(loader->seen, entry);
        mem_free(entry);
    }
}

static bool is_yaml_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static bool ends_with_slash(const char *path)
{
    size_t len = strlen(path);
    return len && path[len - 1] == '/';
}

/* broken: what must be kept of before, a file or (with a '/' at its end) a directory. */
static void report_broken(struct loader *loader, const char *broken, const char *message)
{
    diag_add(loader->diags, DIAG_ERROR, broken, 0, 0, "", "%s", message);
    text_list_add(&loader->set->broken_files, broken);
}

static void report_directory(struct loader *loader, const char *path, const char *message)
{
    AUTO_FREE char *below = mem_printf("%s%s", path, ends_with_slash(path) ? "" : "/");
    report_broken(loader, below, message);
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void sort_texts(struct text_list *list)
{
    if (list->len > 1)
        qsort(list->items, list->len, sizeof(*list->items), by_text);
}

/* The names in a directory, sorted. Dot names are left out: a ConfigMap mount keeps its versions under them,
 * and its visible names are links into the present one. */
static int list_names(const char *path, struct text_list *ret)
{
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    const struct dirent *entry;
    errno = 0;
    while (ret->len < CONFIG_MAX_FILES && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            text_list_add(ret, entry->d_name);
    int failed = errno;
    closedir(dir);
    sort_texts(ret);
    errno = failed;
    return failed ? -1 : 0;
}

static void collect_directory(struct loader *loader, const char *path, unsigned depth);

static void add_file(struct loader *loader, const char *path, const struct stat *st)
{
    if (!first_time(loader, st))
        return;
    if (loader->files.len == CONFIG_MAX_FILES)
        loader->too_many = true;
    else
        text_list_add(&loader->files, path);
}

static void collect_entry(struct loader *loader, const char *dir, const char *name, unsigned depth)
{
    struct stat st;
    AUTO_FREE char *path = mem_printf("%s%s%s", dir, ends_with_slash(dir) ? "" : "/", name);
    if (stat(path, &st) != 0) {
        if (is_yaml_name(name))
            report_broken(loader, path, strerror(errno));
        return;
    }
    if (S_ISDIR(st.st_mode)) {
        if (first_time(loader, &st))
            collect_directory(loader, path, depth + 1);
    } else if (S_ISREG(st.st_mode) && is_yaml_name(name)) {
        add_file(loader, path, &st);
    }
}

static void collect_names(struct loader *loader, const char *dir, const struct text_list *names,
                          unsigned depth)
{
    if (names->len == CONFIG_MAX_FILES)
        loader->too_many = true;
    for (size_t i = 0; i < names->len && !loader->too_many; i++)
        collect_entry(loader, dir, names->items[i], depth);
}

static void collect_directory(struct loader *loader, const char *path, unsigned depth)
{
    struct text_list names = {0};
    if (depth > DEPTH_MAX)
        report_directory(loader, path, "too many directories below each other");
    else if (list_names(path, &names) != 0)
        report_directory(loader, path, strerror(errno));
    else
        collect_names(loader, path, &names, depth);
    text_list_done(&names);
}

/* The path the user gave: a directory, or one file of any name. Only here does a failure fail the whole. */
static int collect(struct loader *loader, const char *path, struct err *err)
{
    struct stat st;
    struct text_list names = {0};
    if (stat(path, &st) != 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode)) {
        add_file(loader, path, &st);
        return 0;
    }
    (void)first_time(loader, &st);
    int rc = list_names(path, &names);
    if (rc != 0)
        rc = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    else
        collect_names(loader, path, &names, 0);
    text_list_done(&names);
    if (rc == 0 && loader->too_many)
        rc = err_set(err, ERR_LIMIT, "%s: more than %u files", path, CONFIG_MAX_FILES);
    return rc;
}

static void build_documents(struct config_set *set, const struct yaml_stream *stream, const char *file,
                            const char *default_ns, struct diag_list *diags)
{
    size_t overflow = set->overflow;
    for (size_t i = 0; i < stream->len; i++)
        config_build_document(set, stream->documents[i], file, default_ns, diags);
    if (set->overflow > overflow)
        diag_add(diags, DIAG_ERROR, file, 0, 0, "",
                 "more than %u objects in all; %zu of this file are left out", CONFIG_MAX_OBJECTS,
                 set->overflow - overflow);
}

void config_load_bytes(struct config_set *set, const char *bytes, size_t len, const char *file,
                       const char *default_ns, struct diag_list *diags)
{
    struct yaml_stream stream;
    struct err err = {0};
    int line = 0, column = 0;
    size_t errors = diags->errors;
    if (yaml_parse(bytes, len, &stream, &line, &column, &err) != 0) {
        diag_add(diags, DIAG_ERROR, file, line, column, "", "%s", err.msg);
    } else {
        build_documents(set, &stream, file, default_ns, diags);
        yaml_done(&stream);
    }
    if (diags->errors > errors)
        text_list_add(&set->broken_files, file);
}

static void load_file(struct loader *loader, const char *path, const char *default_ns)
{
    char *bytes;
    size_t len;
    struct err err = {0};
    if (file_read(path, YAML_MAX_BYTES, &bytes, &len, &err) != 0) {
        report_broken(loader, path, diag_without_context(err.msg, path));
        return;
    }
    config_load_bytes(loader->set, bytes, len, path, default_ns, loader->diags);
    mem_wipe(bytes, len);
    mem_free(bytes);
}

int config_load(struct config_set *set, const char *path, const char *default_ns, struct diag_list *diags,
                struct err *err)
{
    struct loader loader = {.set = set, .diags = diags};
    int rc = collect(&loader, path, err);
    sort_texts(&loader.files);
    for (size_t i = 0; rc == 0 && i < loader.files.len; i++)
        load_file(&loader, loader.files.items[i], default_ns);
    forget_seen(&loader);
    text_list_done(&loader.files);
    return rc;
}
