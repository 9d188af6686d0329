/* Label selectors: what is accepted, what it means, how it is written. Beyond the shared vectors. */
#include "scaler/base/label_selector.h"

#include <string.h>

#include "scaler/base/json.h"
#include "tests/base/suite.h"

static const char labels_text[] =
    "{\"app\":\"web\",\"n\":\"5\",\"neg\":\"-5\",\"empty\":\"\",\"a.b/c\":\"d_e.f\",\"in\":\"notin\"}";

#define K63 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

static const struct {
    const char *text;
    const char *canonical; /* NULL: refused */
    bool matches;
} rows[] = {
    {"", "", true},
    {" \t\r\n", "", true},
    {"app", "app", true},
    {"!app", "!app", false},
    {"!absent", "!absent", true},
    {"! absent", "!absent", true},
    {"app = web", "app=web", true},
    {"app==web", "app==web", true},
    {"app != web", "app!=web", false},
    {"absent!=web", "absent!=web", true},
    {"empty=", "empty=", true},
    {"empty=,app", "app,empty=", true},
    {"app=", "app=", false},
    {"app!=,n", "app!=,n", true},
    {"z,y=1,x in (b,a)", "x in (a,b),y=1,z", false},
    {"app=web,app!=db,app", "app=web,app!=db,app", true},
    {"app in(web)", "app in (web)", true},
    {"app in\n( web ,\tdb , web )", "app in (db,web)", true},
    {"app notin (web)", "app notin (web)", false},
    {"absent notin (web)", "absent notin (web)", true},
    {"empty in ()", "empty in ()", true},
    {"empty in ( )", "empty in ()", true},
    {"empty in (,)", "empty in ()", true},
    {"empty in (,a)", "empty in (,a)", true},
    {"empty in (a,)", "empty in (,a)", true},
    {"empty in (a,,b)", "empty in (,a,b)", true},
    {"empty in (a,,,b)", "empty in (,a,b)", true},
    {"empty in (,,)", NULL, false},
    {"empty in (a,,)", NULL, false},
    {"empty in (a,,,)", "empty in (,a)", true},
    {"in in (in,notin)", "in in (in,notin)", true},
    {"in notin (in)", "in notin (in)", true},
    {"in=notin", "in=notin", true},
    {"in", "in", true},
    {"notin notin (notin)", "notin notin (notin)", true},
    {"n>4", "n>4", true},
    {"n>5", "n>5", false},
    {"n<6,n > 4", "n<6,n>4", true},
    {"n>04", "n>04", true},
    {"neg<1", "neg<1", true},
    {"app>1", "app>1", false},
    {"app<1", "app<1", false},
    {"absent<1", "absent<1", false},
    {"n>9223372036854775807", "n>9223372036854775807", false},
    {"n>9223372036854775808", NULL, false},
    {"n>-1", NULL, false},
    {"n>+1", NULL, false},
    {"n>", NULL, false},
    {"n>1.5", NULL, false},
    {"n>=4", NULL, false},
    {"n gt 4", NULL, false},
    {"a.b/c=d_e.f", "a.b/c=d_e.f", true},
    {"a.b/C=d", "a.b/C=d", false},
    {"A.b/c=d", NULL, false},
    {"a_b/c=d", NULL, false},
    {"a..b/c", NULL, false},
    {"a./c", NULL, false},
    {"-a/c", NULL, false},
    {"a-/c", NULL, false},
    {"a-b.c-d/e", "a-b.c-d/e", false},
    {"/c", NULL, false},
    {"a/", NULL, false},
    {"a/b/c", NULL, false},
    {K63, K63, false},
    {K63 "k", NULL, false},
    {"app=" K63, "app=" K63, false},
    {"app=" K63 "k", NULL, false},
    {"app=-web", NULL, false},
    {"app=web-", NULL, false},
    {"app=we/b", NULL, false},
    {"app=\"web\"", NULL, false},
    {"app='web'", NULL, false},
    {"\"app\"=web", NULL, false},
    {"app=\xc3\xa9", NULL, false},
    {"app=web\v", NULL, false},
    {"app=web,", NULL, false},
    {",app", NULL, false},
    {"app,,n", NULL, false},
    {",", NULL, false},
    {"!", NULL, false},
    {"!!app", NULL, false},
    {"!app=web", NULL, false},
    {"app!", NULL, false},
    {"app=!web", NULL, false},
    {"app===web", NULL, false},
    {"app=web=x", NULL, false},
    {"app web", NULL, false},
    {"app in", NULL, false},
    {"app in web", NULL, false},
    {"app in (web", NULL, false},
    {"app in (web db)", NULL, false},
    {"app in (web))", NULL, false},
    {"app in (=)", NULL, false},
    {"app in (we/b)", NULL, false},
    {"app IN (web)", NULL, false},
    {"(app)", NULL, false},
    {"=web", NULL, false},
};

START_TEST(test_row)
{
    struct label_selector selector = {0};
    struct err err = {0};
    AUTO_JSON json_t *labels = json_loads(labels_text, 0, NULL);
    int code = label_selector_parse(rows[_i].text, &selector, &err);
    if (!rows[_i].canonical) {
        ck_assert_msg(code == ERR_INVALID && selector.items == NULL, "accepted: %s", rows[_i].text);
        return;
    }
    ck_assert_msg(code == 0, "%s: %s", rows[_i].text, err.msg);
    AUTO_STRBUF struct strbuf canonical;
    strbuf_init(&canonical);
    label_selector_format(&selector, &canonical);
    ck_assert_str_eq(canonical.data, rows[_i].canonical);
    ck_assert_msg(label_selector_matches_json(&selector, labels) == rows[_i].matches, "%s", rows[_i].text);
    label_selector_done(&selector);
}
END_TEST

/* What is written reads back to the same. */
START_TEST(test_canonical_is_stable)
{
    struct label_selector selector = {0};
    AUTO_STRBUF struct strbuf again;
    strbuf_init(&again);
    if (!rows[_i].canonical)
        return;
    ck_assert_int_eq(label_selector_parse(rows[_i].canonical, &selector, NULL), 0);
    label_selector_format(&selector, &again);
    ck_assert_str_eq(again.data, rows[_i].canonical);
    label_selector_done(&selector);
}
END_TEST

START_TEST(test_without_labels)
{
    struct label_selector selector = {0};
    ck_assert_int_eq(label_selector_parse("!a,b!=c", &selector, NULL), 0);
    ck_assert(label_selector_matches_json(&selector, NULL));
    label_selector_done(&selector);
    ck_assert_int_eq(label_selector_parse("a", &selector, NULL), 0);
    ck_assert(!label_selector_matches_json(&selector, NULL));
    label_selector_done(&selector);
}
END_TEST

START_TEST(test_too_long)
{
    struct label_selector selector = {0};
    size_t len = LABEL_SELECTOR_MAX_BYTES;
    char *text = mem_alloc(len + 2);
    memset(text, ' ', len + 1);
    text[len + 1] = '\0';
    ck_assert_int_eq(label_selector_parse(text, &selector, NULL), ERR_LIMIT);
    text[len] = '\0';
    ck_assert_int_eq(label_selector_parse(text, &selector, NULL), 0);
    mem_free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/label_selector");
    SUITE_ADD_LOOP(suite, test_row, rows);
    SUITE_ADD_LOOP(suite, test_canonical_is_stable, rows);
    SUITE_ADD(suite, test_without_labels);
    SUITE_ADD(suite, test_too_long);
    return suite_run(suite);
}
