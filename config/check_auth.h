/* What an authentication refers to, among the files at hand. */
#ifndef CONFIG_CHECK_AUTH_H
#define CONFIG_CHECK_AUTH_H

#include "config/diag.h"
#include "config/set.h"

/* Warns of every Secret, ConfigMap or key that is not among the files and of what only a cluster can tell. */
void check_auth_refs(const struct config_set *set, const struct trigger_auth *auth, const char *cluster_ns,
                     struct diag_list *diags);

/* Parameters in the merge order of spec/keda-engine.md §5.3; true: there may be more than is at hand. The
 * caller wipes ret. */
bool check_auth_resolve(const struct config_set *set, const struct trigger_auth *auth, const char *cluster_ns,
                        struct text_map *ret);

#endif
