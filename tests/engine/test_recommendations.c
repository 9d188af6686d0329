/* The memory of recommendations: pruned or not, with whatever windows, it gives the same answers. */
#include "scaler/engine/stabilization.h"
#include "tests/engine/random_life.h"

#define TURNS 200

struct windows {
    int32_t up_s, down_s;
    bool plain;
};

static void random_windows(uint64_t *seed, struct windows *windows)
{
    windows->up_s = chance(seed, 50) ? 0 : random_below(seed, 120);
    windows->down_s = chance(seed, 20) ? 0 : random_below(seed, 300);
    windows->plain = chance(seed, 20);
}

static struct stabilized stabilize(struct recommendation_list *list, const struct windows *windows,
                                   int32_t current, int32_t desired, int64_t now_ms)
{
    if (windows->plain)
        return stabilize_plain(list, desired, windows->down_s, now_ms);
    return stabilize_behavior(list, current, desired, windows->up_s, windows->down_s, now_ms);
}

/* What a window may need again must stay: windows only shrink here, as a manifest's change may widen them. */
static void shrink(uint64_t *seed, struct windows *windows)
{
    if (!chance(seed, 2))
        return;
    windows->up_s = random_below(seed, windows->up_s + 1);
    windows->down_s = random_below(seed, windows->down_s + 1);
}

static int32_t next_desired(uint64_t *seed, int32_t desired, int32_t trend)
{
    if (chance(seed, 10))
        return random_below(seed, 100);
    int32_t next = desired + trend * random_below(seed, 3) + random_below(seed, 3) - 1;
    return next < 0 ? 0 : next;
}

/* §4's and §5.2's own lists, which forget nothing, say what is right. */
static void check_pruned(uint64_t seed, int loop, int life)
{
    struct recommendation_list whole = {0}, pruned = {0};
    struct windows windows;
    int64_t now_ms = T0;
    int32_t desired = random_below(&seed, 100), current = desired, trend = random_below(&seed, 3) - 1;
    random_windows(&seed, &windows);
    for (int turn = 0; turn < TURNS; turn++) {
        int32_t window_s = windows.up_s > windows.down_s ? windows.up_s : windows.down_s;
        shrink(&seed, &windows);
        now_ms += chance(&seed, 95) ? 1000 : random_below(&seed, 90000) - (chance(&seed, 5) ? 5000 : 0);
        desired = next_desired(&seed, desired, trend);
        if (chance(&seed, 2) && !windows.plain) {
            recommendations_drop_above(&whole, desired);
            recommendations_drop_above(&pruned, desired);
        }
        recommendations_prune(&pruned, windows.up_s, windows.down_s, now_ms);
        struct stabilized right = stabilize(&whole, &windows, current, desired, now_ms);
        struct stabilized got = stabilize(&pruned, &windows, current, desired, now_ms);
        recommendations_prune(&pruned, windows.up_s, windows.down_s, now_ms);
        ck_assert_msg(got.replicas == right.replicas && got.held == right.held &&
                          got.held_since_ms == right.held_since_ms &&
                          got.held_until_ms == right.held_until_ms && got.window_s == right.window_s,
                      "loop %d life %d turn %d: %d replicas, not %d", loop, life, turn, got.replicas,
                      right.replicas);
        ck_assert(pruned.len <= whole.len || window_s == 0);
        current = right.replicas;
    }
    mem_free(whole.items);
    mem_free(pruned.items);
}

START_TEST(pruning_changes_no_answer)
{
    for (int life = 0; life < life_count(); life++)
        check_pruned(life_seed(10, _i, life), _i, life);
}
END_TEST

/* Taken in one by one, the memory is what looking through all of it at once leaves. */
START_TEST(one_by_one_as_all_at_once)
{
    for (int life = 0; life < life_count(); life++) {
        uint64_t seed = life_seed(11, _i, life);
        struct recommendation_list list = {0}, fresh = {0};
        int64_t now_ms = T0;
        for (int turn = 0; turn < TURNS; turn++) {
            now_ms += random_below(&seed, 4000);
            (void)stabilize_behavior(&list, 5, random_below(&seed, 30), 60, 300, now_ms);
            fresh = list;
            fresh.pruned = 0;
            fresh.items = mem_zalloc_array(list.cap, sizeof(list.items[0]));
            memcpy(fresh.items, list.items, list.len * sizeof(list.items[0]));
            recommendations_prune(&list, 60, 300, now_ms);
            recommendations_prune(&fresh, 60, 300, now_ms);
            ck_assert_uint_eq(list.len, fresh.len);
            for (uint32_t i = 0; i < list.len; i++)
                ck_assert(list.items[i].value == fresh.items[i].value &&
                          list.items[i].at_ms == fresh.items[i].at_ms);
            mem_free(fresh.items);
        }
        mem_free(list.items);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/recommendations");
    TCase *tc = tcase_create("recommendations");
    tcase_set_timeout(tc, 600);
    tcase_add_loop_test(tc, pruning_changes_no_answer, 0, LOOPS);
    tcase_add_loop_test(tc, one_by_one_as_all_at_once, 0, LOOPS);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
