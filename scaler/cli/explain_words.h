/* Words of `davit explain`: times, spans, numbers, names; and the sentences for what cut a wish. */
#ifndef SCALER_CLI_EXPLAIN_WORDS_H
#define SCALER_CLI_EXPLAIN_WORDS_H

#include "scaler/base/strbuf.h"
#include "scaler/cli/explain_model.h"

#define WORDS_TEXT_MAX 160 /* bytes of a foreign text on one screen */

/* A text from outside: no control characters (a terminal would obey them), no more than WORDS_TEXT_MAX. */
void words_text(struct strbuf *out, const char *text);
void words_span(struct strbuf *out, int64_t ms); /* "4 s", "2 min 10 s", "3 h 5 min" */
/* "12:03:10", with the date if it is another day than now; a simulation's "t=310 s". */
void words_time(struct strbuf *out, const struct explain_object *object, int64_t ms);
/* "4 s ago", "now", "in 2 s". */
void words_distance(struct strbuf *out, const struct explain_object *object, int64_t ms);
void words_number(struct strbuf *out, double value);
void words_replicas(struct strbuf *out, int32_t replicas); /* "1 replica", "8 replicas" */
void words_trigger_name(struct strbuf *out, const struct explain_decision *decision, int32_t index);
const char *words_reason(enum decision_reason reason);

/* explain_chain.c: one line for each thing that cut the wish, indented. */
void chain_append(struct strbuf *out, const struct explain_object *object,
                  const struct explain_decision *decision);

#endif
