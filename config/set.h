/* A snapshot of configuration: all objects read from a directory tree (or a list of paths). */
#ifndef CONFIG_SET_H
#define CONFIG_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "config/diag.h"
#include "config/formulas.h"
#include "config/object.h"
#include "scaler/base/err.h"

struct config_set {
    struct scaled_object **objects; /* each list sorted by ns, name; one reference held */
    size_t objects_len;
    struct trigger_auth **auths;
    size_t auths_len;
    struct key_values **values;
    size_t values_len;
    struct formula_pool formulas; /* of the objects */
    size_t ignored;               /* documents of kinds that do not concern us */
    size_t overflow;              /* objects beyond CONFIG_MAX_OBJECTS; config_load reports them */
    /* Files that could not be read as a whole or in part: objects that came from them before must be kept.
     * Sorted, each once. A name that ends in '/' is a directory that could not be listed: everything below it
     * is meant. */
    struct text_list broken_files;
};

#define CONFIG_MAX_FILES   100000u
#define CONFIG_MAX_OBJECTS 200000u

void config_set_init(struct config_set *set);
void config_set_done(struct config_set *set);

/* Adds one object, whose reference passes to the set. Beyond CONFIG_MAX_OBJECTS it is dropped and `overflow`
 * counts. */
void config_set_add_object_take(struct config_set *set, struct scaled_object *object);
void config_set_add_auth_take(struct config_set *set, struct trigger_auth *auth);
void config_set_add_values_take(struct config_set *set, struct key_values *values);

/* Reads every *.yaml / *.yml below dir, recursively; follows ConfigMap-mount symlinks (`..data`), skips other
 * dot names; or one file. Objects defined twice are an error at the second place (the first stays). Never
 * fails as a whole but for an unreadable path (what is added then is nothing) or more than CONFIG_MAX_FILES
 * files. */
int config_load(struct config_set *set, const char *path, const char *default_ns, struct diag_list *diags,
                struct err *err);
/* The same for text at hand; file is how messages name it. */
void config_load_bytes(struct config_set *set, const char *bytes, size_t len, const char *file,
                       const char *default_ns, struct diag_list *diags);
/* After all config_load calls: sorts, and reports duplicates across paths. */
void config_set_finish(struct config_set *set, struct diag_list *diags);

/* In a finished set; the reference stays the set's. NULL: not there. cluster: ns is not looked at. */
struct scaled_object *config_find_object(const struct config_set *set, const char *ns, const char *name);
struct trigger_auth *config_find_auth(const struct config_set *set, bool cluster, const char *ns,
                                      const char *name);
struct key_values *config_find_values(const struct config_set *set, bool secret, const char *ns,
                                      const char *name);

/* Whether a finished set tells nothing about what `file` held: it, or a directory above it, is among
 * broken_files. */
bool config_set_is_broken(const struct config_set *set, const char *file);

#endif
