/* Many objects at once, for benches. */
#ifndef TESTS_SANDBOX_BULK_H
#define TESTS_SANDBOX_BULK_H

#include <jansson.h>

struct call;

#define BULK_MAX 200000

/* {"kind": "Deployment", "apiVersion": "apps/v1", "namespace": "bench", "prefix": "d", "count": 10000,
 * "replicas": 1} makes d-0 … d-9999; "object": {…} is a template for any kind, in whose texts {{name}} and
 * {{n}} are replaced. Objects that are there already are left alone. Fills call->reply. */
void bulk_create(struct call *call, json_t *body);

#endif
