/* What the ledger holds, as JSON: one decision, and the policy it was made by. Pure: knows no object. Each
 * appends whole members or values to body. */
#ifndef SCALER_DAEMON_LEDGER_JSON_H
#define SCALER_DAEMON_LEDGER_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "scaler/base/strbuf.h"
#include "scaler/daemon/ledger.h"
#include "scaler/engine/policy.h"

/* How a trigger is called. */
struct ledger_label {
    const char *name; /* the manifest's, or the metric's; NULL: not known any more */
    const char *type;
};

/* {"at":…, "current":…, …, "steps":[…], "triggers":[…]} */
void ledger_json_decision(struct strbuf *body, const struct ledger_entry *entry,
                          const struct ledger_label *labels, size_t labels_len);
void ledger_json_step(struct strbuf *body, const struct decision_step *step); /* {"limit":…, …} */
/* {"min":…, "max":…, …}: no names, no secrets. */
void ledger_json_policy(struct strbuf *body, const struct policy *policy);

/* Members. Times are RFC 3339 with milliseconds, null for 0. */
void ledger_json_string(struct strbuf *body, const char *key, const char *value);
void ledger_json_time(struct strbuf *body, const char *key, int64_t ms);
void ledger_json_number(struct strbuf *body, const char *key, double value); /* null if not finite */
void ledger_json_milli(struct strbuf *body, const char *key, int64_t milli);
const char *ledger_json_bool(int value);

#endif
