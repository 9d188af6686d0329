/* The names a watch knows, each with the resourceVersion last reported: what is needed to tell news from
 * repetitions, and to find out what vanished while nobody looked. */
#ifndef SCALER_KUBE_WATCH_KNOWN_H
#define SCALER_KUBE_WATCH_KNOWN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known_object;

struct watch_known {
    struct known_object *objects;
    uint32_t round; /* of the list under way */
};

/* What identifies an object; borrowed from its JSON. */
struct object_id {
    const char *ns; /* "" for cluster-scoped ones */
    const char *name;
    const char *resource_version; /* "" if it has none: always news */
};

/* false: no object has such metadata. */
bool object_id_read(json_t *object, struct object_id *ret);

size_t watch_known_count(const struct watch_known *known);
/* Notes the object as seen in this round. true: it is news (unknown, or of another resourceVersion). */
bool watch_known_see(struct watch_known *known, const struct object_id *id);
/* true: it was known. */
bool watch_known_forget(struct watch_known *known, const struct object_id *id);
void watch_known_begin_round(struct watch_known *known);
/* Takes out one object not seen in this round; false: there is none (left). The caller frees *ret_ns and
 * *ret_name. Call it until false; *cursor starts as NULL. */
bool watch_known_take_unseen(struct watch_known *known, struct known_object **cursor, char **ret_ns,
                             char **ret_name);
void watch_known_done(struct watch_known *known);

#endif
