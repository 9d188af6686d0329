/* Saved texts that wait for their objects: one per key, found, dropped, judged by age. */
#include "scaler/daemon/saved_text.h"

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/daemon/state_codec.h"
#include "tests/base/suite.h"

#define NOW 1800000000000LL

static char *text_saved_at(int64_t at_ms)
{
    struct saved_object saved = {.created_ms = at_ms, .saved_ms = at_ms};
    struct history history;
    history_init(&history);
    char *text = state_encode(&saved, &history);
    history_done(&history);
    return text;
}

START_TEST(a_key_has_one_text)
{
    struct saved_text *texts = NULL;
    saved_text_put(&texts, "a_x", "first");
    saved_text_put(&texts, "a_y", "other");
    saved_text_put(&texts, "a_x", "second");
    ck_assert_uint_eq(HASH_COUNT(texts), 2);
    ck_assert_str_eq(saved_text_find(texts, "a_x")->text, "second");
    ck_assert_uint_eq(saved_text_find(texts, "a_x")->hash, text_hash("a_x", 3));
    ck_assert_ptr_null(saved_text_find(texts, "a_"));
    saved_text_drop(&texts, saved_text_find(texts, "a_x"));
    saved_text_drop(&texts, saved_text_find(texts, "a_x"));
    ck_assert_ptr_null(saved_text_find(texts, "a_x"));
    ck_assert_str_eq(saved_text_find(texts, "a_y")->text, "other");
    saved_text_drop_all(&texts);
    ck_assert_ptr_null(texts);
}
END_TEST

static const struct {
    int64_t age_ms;
    bool older;
} ages[] = {{0, false}, {999, false}, {1000, false}, {1001, true}};

START_TEST(age_counts_from_the_save)
{
    struct saved_text *texts = NULL;
    AUTO_FREE char *text = text_saved_at(NOW - ages[_i].age_ms);
    saved_text_put(&texts, "a_x", text);
    ck_assert_int_eq(saved_text_is_older(texts, NOW, 1000), ages[_i].older);
    ck_assert(saved_text_is_older(texts, NOW + 1001, 1000));
    saved_text_drop_all(&texts);
}
END_TEST

START_TEST(what_cannot_be_read_is_old)
{
    struct saved_text *texts = NULL;
    saved_text_put(&texts, "a_x", "{\"v\":1");
    ck_assert(saved_text_is_older(texts, NOW, INT64_MAX));
    saved_text_drop_all(&texts);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("saved_text");
    SUITE_ADD(suite, a_key_has_one_text);
    SUITE_ADD_LOOP(suite, age_counts_from_the_save, ages);
    SUITE_ADD(suite, what_cannot_be_read_is_old);
    return suite_run(suite);
}
