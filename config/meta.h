/* metadata of any object, and the hash of its content. */
#ifndef CONFIG_META_H
#define CONFIG_META_H

#include "config/walk.h"

struct meta_rules {
    bool cluster_scoped;
    size_t name_max;        /* NAME_SUBDOMAIN_MAX, or less */
    const char *default_ns; /* NULL or "": metadata.namespace is required */
};

/* Fills ret (zeroed by the caller) from document, its content hash included. Findings are the walk's. */
void meta_read(struct walk *walk, const struct yaml_node *document, const struct meta_rules *rules,
               struct config_meta *ret);
void meta_done(struct config_meta *meta);

uint64_t meta_content_hash(const struct yaml_node *document);

#endif
