/* A kafka source: the loop's side of one cluster. The functions are those of struct scaler_type. */
#ifndef SCALERS_KAFKA_SOURCE_H
#define SCALERS_KAFKA_SOURCE_H

#include "scalers/api.h"

/* From the start of a read. */
#define KAFKA_READ_DEADLINE_MS 10000

int kafka_open(struct net *net, const void *config, struct scaler_source **ret, struct err *err);
int kafka_read(struct scaler_source *source, const void *config, scaler_done_fn done, void *arg,
               struct err *err);
void kafka_close(struct scaler_source *source, void (*closed)(void *arg), void *arg);

#endif
