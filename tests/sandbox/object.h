/* What it takes for an object to be accepted: shape, defaults, identity, generation. Pure but for uid, random
 * names and the time. */
#ifndef TESTS_SANDBOX_OBJECT_H
#define TESTS_SANDBOX_OBJECT_H

#include <jansson.h>
#include <stdbool.h>

#include "tests/sandbox/route.h"
#include "tests/sandbox/status.h"

/* A body of the right kind and namespace, its metadata an object, nulls dropped; name may be missing if
 * generateName is there. name: of the URL, or "". Changes object. -1: the reply holds the refusal. */
int object_check_identity(const struct resource *resource, const char *ns, const char *name, json_t *object,
                          struct reply *reply);

/* A new object's uid, time, generation, defaults; then the rules of its kind. *object may be exchanged. */
int object_prepare_new(const struct resource *resource, json_t **object, struct reply *reply);

/* The successor of old: identity carried over, status or spec kept according to sub, generation counted,
 * rules checked. *same: nothing would change. */
int object_prepare_update(const struct resource *resource, enum sub sub, json_t *old, json_t **object,
                          bool *ret_same, struct reply *reply);

/* object_rules.c */
/* Types, required fields and bounds alone; of a view before it is turned into what is stored. */
int object_check_fields(const struct resource *resource, json_t *object, struct reply *reply);
int object_check_rules(const struct resource *resource, json_t *object, struct reply *reply);
void object_set_defaults(const struct resource *resource, json_t *object);
bool object_name_is_valid(const char *name);

const char *object_now(char *buf, size_t size); /* "2026-08-20T10:00:00Z" */
void object_new_uid(char ret[37]);
/* Letters and digits the way generateName picks them; count ≤ 31. */
void object_random_suffix(char *ret, size_t count);

#endif
