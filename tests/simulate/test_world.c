/* The pods of a simulated target: when they are ready, and which of them go. */
#include "scaler/simulate/world.h"
#include "tests/support/suite.h"

START_TEST(test_ready_in_time)
{
    struct world world;
    world_init(&world, 2, 30);
    ck_assert_int_eq(world_ready(&world, 0), 2);
    world_scale(&world, 5, 100);
    world_scale(&world, 6, 110);
    ck_assert_int_eq(world_ready(&world, 129), 2);
    ck_assert_int_eq(world_ready(&world, 130), 5);
    ck_assert_int_eq(world_ready(&world, 140), 6);
    ck_assert(world_ready_at(&world, 0) == INT64_MIN);
    ck_assert(world_ready_at(&world, 2) == INT64_MIN);
    ck_assert_int_eq(world_ready_at(&world, 3), 130);
    ck_assert_int_eq(world_ready_at(&world, 6), 140);
    ck_assert(world_ready_at(&world, 7) == INT64_MAX);
    world_done(&world);
}
END_TEST

START_TEST(test_the_youngest_go)
{
    struct world world;
    world_init(&world, 2, 30);
    world_scale(&world, 5, 100);
    world_scale(&world, 3, 110);
    ck_assert_int_eq(world_ready(&world, 110), 2);
    ck_assert_int_eq(world_ready(&world, 130), 3);
    world_scale(&world, 1, 131);
    ck_assert_int_eq(world_ready(&world, 131), 1);
    world_scale(&world, 0, 132);
    ck_assert_int_eq(world_ready(&world, 132), 0);
    world_scale(&world, 4, 200);
    ck_assert_int_eq(world_ready(&world, 229), 0);
    ck_assert_int_eq(world_ready(&world, 230), 4);
    world_done(&world);
}
END_TEST

/* Against counting each pod by itself; and the memory stays small once they are ready. */
START_TEST(test_like_single_pods)
{
    enum { PODS = 40 };
    int64_t born[PODS] = {0};
    int32_t len = 0;
    uint32_t seed = 12345;
    struct world world;
    world_init(&world, 0, 50);
    for (int64_t now = 0; now < 20000; now += 7) {
        seed = seed * 1664525u + 1013904223u;
        if (seed % 3 == 0) {
            int32_t replicas = (int32_t)(seed >> 8) % PODS;
            for (replicas = replicas < 0 ? -replicas : replicas; len < replicas; len++)
                born[len] = now;
            len = replicas;
            world_scale(&world, replicas, now);
        }
        int32_t ready = 0;
        for (int32_t i = 0; i < len; i++)
            ready += born[i] + 50 <= now;
        ck_assert_int_eq(world_ready(&world, now), ready);
        ck_assert_uint_le(world.len, 10);
    }
    world_done(&world);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_ready_in_time);
    tcase_add_test(tests, test_the_youngest_go);
    tcase_add_test(tests, test_like_single_pods);
}

int main(void)
{
    return suite_run("simulate/world", 30, add);
}
