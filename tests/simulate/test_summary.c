/* The figures, from evaluations made by hand. */
#include <math.h>

#include "scaler/base/mem.h"
#include "scaler/simulate/summary.h"
#include "tests/support/suite.h"

#define START INT64_C(1700000000000)

static struct simulation_options options = {.replicas = 2, .until_ms = 3600000, .start_ms = START};

struct fixture {
    struct summary summary;
    struct world world;
    int32_t replicas;
};

static void setup(struct fixture *fixture, int64_t ready_delay_ms)
{
    summary_init(&fixture->summary, "a/b", &options);
    world_init(&fixture->world, options.replicas, ready_delay_ms);
    fixture->replicas = options.replicas;
}

static void look(struct fixture *fixture, int64_t seconds, int32_t asked, int32_t replicas)
{
    struct decision decision = {.current = fixture->replicas, .replicas = replicas, .best = asked};
    world_scale(&fixture->world, replicas, START + seconds * 1000);
    fixture->replicas = replicas;
    const struct instant instant = {
        .t_ms = seconds * 1000, .start_ms = START, .decision = &decision, .world = &fixture->world};
    fixture->summary.sink.instant(&fixture->summary.sink, &instant);
}

START_TEST(test_pod_hours_and_bounds)
{
    struct fixture fixture;
    setup(&fixture, 0);
    look(&fixture, 0, 2, 2);
    look(&fixture, 900, 6, 6);
    look(&fixture, 1800, 1, 1);
    summary_finish(&fixture.summary);
    /* 2 × 15 min + 6 × 15 min + 1 × 30 min */
    ck_assert(fabs(fixture.summary.pod_ms / 3600000 - 2.5) < 1e-9);
    ck_assert_int_eq(fixture.summary.lowest, 1);
    ck_assert_int_eq(fixture.summary.highest, 6);
    ck_assert_uint_eq(fixture.summary.ups, 1);
    ck_assert_uint_eq(fixture.summary.downs, 1);
    ck_assert_uint_eq(fixture.summary.evaluations, 3);
    world_done(&fixture.world);
}
END_TEST

/* Against the direction of the change before, at most ten minutes later; the same direction is none. */
START_TEST(test_flaps)
{
    static const struct {
        int64_t second;
        int32_t replicas;
        uint64_t flaps;
    } rows[] = {{0, 2, 0},    {10, 3, 0},   {20, 4, 0},   {620, 3, 1},
                {1220, 2, 1}, {1821, 3, 1}, {1822, 2, 2}, {1823, 3, 3}};
    struct fixture fixture;
    setup(&fixture, 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        look(&fixture, rows[i].second, rows[i].replicas, rows[i].replicas);
        ck_assert_uint_eq(fixture.summary.flaps, rows[i].flaps);
    }
    world_done(&fixture.world);
}
END_TEST

START_TEST(test_above_target)
{
    struct fixture fixture;
    setup(&fixture, 40000);
    look(&fixture, 0, 2, 2);    /* enough */
    look(&fixture, 100, 5, 4);  /* one is not given: all the time until the next look */
    look(&fixture, 130, 4, 4);  /* four are there, ready at 140 */
    look(&fixture, 200, -1, 4); /* nothing is asked for */
    look(&fixture, 300, 5, 5);  /* ready at 340 */
    summary_finish(&fixture.summary);
    ck_assert_int_eq(fixture.summary.above_ms, 30000 + 10000 + 40000);
    world_done(&fixture.world);
}
END_TEST

START_TEST(test_json)
{
    struct fixture fixture;
    AUTO_STRBUF struct strbuf text;
    strbuf_init(&text);
    setup(&fixture, 0);
    look(&fixture, 0, 2, 2);
    summary_finish(&fixture.summary);
    summary_json(&fixture.summary, &text);
    ck_assert_str_eq(text.data,
                     "{\"object\":\"a/b\",\"pod_hours\":2.000,\"scale_events\":0,\"ups\":0,\"downs\":0,"
                     "\"flaps\":0,\"above_target_seconds\":0,\"lowest\":2,\"highest\":2,\"last\":2,"
                     "\"evaluations\":1,\"seconds\":3600}\n");
    world_done(&fixture.world);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_pod_hours_and_bounds);
    tcase_add_test(tests, test_flaps);
    tcase_add_test(tests, test_above_target);
    tcase_add_test(tests, test_json);
}

int main(void)
{
    return suite_run("simulate/summary", 30, add);
}
