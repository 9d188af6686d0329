/* Memory of one YAML stream: many small pieces, freed (and wiped: kubeconfigs hold tokens) together. Inner to
 * base/yaml. */
#ifndef SCALER_BASE_YAML_ARENA_H
#define SCALER_BASE_YAML_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#define YAML_ARENA_MAX_BYTES ((size_t)512 << 20)

struct yaml_arena_chunk;

struct yaml_arena {
    struct yaml_arena_chunk *chunks;
    size_t bytes; /* in all chunks */
};

struct yaml_arena *yaml_arena_new(void);
void yaml_arena_free(struct yaml_arena *arena);
/* Zeroed memory, aligned for any type; NULL when the stream would exceed YAML_ARENA_MAX_BYTES. */
void *yaml_arena_alloc(struct yaml_arena *arena, size_t size);

#endif
