/* What `davit validate` checks beyond single objects: triggers through their rows, references, two objects
 * with one target. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/diag.h"
#include "config/params.h"
#include "config/set.h"

/* The registry as config sees it; main.c hands it over. NULL: no such type. */
struct trigger_schemas {
    const struct trigger_schema *(*find)(const char *type);
};

/* cluster_ns: namespace in which ClusterTriggerAuthentications look for Secrets. Everything not among the
 * files is a warning. */
void config_check(const struct config_set *set, const struct trigger_schemas *schemas, const char *cluster_ns,
                  struct diag_list *diags);

#endif
