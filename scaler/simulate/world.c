/* Owns the simulated pods. */
#include "scaler/simulate/world.h"

#include "scaler/base/mem.h"

void world_init(struct world *world, int32_t replicas, int64_t ready_delay_ms)
{
    *world = (struct world){.ready_delay_ms = 0};
    world_scale(world, replicas, INT64_MIN);
    world->ready_delay_ms = ready_delay_ms;
}

void world_done(struct world *world)
{
    mem_free(world->cohorts);
    *world = (struct world){0};
}

/* Those that are ready are alike. */
static void merge_ready(struct world *world, int64_t now_ms)
{
    size_t ready = 0;
    int32_t pods = 0;
    while (ready < world->len && world->cohorts[ready].ready_at_ms <= now_ms)
        pods += world->cohorts[ready++].pods;
    if (ready < 2)
        return;
    world->cohorts[0] = (struct cohort){pods, world->cohorts[ready - 1].ready_at_ms};
    for (size_t i = ready; i < world->len; i++)
        world->cohorts[i - ready + 1] = world->cohorts[i];
    world->len -= ready - 1;
}

static void add(struct world *world, int32_t pods, int64_t now_ms)
{
    if (world->len == world->cap) {
        world->cap = world->cap ? world->cap * 2 : 8;
        world->cohorts = mem_realloc_array(world->cohorts, world->cap, sizeof *world->cohorts);
    }
    world->cohorts[world->len++] = (struct cohort){pods, now_ms + world->ready_delay_ms};
}

static void drop(struct world *world, int32_t pods)
{
    while (pods > 0 && world->len > 0) {
        struct cohort *last = &world->cohorts[world->len - 1];
        int32_t gone = last->pods < pods ? last->pods : pods;
        last->pods -= gone;
        pods -= gone;
        if (last->pods == 0)
            world->len--;
    }
}

void world_scale(struct world *world, int32_t replicas, int64_t now_ms)
{
    merge_ready(world, now_ms);
    if (replicas > world->replicas)
        add(world, replicas - world->replicas, now_ms);
    else
        drop(world, world->replicas - replicas);
    world->replicas = replicas;
}

int32_t world_ready(const struct world *world, int64_t now_ms)
{
    int32_t ready = 0;
    for (size_t i = 0; i < world->len && world->cohorts[i].ready_at_ms <= now_ms; i++)
        ready += world->cohorts[i].pods;
    return ready;
}

int64_t world_ready_at(const struct world *world, int32_t pods)
{
    int32_t ready = 0;
    if (pods <= 0)
        return INT64_MIN;
    for (size_t i = 0; i < world->len; i++) {
        ready += world->cohorts[i].pods;
        if (ready >= pods)
            return world->cohorts[i].ready_at_ms;
    }
    return INT64_MAX;
}
