/* The selector grammars: what is accepted, and what then matches. */
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "tests/sandbox/filter.h"
#include "tests/support/suite.h"

static const char labels[] =
    "{\"app\":\"web\",\"tier\":\"front\",\"n\":\"5\",\"empty\":\"\",\"a.b/c\":\"d_e.f\",\"in\":\"x\"}";

static const struct {
    const char *text;
    int matches; /* -1: refused */
} label_rows[] = {
    {"", 1},
    {"  ", 1},
    {"app=web", 1},
    {"app==web", 1},
    {" app = web , tier = front ", 1},
    {"app=other", 0},
    {"app!=web", 0},
    {"absent!=web", 1},
    {"app", 1},
    {"absent", 0},
    {"!absent", 1},
    {"! app", 0},
    {"app in (web)", 1},
    {"app in (db,web , x)", 1},
    {"app in(web)", 1},
    {"app in (db)", 0},
    {"absent in (web)", 0},
    {"app notin (db)", 1},
    {"app notin (web,db)", 0},
    {"absent notin (web)", 1},
    {"empty=", 1},
    {"empty in ()", 1},
    {"app=", 0},
    {"n>4", 1},
    {"n>5", 0},
    {"n<6,n>4", 1},
    {"app>4", 0},
    {"absent<4", 0},
    {"a.b/c=d_e.f", 1},
    {"in=x", 1},
    {"in", 1},
    {"app=web,,tier=front", -1},
    {"app=web,", -1},
    {",", -1},
    {"=web", -1},
    {"!", -1},
    {"app in web", -1},
    {"app in (web", -1},
    {"app in (web))", -1},
    {"app web", -1},
    {"app=a=b", -1},
    {"n>x", -1},
    {"!app=web", -1},
    {"app=\xff", -1},
};

START_TEST(test_labels)
{
    struct label_selector selector = {0};
    struct err err = {0};
    AUTO_JSON json_t *object = json_loads(labels, 0, NULL);
    int code = label_selector_parse(label_rows[_i].text, &selector, &err);
    if (label_rows[_i].matches < 0) {
        ck_assert_msg(code < 0, "accepted: %s", label_rows[_i].text);
        ck_assert_uint_eq(selector.len, 0);
        return;
    }
    ck_assert_msg(code == 0, "%s: %s", label_rows[_i].text, err.msg);
    ck_assert_msg(label_selector_matches_json(&selector, object) == label_rows[_i].matches, "%s",
                  label_rows[_i].text);
    label_selector_done(&selector);
}
END_TEST

static const char object_text[] = "{\"metadata\":{\"name\":\"a,b\",\"namespace\":\"n\"},\"status\":{"
                                  "\"phase\":\"Running\",\"count\":5},\"type\":\"x=y\"}";

static const struct {
    const char *text;
    int matches;
} field_rows[] = {
    {"", 1},
    {"metadata.namespace=n", 1},
    {"metadata.namespace==n,status.phase!=Failed", 1},
    {"status.phase=Pending", 0},
    {"status.phase!=Running", 0},
    {"metadata.name=a\\,b", 1},
    {"type=x\\=y", 1},
    {"status.absent=", 1},
    {"status.absent=x", 0},
    {"status.phase.deeper=", 1},
    {"status.phase", -1},
    {"=x", -1},
    {"status.phase!Running", -1},
};

START_TEST(test_fields)
{
    struct selector selector = {0};
    struct err err = {0};
    AUTO_JSON json_t *object = json_loads(object_text, 0, NULL);
    int code = selector_parse_fields(field_rows[_i].text, &selector, &err);
    if (field_rows[_i].matches < 0) {
        ck_assert_msg(code < 0, "accepted: %s", field_rows[_i].text);
        return;
    }
    ck_assert_msg(code == 0, "%s: %s", field_rows[_i].text, err.msg);
    ck_assert_msg(selector_matches_fields(&selector, object) == field_rows[_i].matches, "%s",
                  field_rows[_i].text);
    selector_done(&selector);
}
END_TEST

START_TEST(test_limits)
{
    struct selector selector = {0};
    struct err err = {0};
    char text[4096] = "";
    for (size_t i = 0; i < 65; i++)
        memcpy(text + 4 * i, "a=b,", 5);
    ck_assert_int_lt(selector_parse_fields(text, &selector, &err), 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_labels, 0, ARRAY_LEN(label_rows));
    tcase_add_loop_test(tests, test_fields, 0, ARRAY_LEN(field_rows));
    tcase_add_test(tests, test_limits);
}

int main(void)
{
    return suite_run("sandbox/selector", 30, add);
}
