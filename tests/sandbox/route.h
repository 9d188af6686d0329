/* What a request's method and path ask for. */
#ifndef TESTS_SANDBOX_ROUTE_H
#define TESTS_SANDBOX_ROUTE_H

#include "tests/sandbox/resource.h"

struct web_request;

enum verb {
    VERB_GET,
    VERB_LIST,
    VERB_WATCH,
    VERB_CREATE,
    VERB_UPDATE,
    VERB_PATCH,
    VERB_DELETE,
    VERB_DELETE_COLLECTION,
    VERB_OTHER,
};

enum sub { SUB_NONE, SUB_STATUS, SUB_SCALE, SUB_FINALIZE };

struct route {
    enum verb verb;
    const struct resource *resource; /* NULL: not an object's path */
    char *ns;                        /* "": all, or cluster scope */
    char *name;                      /* "": the collection */
    enum sub sub;
};

/* 0; 404: the path names a resource or subresource we do not have; 400: broken escapes. Other paths, and
 * those of groups we do not have, give resource NULL and 0. */
int route_parse(const struct web_request *request, struct route *ret);
void route_done(struct route *route);
const char *route_verb_name(enum verb verb);
/* "apps/deployments/scale" for counters and fault rules. Returns buf. */
const char *route_class(const struct route *route, const char *path, char *buf, size_t size);

#endif
