/* One YAML (or JSON-as-YAML) document → one typed object. All findings go to diags; every error is found in
 * one run. */
#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

#include "config/diag.h"
#include "config/object.h"
#include "scaler/base/yaml.h"

struct config_set;

/* Adds the object(s) of one document (`List` kinds included) to set. Documents of other kinds are ignored
 * (counted in set->ignored); a document without kind or apiVersion is an error. default_ns: for namespaced
 * kinds without metadata.namespace. An object with any error is not added. */
void config_build_document(struct config_set *set, const struct yaml_node *document, const char *file,
                           const char *default_ns, struct diag_list *diags);

#endif
