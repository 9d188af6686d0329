/* Source and query keys: fields joined so that no two different lists of fields give the same key. */
#ifndef SCALERS_SHARED_KEY_H
#define SCALERS_SHARED_KEY_H

#include <stdint.h>

#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"

void key_add(struct strbuf *key, const char *text); /* NULL differs from "" */
void key_add_int(struct strbuf *key, int64_t value);
void key_add_map(struct strbuf *key, const struct text_map *map);

#endif
