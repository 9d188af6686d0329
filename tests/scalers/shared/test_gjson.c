/* GJSON paths beyond the vectors: hostile paths and texts end in an error, at once. */
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scalers/shared/document/gjson.h"
#include "tests/support/suite.h"

static const struct {
    const char *json, *path, *raw; /* raw: NULL for nothing */
} paths[] = {
    {"{\"a\":[1,2,3]}", "a.@reverse", "[3,2,1]"},
    {"{\"a\":1,\"b\":2}", "@reverse", "{\"b\":2,\"a\":1}"},
    {"{\"a\":1,\"b\":2}", "@keys", "[\"a\",\"b\"]"},
    {"{\"a\":1,\"b\":2}", "@values|1", "2"},
    {"[1,[2],[3,[4]]]", "@flatten", "[1,2,3,[4]]"},
    {"[1,[2],[3,[4]]]", "@flatten:{\"deep\":true}", "[1,2,3,4]"},
    {"[{\"a\":1,\"b\":2},{\"a\":3}]", "@join", "{\"a\":3,\"b\":2}"},
    {"[{\"a\":1},{\"a\":3}]", "@join:{\"preserve\":true}", "{\"a\":1,\"a\":3}"},
    {"{\"a\":[1,2],\"b\":[3]}", "@group", "[{\"a\":1,\"b\":3},{\"a\":2}]"},
    {"{\"a\":{\"n\":1,\"b\":{\"n\":2}}}", "@dig:n", "[1,2]"},
    {"{\"b\":[1 , 2],\"a\":3}", "@pretty:{\"sortKeys\":true}|@ugly", "{\"a\":3,\"b\":[1,2]}"},
    {"{\"a\":\"{\\\"b\\\":5}\"}", "a.@fromstr.b", "5"},
    {"{\"a\":1", "@valid", NULL},
    {"{\"a\":{\"b\":1,\"c\":2}}", "a.{b,\"x\":c}", "{\"b\":1,\"x\":2}"},
    {"{\"a\":[{\"k\":1},{\"k\":2}]}", "a.#.{k,\"y\":!5}", "[{\"k\":1,\"y\":5},{\"k\":2,\"y\":5}]"},
    {"{\"a\":[{\"t\":[\"x\"]},{\"t\":[\"y\"],\"v\":4}]}", "a.#(t.#(==\"y\")).v", "4"},
    {"{\"a\":[1,0,\"\",null,true]}", "a.#(==~false)#", "[0,null]"},
    {"{\"a\":[\"one\",\"two\"]}", "a.#(!%\"o*\")", "\"two\""},
};

START_TEST(found)
{
    struct gjson_result result;
    ck_assert_int_eq(gjson_get(paths[_i].json, strlen(paths[_i].json), paths[_i].path, &result, NULL), 0);
    struct gjson_span raw = result.value.raw;
    const char *wanted = paths[_i].raw ? paths[_i].raw : "";
    ck_assert_msg(raw.len == strlen(wanted) && memcmp(raw.at ? raw.at : "", wanted, raw.len) == 0, "%.*s",
                  (int)raw.len, raw.at ? raw.at : "");
    gjson_done(&result);
}
END_TEST

static char *repeat(const char *text, size_t times, const char *tail)
{
    struct strbuf out;
    strbuf_init(&out);
    for (size_t i = 0; i < times; i++)
        strbuf_append(&out, text);
    strbuf_append(&out, tail);
    return strbuf_take(&out);
}

/* Paths and texts that would take for ever, all of the memory, or the stack. */
static const struct {
    const char *json, *json_tail;
    size_t json_times;
    const char *path, *path_tail;
    size_t path_times;
} hostile[] = {
    {"1", "", 1, "@this|", "@this", 5000},
    {"[", "", 100000, "@dig:x", "", 1},
    {"[", "", 100000, "@flatten:{\"deep\":true}", "", 1},
    {"[", "", 100000, "@pretty", "", 1},
    {"[", "", 100000, "0.", "0", 5000},
    {"1234567890", "", 10, "[@this,@this]|", "@this", 40},
    {"[1],", "", 200000, "..#.", "#", 1},
    {"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",", "", 1000, "..#(%\"", "b*\")", 1},
};

START_TEST(bounded)
{
    AUTO_FREE char *json = repeat(hostile[_i].json, hostile[_i].json_times, hostile[_i].json_tail);
    AUTO_FREE char *path = repeat(hostile[_i].path, hostile[_i].path_times, hostile[_i].path_tail);
    struct gjson_result result;
    struct err err = {0};
    int code = gjson_get(json, strlen(json), path, &result, &err);
    if (code == 0)
        gjson_done(&result);
    else
        ck_assert_msg(code == ERR_LIMIT && err.msg[0], "%d %s", code, err.msg);
    ck_assert(code != 0 || _i >= 4);
}
END_TEST

/* "*a*a*a…b" against "aaaa…" */
START_TEST(pattern_is_bounded)
{
    AUTO_FREE char *stars = repeat("*a", 300, "*b*c");
    AUTO_FREE char *letters = repeat("a", 100000, "");
    AUTO_FREE char *json = mem_printf("{\"%s\":1}", letters);
    struct gjson_result result;
    int code = gjson_get(json, strlen(json), stars, &result, NULL);
    if (code == 0)
        gjson_done(&result);
    ck_assert(code == 0 || code == ERR_LIMIT);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, found, 0, ARRAY_LEN(paths));
    tcase_add_loop_test(tests, bounded, 0, ARRAY_LEN(hostile));
    tcase_add_test(tests, pattern_is_bounded);
}

int main(void)
{
    return suite_run("gjson", 60, add);
}
