/* A snapshot of configuration: all objects read from a directory tree (or a list of paths). */
#ifndef CONFIG_SET_H
#define CONFIG_SET_H

#include <stddef.h>

#include "config/diag.h"
#include "config/object.h"
#include "scaler/base/err.h"

struct config_set {
    struct scaled_object **objects; /* each list sorted by ns, name; one reference held */
    size_t objects_len;
    struct trigger_auth **auths;
    size_t auths_len;
    struct key_values **values;
    size_t values_len;
    size_t ignored; /* documents of kinds that do not concern us */
    /* Files that could not be read as a whole or in part: objects that came from them before must be kept. Sorted. */
    struct text_list broken_files;
};

#define CONFIG_MAX_FILES   100000u
#define CONFIG_MAX_OBJECTS 200000u

void config_set_init(struct config_set *set);
void config_set_done(struct config_set *set);

/* Reads every *.yaml / *.yml below dir, recursively; follows ConfigMap-mount symlinks (`..data`), skips other dot names; or one file.
 * Objects defined twice are an error at the second place (the first stays). Never fails as a whole but for an unreadable dir. */
int config_load(struct config_set *set, const char *path, const char *default_ns, struct diag_list *diags, struct err *err);
/* After all config_load calls: sorts, and reports duplicates across paths. */
void config_set_finish(struct config_set *set, struct diag_list *diags);

struct scaled_object *config_find_object(const struct config_set *set, const char *ns, const char *name);
struct trigger_auth *config_find_auth(const struct config_set *set, bool cluster, const char *ns, const char *name);
struct key_values *config_find_values(const struct config_set *set, bool secret, const char *ns, const char *name);

#endif
