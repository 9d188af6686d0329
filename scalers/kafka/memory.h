/* What excludePersistentLag remembers: the committed offsets of earlier readings, per query. Bounded, and
 * forgotten when a query is not asked for a while. One thread. */
#ifndef SCALERS_KAFKA_MEMORY_H
#define SCALERS_KAFKA_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A consumer has to stand still for this long before its lag is called persistent. KEDA compares with the
 * previous call, which the HPA makes 15 s apart; read several times a second, every consumer that commits
 * every five seconds (the clients' default) would look stuck in between, and its lag would vanish. */
#define KAFKA_PERSISTENT_MS ((int64_t)10 * 1000)

#define KAFKA_MEMORY_IDLE_MS        ((int64_t)60 * 60 * 1000)
#define KAFKA_MEMORY_MAX_PARTITIONS 200000u /* of all queries; what is beyond is never called persistent */

struct kafka_memory_query;

/* Zero-initialised is empty. */
struct kafka_memory {
    struct kafka_memory_query *queries;
    size_t partitions;
    int64_t swept_ms;
};

/* The query's memory, made if there is none; valid until the next sweep. */
struct kafka_memory_query *kafka_memory_open(struct kafka_memory *memory, const char *query_key,
                                             int64_t now_ms);
/* Takes note of the committed offset (≥ 0) and tells whether it stood still for KAFKA_PERSISTENT_MS. */
bool kafka_memory_persistent(struct kafka_memory *memory, struct kafka_memory_query *query, const char *topic,
                             int32_t partition, int64_t committed, int64_t now_ms);
/* Forgets what has been idle; cheap to call often. */
void kafka_memory_sweep(struct kafka_memory *memory, int64_t now_ms);
void kafka_memory_done(struct kafka_memory *memory);

#endif
