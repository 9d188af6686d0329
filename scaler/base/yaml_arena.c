/* Owns the chunks a YAML stream lives in. */
#include "scaler/base/yaml_arena.h"

#include <stdint.h>

#include "scaler/base/mem.h"

#define CHUNK_MIN ((size_t)4096)
#define CHUNK_MAX ((size_t)1 << 20)
#define ALIGNMENT sizeof(max_align_t)

struct yaml_arena_chunk {
    struct yaml_arena_chunk *next;
    size_t used;
    size_t size;
    max_align_t data[];
};

struct yaml_arena *yaml_arena_new(void)
{
    return mem_zalloc(sizeof(struct yaml_arena));
}

void yaml_arena_free(struct yaml_arena *arena)
{
    if (!arena)
        return;
    for (struct yaml_arena_chunk *chunk = arena->chunks; chunk;) {
        struct yaml_arena_chunk *next = chunk->next;
        mem_wipe(chunk->data, chunk->used);
        mem_free(chunk);
        chunk = next;
    }
    mem_free(arena);
}

/* Small files stay small: chunks grow with the stream. */
static struct yaml_arena_chunk *add_chunk(struct yaml_arena *arena, size_t size)
{
    size_t want = arena->bytes < CHUNK_MIN ? CHUNK_MIN : arena->bytes > CHUNK_MAX ? CHUNK_MAX : arena->bytes;
    size = size > want ? size : want;
    if (size > YAML_ARENA_MAX_BYTES - arena->bytes)
        return NULL;
    struct yaml_arena_chunk *chunk = mem_zalloc(sizeof(*chunk) + size);
    chunk->size = size;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->bytes += size;
    return chunk;
}

void *yaml_arena_alloc(struct yaml_arena *arena, size_t size)
{
    if (size > YAML_ARENA_MAX_BYTES)
        return NULL;
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct yaml_arena_chunk *chunk = arena->chunks;
    if (!chunk || chunk->size - chunk->used < size)
        chunk = add_chunk(arena, size);
    if (!chunk)
        return NULL;
    void *ptr = (char *)chunk->data + chunk->used;
    chunk->used += size;
    return ptr;
}
