/* The modifiers, each from one text to another. Inner to metrics_api/gjson*. */
#ifndef SCALERS_SHARED_DOCUMENT_GJSON_MODIFIERS_H
#define SCALERS_SHARED_DOCUMENT_GJSON_MODIFIERS_H

#include "scalers/shared/document/gjson.h"

struct gjson_span gjson_this(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
struct gjson_span gjson_only_valid(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
struct gjson_span gjson_reverse(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
struct gjson_span gjson_keys(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
struct gjson_span gjson_values(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
struct gjson_span gjson_tostr(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
struct gjson_span gjson_fromstr(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
/* gjson_modifiers_deep.c */
struct gjson_span gjson_flatten(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
struct gjson_span gjson_join(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
struct gjson_span gjson_group(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);
struct gjson_span gjson_dig(struct gjson_run *run, struct gjson_span json, struct gjson_span arg);

/* {"name": true} in a modifier's argument. */
bool gjson_option(struct gjson_run *run, struct gjson_span arg, const char *name);

#endif
