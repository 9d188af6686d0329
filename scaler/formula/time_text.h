/* Times and durations as text, in Go's layouts. */
#ifndef SCALER_FORMULA_TIME_TEXT_H
#define SCALER_FORMULA_TIME_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "scaler/base/strbuf.h"
#include "scaler/base/zone.h"
#include "scaler/formula/value.h"

void time_append(struct strbuf *out, struct value value); /* a time, duration, weekday, month or zone */
/* Reads text by a layout such as "2006-01-02 15:04". zone: where it is without a word about it; NULL: UTC. */
bool time_parse(struct value layout, struct value text, const struct zone *zone, struct when *ret);
void time_civil(const struct when *when, struct civil *ret);
int64_t time_from_civil(const struct civil *civil, const struct zone *zone);

#endif
