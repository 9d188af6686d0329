/* What excludePersistentLag remembers, and for how long. */
#include "scalers/kafka/memory.h"

#include <stdio.h>

#include "scaler/base/mem.h"
#include "tests/support/suite.h"

static const struct {
    int64_t at_ms;
    int64_t committed;
    bool persistent;
} cycles[] = {
    {0, 100, false},                                              /* first seen */
    {9999, 100, false},                                           /* not for long enough */
    {10000, 100, true},  {15000, 101, false},                     /* moves */
    {16000, 101, false}, {25000, 101, true},  {26000, 90, false}, /* moves backwards: it moves */
    {60000, 90, true},
};

START_TEST(cycle)
{
    struct kafka_memory memory = {0};
    for (size_t i = 0; i < ARRAY_LEN(cycles); i++) {
        struct kafka_memory_query *query = kafka_memory_open(&memory, "q", cycles[i].at_ms);
        bool persistent =
            kafka_memory_persistent(&memory, query, "t", 0, cycles[i].committed, cycles[i].at_ms);
        ck_assert_msg(persistent == cycles[i].persistent, "cycle %zu", i);
    }
    kafka_memory_done(&memory);
    ck_assert_uint_eq(memory.partitions, 0);
}
END_TEST

START_TEST(queries_and_partitions_are_apart)
{
    struct kafka_memory memory = {0};
    struct kafka_memory_query *a = kafka_memory_open(&memory, "a", 0);
    struct kafka_memory_query *b = kafka_memory_open(&memory, "b", 0);
    ck_assert_ptr_ne(a, b);
    ck_assert(!kafka_memory_persistent(&memory, a, "t", 0, 5, 0));
    ck_assert(kafka_memory_persistent(&memory, a, "t", 0, 5, 20000));
    ck_assert(!kafka_memory_persistent(&memory, b, "t", 0, 5, 20000));
    ck_assert(!kafka_memory_persistent(&memory, a, "t", 1, 5, 20000));
    ck_assert(!kafka_memory_persistent(&memory, a, "t2", 0, 5, 20000));
    ck_assert_ptr_eq(kafka_memory_open(&memory, "a", 30000), a);
    ck_assert_uint_eq(memory.partitions, 4);
    kafka_memory_done(&memory);
}
END_TEST

START_TEST(forgets_what_is_idle)
{
    struct kafka_memory memory = {0};
    int64_t now_ms = KAFKA_MEMORY_IDLE_MS * 10;
    struct kafka_memory_query *kept = kafka_memory_open(&memory, "kept", now_ms);
    struct kafka_memory_query *idle = kafka_memory_open(&memory, "idle", now_ms);
    kafka_memory_persistent(&memory, kept, "old", 0, 5, now_ms);
    kafka_memory_persistent(&memory, idle, "t", 0, 5, now_ms);
    now_ms += KAFKA_MEMORY_IDLE_MS + 1;
    kafka_memory_open(&memory, "kept", now_ms);
    kafka_memory_persistent(&memory, kept, "new", 0, 5, now_ms);
    kafka_memory_sweep(&memory, now_ms);
    ck_assert_uint_eq(memory.partitions, 1);
    kafka_memory_sweep(&memory, now_ms + 1); /* too soon to be one */
    ck_assert_uint_eq(memory.partitions, 1);
    kafka_memory_done(&memory);
}
END_TEST

START_TEST(is_bounded)
{
    struct kafka_memory memory = {0};
    struct kafka_memory_query *query = kafka_memory_open(&memory, "q", 0);
    for (unsigned i = 0; i < KAFKA_MEMORY_MAX_PARTITIONS; i++)
        kafka_memory_persistent(&memory, query, "t", (int32_t)i, 5, 0);
    ck_assert_uint_eq(memory.partitions, KAFKA_MEMORY_MAX_PARTITIONS);
    ck_assert(!kafka_memory_persistent(&memory, query, "u", 0, 5, 0));
    ck_assert(
        !kafka_memory_persistent(&memory, query, "u", 0, 5, 20000)); /* full: its lag goes on counting */
    ck_assert(kafka_memory_persistent(&memory, query, "t", 7, 5, 20000));
    ck_assert_uint_eq(memory.partitions, KAFKA_MEMORY_MAX_PARTITIONS);
    kafka_memory_done(&memory);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, cycle);
    tcase_add_test(tests, queries_and_partitions_are_apart);
    tcase_add_test(tests, forgets_what_is_idle);
    tcase_add_test(tests, is_bounded);
}

int main(void)
{
    return suite_run("kafka_memory", 60, add);
}
