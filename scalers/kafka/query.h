/* What one reading asks of a cluster: an own copy, so that it can outlive the trigger's config on another
 * thread. */
#ifndef SCALERS_KAFKA_QUERY_H
#define SCALERS_KAFKA_QUERY_H

#include <stdbool.h>

#include "scaler/base/text.h"
#include "scalers/kafka/config.h"
#include "scalers/kafka/lag.h"

struct kafka_query {
    char *key; /* the trigger's query key */
    char *group;
    struct text_list topics; /* empty: all that the group has committed offsets for */
    struct param_ranges limits;
    bool limited; /* only partitions in limits count */
    bool exclude_persistent;
    struct kafka_lag_rules rules;
};

void kafka_query_init(struct kafka_query *query, const struct kafka_config *config);
void kafka_query_done(struct kafka_query *query);
/* Everything that changes the value. */
void kafka_query_key(const struct kafka_config *config, struct strbuf *key);

#endif
