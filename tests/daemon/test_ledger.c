/* The ledger: equal decisions are one entry, the ring is bounded, selectors become text. */
#include "scaler/daemon/ledger.h"

#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/daemon/selector.h"
#include "tests/base/suite.h"

static void add(struct ledger *ledger, int32_t current, int32_t replicas, double value, int64_t now)
{
    struct decision decision = {
        .current = current, .replicas = replicas, .best = replicas, .triggers_len = 1, .steps_len = 1};
    decision.triggers[0] =
        (struct trigger_outcome){.state = READING_OK, .has_proposal = true, .proposal = replicas};
    decision.triggers[0].value_milli = (int64_t)(value * 1000);
    struct reading reading = {.state = READING_OK, .value = value, .at_ms = now};
    ledger_add(ledger, &decision, &reading, now);
}

START_TEST(equal_decisions_are_one_entry)
{
    struct ledger ledger = {0};
    add(&ledger, 3, 3, 30, 1000);
    add(&ledger, 3, 3, 31, 2000);
    add(&ledger, 3, 3, 29, 3000);
    const struct ledger_entry *entry = ledger_get(&ledger, 0);
    ck_assert_uint_eq(entry->count, 3);
    ck_assert_int_eq(entry->first_ms, 1000);
    ck_assert_int_eq(entry->last_ms, 3000);
    ck_assert_int_eq(entry->triggers[0].value_milli, 29000);
    ck_assert_ptr_null(ledger_get(&ledger, 1));
    add(&ledger, 3, 5, 50, 4000);
    ck_assert_int_eq(ledger_get(&ledger, 0)->write, LEDGER_WRITING);
    ledger_set_write(&ledger, LEDGER_WRITTEN);
    ck_assert_int_eq(ledger_get(&ledger, 0)->write, LEDGER_WRITTEN);
    ck_assert_int_eq(ledger_get(&ledger, 1)->replicas, 3);
    ledger_done(&ledger);
}
END_TEST

START_TEST(the_ring_keeps_the_newest)
{
    struct ledger ledger = {0};
    for (int32_t i = 0; i < 3 * LEDGER_ENTRIES; i++)
        add(&ledger, i, i + 1, i, i);
    for (int32_t back = 0; back < LEDGER_ENTRIES; back++)
        ck_assert_int_eq(ledger_get(&ledger, (size_t)back)->current, 3 * LEDGER_ENTRIES - 1 - back);
    ck_assert_ptr_null(ledger_get(&ledger, LEDGER_ENTRIES));
    ledger_done(&ledger);
}
END_TEST

static void add_wide(struct ledger *ledger, uint32_t triggers, uint32_t steps, int64_t now)
{
    struct decision decision = {.current = 1,
                                .replicas = 2,
                                .triggers_len = triggers,
                                .steps_len = steps,
                                .composite.used = now % 7 == 0,
                                .composite.result = COMPOSITE_OK};
    struct reading readings[DECISION_TRIGGERS_MAX] = {0};
    ledger_add(ledger, &decision, readings, now);
}

static const struct {
    uint32_t triggers, steps;
    unsigned kept; /* of many */
} sizes[] = {
    {0, 0, 8}, {2, 3, 8}, {8, 4, 8}, {16, 8, 4}, {40, 8, 2}, {64, 8, 1},
};

START_TEST(memory_is_bounded_whatever_the_object)
{
    struct ledger ledger = {0};
    for (int64_t i = 0; i < 50; i++) {
        add_wide(&ledger, sizes[_i].triggers, sizes[_i].steps, i + 1);
        ck_assert_uint_le(ledger_bytes(&ledger), LEDGER_BYTES_MAX);
        ck_assert_int_eq(ledger_get(&ledger, 0)->first_ms, i + 1);
    }
    ck_assert_uint_eq(ledger.len, sizes[_i].kept);
    for (unsigned back = 0; back < ledger.len; back++)
        ck_assert_int_eq(ledger_get(&ledger, back)->first_ms, 50 - (int64_t)back);
    ledger_done(&ledger);
}
END_TEST

/* An object whose number of triggers changes again and again: order and bound stay. */
START_TEST(entries_of_mixed_sizes_stay_in_order)
{
    struct ledger ledger = {0};
    uint32_t triggers = 1;
    for (int64_t i = 1; i < 3000; i++) {
        triggers = triggers * 1103515245u + 12345u;
        add_wide(&ledger, (triggers >> 16) % (i % 100 < 50 ? 65 : 3), (triggers >> 8) % 9, i);
        ck_assert_uint_le(ledger_bytes(&ledger), LEDGER_BYTES_MAX);
        const struct ledger_entry *entry;
        for (size_t back = 0; (entry = ledger_get(&ledger, back)); back++)
            ck_assert_int_eq(entry->first_ms, i - (int64_t)back);
    }
    ledger_done(&ledger);
}
END_TEST

/* What ten thousand ordinary objects pay: two triggers, three steps a decision, a full ring. */
START_TEST(an_ordinary_object_takes_little)
{
    struct ledger ledger = {0};
    for (int64_t i = 0; i < 20; i++)
        add_wide(&ledger, 2, 3, i + 1);
    ck_assert_uint_le(ledger_bytes(&ledger), 2048);
    ledger_done(&ledger);
}
END_TEST

static const struct {
    const char *json, *text;
} selectors[] = {
    {"{\"matchLabels\":{\"a\":\"b\",\"c\":\"d\"}}", "a=b,c=d"},
    {"{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"In\",\"values\":[\"x\",\"y\"]}]}", "k in (x,y)"},
    {"{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"NotIn\",\"values\":[\"x\"]},{\"key\":\"e\","
     "\"operator\":\"Exists\"}]}",
     "k notin (x),e"},
    {"{\"matchLabels\":{\"a\":\"b\"},\"matchExpressions\":[{\"key\":\"e\",\"operator\":\"DoesNotExist\"}]}",
     "a=b,!e"},
    {"{}", ""},
    {"{\"matchLabels\":[],\"matchExpressions\":[3,null]}", ""},
};

START_TEST(selector_text)
{
    AUTO_JSON json_t *selector = NULL;
    struct err err;
    ck_assert_int_eq(json_load_bytes(selectors[_i].json, strlen(selectors[_i].json), &selector, &err), 0);
    AUTO_FREE char *text = selector_format(selector);
    ck_assert_str_eq(text, selectors[_i].text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger");
    SUITE_ADD(suite, equal_decisions_are_one_entry);
    SUITE_ADD(suite, the_ring_keeps_the_newest);
    SUITE_ADD_LOOP(suite, memory_is_bounded_whatever_the_object, sizes);
    SUITE_ADD(suite, entries_of_mixed_sizes_stay_in_order);
    SUITE_ADD(suite, an_ordinary_object_takes_little);
    SUITE_ADD_LOOP(suite, selector_text, selectors);
    return suite_run(suite);
}
