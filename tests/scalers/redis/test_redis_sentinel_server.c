/* The redis-sentinel triggers against a real trio of sentinels, a master and a replica: the master dies while
 * it is read. */
#include "tests/scalers/redis/redis_set.h"
#include "tests/support/harness.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_redis_sentinel_list, scaler_redis_sentinel_streams;

static void push(struct redis_server *server, const char *key, int count)
{
    for (int i = 0; i < count; i++)
        redis_server_cli(server, "-a", DATA_SECRET, "RPUSH", key, "a", NULL);
}

/* Reads until there is a value; it must be the right one, and until then there must be none. */
static bool read_until_well(struct harness *harness, double value)
{
    bool failed = false;
    for (int i = 0; i < 200; i++) {
        struct outcome outcome = harness_read(harness);
        ck_assert_ptr_null(strstr(outcome.msg, "secret"));
        if (outcome.code == 0) {
            ck_assert_value(outcome, value);
            return failed;
        }
        failed = true;
        harness_idle(harness, 100);
    }
    ck_abort_msg("the readings do not come back");
}

static void check_streams(const struct redis_sentinels *set)
{
    const char *pairs[] = {"stream",
                           "events",
                           "addresses",
                           set->addresses,
                           "sentinelPassword",
                           SENTINEL_SECRET,
                           "sentinelMaster",
                           "shop",
                           "auth:password",
                           DATA_SECRET,
                           NULL};
    struct harness harness;
    harness_init(&harness);
    harness_open(&harness, &scaler_redis_sentinel_streams, pairs);
    struct outcome outcome = harness_read(&harness);
    ck_assert_value(outcome, 0);
    harness_done(&harness);
}

static const struct {
    const char *sentinel_password, *password, *master;
    int code;
    const char *piece;
} refusals[] = {
    {"wrong-secret", DATA_SECRET, "shop", ERR_AUTH, "AUTH was refused (WRONGPASS)"},
    {NULL, DATA_SECRET, "shop", ERR_AUTH, "wants a password"},
    {SENTINEL_SECRET, "wrong-secret", "shop", ERR_AUTH, "AUTH was refused (WRONGPASS)"},
    {SENTINEL_SECRET, DATA_SECRET, "bakery", ERR_NOT_FOUND, "no master of this name"},
};

static void check_refusals(const struct redis_sentinels *set)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const char *pairs[] = {"listName",
                               "jobs",
                               "addresses",
                               set->addresses,
                               "sentinelMaster",
                               refusals[i].master,
                               "password",
                               refusals[i].password,
                               "sentinelPassword",
                               refusals[i].sentinel_password,
                               NULL};
        if (!refusals[i].sentinel_password)
            pairs[8] = NULL;
        struct harness harness;
        harness_init(&harness);
        harness_open(&harness, &scaler_redis_sentinel_list, pairs);
        struct outcome outcome = harness_read(&harness);
        ck_assert_failed(outcome, refusals[i].code, refusals[i].piece);
        ck_assert_ptr_null(strstr(outcome.msg, "-secret"));
        harness_done(&harness);
    }
}

static void check_failover(struct redis_sentinels *set, struct harness *harness)
{
    redis_server_kill(&set->data[0]);
    ck_assert_msg(read_until_well(harness, 3), "the death of the master went unnoticed");
    push(&set->data[1], "jobs", 2);
    struct outcome outcome = harness_read(harness);
    ck_assert_value(outcome, 5);
}

/* The old master comes back, with its own idea of the queue, and is not read. */
static void check_return(struct redis_sentinels *set, struct harness *harness)
{
    redis_server_start(&set->data[0]);
    for (int i = 0; i < 15; i++) {
        struct outcome outcome = harness_read(harness);
        ck_assert_value(outcome, 5);
        harness_idle(harness, 100);
    }
}

/* Two of three sentinels die: the third, or whoever is left, is asked. None: the master that answers stays.
 */
static void check_sentinels_gone(struct redis_sentinels *set, struct harness *harness)
{
    for (int i = 0; i < REDIS_SENTINELS; i++) {
        redis_server_kill(&set->sentinels[i]);
        harness_idle(harness, 1100);
        struct outcome outcome = harness_read(harness);
        ck_assert_value(outcome, 5);
    }
    redis_server_kill(&set->data[1]);
    struct outcome outcome = harness_read(harness);
    ck_assert_int_lt(outcome.code, 0);
    outcome = harness_read(harness);
    ck_assert_failed(outcome, ERR_IO, "");
}

START_TEST(sentinels)
{
    struct redis_sentinels set;
    struct harness harness;
    redis_sentinels_open(&set);
    push(&set.data[0], "jobs", 3);
    const char *pairs[] = {"listName",
                           "jobs",
                           "addresses",
                           set.addresses,
                           "sentinelPassword",
                           SENTINEL_SECRET,
                           "sentinelMaster",
                           "shop",
                           "auth:password",
                           DATA_SECRET,
                           NULL};
    harness_init(&harness);
    harness_open(&harness, &scaler_redis_sentinel_list, pairs);
    ck_assert(!read_until_well(&harness, 3));
    check_streams(&set);
    check_refusals(&set);
    redis_server_await(&set.data[1], "-a " DATA_SECRET " llen jobs", "3");
    check_failover(&set, &harness);
    check_return(&set, &harness);
    check_sentinels_gone(&set, &harness);
    harness_done(&harness);
    redis_sentinels_close(&set);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, sentinels);
}

int main(void)
{
    return suite_run("redis sentinel server", 120, add);
}
