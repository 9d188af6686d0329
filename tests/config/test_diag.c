/* The list of findings, "did you mean", and the shapes of names. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "config/diag.h"
#include "config/names.h"
#include "config/suggest.h"
#include "scaler/base/mem.h"

START_TEST(findings_are_sorted_stably)
{
    struct diag_list list = {0};
    diag_add(&list, DIAG_ERROR, "b", 1, 1, "p", "1");
    diag_add(&list, DIAG_WARNING, "a", 2, 5, "p", "2");
    diag_add(&list, DIAG_ERROR, "a", 2, 1, "p", "3");
    diag_add(&list, DIAG_ERROR, "a", 2, 5, "p", "4");
    diag_add(&list, DIAG_ERROR, "a", 0, 0, "", "5");
    diag_list_sort(&list);
    static const char *const order[] = {"5", "3", "2", "4", "1"};
    for (size_t i = 0; i < list.len; i++)
        ck_assert_str_eq(list.items[i].message, order[i]);
    ck_assert(list.len == 5 && list.errors == 4 && list.warnings == 1);
    diag_list_done(&list);
    ck_assert(list.len == 0 && list.errors == 0);
}
END_TEST

START_TEST(findings_are_one_printable_line)
{
    struct diag_list list = {0};
    diag_add(&list, DIAG_ERROR, NULL, 0, 0, "a\nb", "x\r\n\x1b[31m\x7f%s\xff", "\u00e4\xe2\x82");
    ck_assert_str_eq(list.items[0].file, "");
    ck_assert_str_eq(list.items[0].path, "a?b");
    ck_assert_str_eq(list.items[0].message, "x???[31m?\u00e4???");
    diag_list_done(&list);
}
END_TEST

START_TEST(a_repeated_context_is_left_out)
{
    ck_assert_str_eq(diag_without_context("a.yaml: too large", "a.yaml"), "too large");
    ck_assert_str_eq(diag_without_context("a.yaml:too large", "a.yaml"), "a.yaml:too large");
    ck_assert_str_eq(diag_without_context("too large", "a.yaml"), "too large");
}
END_TEST

START_TEST(findings_have_an_end)
{
    struct diag_list list = {0};
    for (size_t i = 0; i < DIAG_MAX + 5; i++)
        diag_add(&list, DIAG_ERROR, "f", 1, 1, "", "x");
    ck_assert(list.len == DIAG_MAX && list.dropped == 5 && list.errors == DIAG_MAX + 5);
    diag_list_done(&list);
}
END_TEST

static const struct {
    const char *word, *found;
} suggestions[] = {
    {"maxReplicas", "maxReplicaCount"},
    {"minReplicaCounts", "minReplicaCount"},
    {"colldownPeriod", "cooldownPeriod"},
    {"COOLDOWNPERIOD", "cooldownPeriod"},
    {"trigers", "triggers"},
    {"tirggers", "triggers"},
    {"foo", NULL},
    {"", NULL},
    {"x", NULL},
    {"somethingElse", NULL},
};

START_TEST(near_words_are_suggested)
{
    static const char *const known[] = {"maxReplicaCount", "minReplicaCount", "cooldownPeriod", "triggers",
                                        "davit"};
    struct suggest suggest;
    suggest_init(&suggest, suggestions[_i].word);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        suggest_offer(&suggest, known[i]);
    ck_assert_pstr_eq(suggest.best, suggestions[_i].found);
}
END_TEST

START_TEST(endless_words_get_no_suggestion)
{
    char word[4096];
    struct suggest suggest;
    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    suggest_init(&suggest, word);
    suggest_offer(&suggest, "aaaa");
    suggest_offer(&suggest, word);
    ck_assert_ptr_null(suggest.best);
}
END_TEST

static const struct {
    const char *(*check)(const char *text);
    const char *text;
    bool right;
} names[] = {
    {name_check_subdomain, "web", true},
    {name_check_subdomain, "web-1.shop", true},
    {name_check_subdomain, "", false},
    {name_check_subdomain, "a..b", false},
    {name_check_subdomain, ".a", false},
    {name_check_subdomain, "a.", false},
    {name_check_subdomain, "-a", false},
    {name_check_subdomain, "a-", false},
    {name_check_subdomain, "a/b", false},
    {name_check_subdomain, "A", false},
    {name_check_subdomain, "a%2f", false},
    {name_check_subdomain, "..", false},
    {name_check_label, "shop", true},
    {name_check_label, "a.b", false},
    {name_check_label, "", false},
    {name_check_api_version, "", true},
    {name_check_api_version, "v1", true},
    {name_check_api_version, "apps/v1", true},
    {name_check_api_version, "/v1", false},
    {name_check_api_version, "apps/", false},
    {name_check_api_version, "a/b/c", false},
    {name_check_api_version, "../v1", false},
    {name_check_kind, "Deployment", true},
    {name_check_kind, "", true},
    {name_check_kind, "1Deployment", false},
    {name_check_kind, "De ployment", false},
    {name_check_kind, "../Deployment", false},
};

START_TEST(names_have_their_shapes)
{
    ck_assert_msg((names[_i].check(names[_i].text) == NULL) == names[_i].right, "\"%s\"", names[_i].text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/diag");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, findings_are_sorted_stably);
    tcase_add_test(tcase, findings_are_one_printable_line);
    tcase_add_test(tcase, a_repeated_context_is_left_out);
    tcase_add_test(tcase, findings_have_an_end);
    tcase_add_loop_test(tcase, near_words_are_suggested, 0, ARRAY_LEN(suggestions));
    tcase_add_test(tcase, endless_words_get_no_suggestion);
    tcase_add_loop_test(tcase, names_have_their_shapes, 0, ARRAY_LEN(names));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
