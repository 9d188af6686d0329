/* YAML that is refused, and where the refusal points; bombs, torn files, noise. */
#include "scaler/base/yaml.h"

#include <string.h>

#include "scaler/base/strbuf.h"
#include "tests/base/suite.h"

static const struct {
    const char *text;
    int code;
    int line, column;
    const char *says;
} bad_rows[] = {
    {"a: 1\nb: 2\na: 3\n", ERR_CONFIG, 3, 1, "key \"a\" on line 3 is already set on line 1"},
    {"x:\n  \"k\": 1\n  k: 2\n", ERR_CONFIG, 3, 3, "key \"k\" on line 3 is already set on line 2"},
    {"{a: 1, a: 1}", ERR_CONFIG, 1, 8, "already set on line 1"},
    {"z: {<<: {a: 1}, <<: {b: 2}}", ERR_CONFIG, 1, 17, "key \"<<\""},
    {"z: {<<: 5}", ERR_CONFIG, 1, 9, "merges maps or a list of maps, not an integer"},
    {"z: {<<: [1]}", ERR_CONFIG, 1, 10, "merges maps"},
    {"z: {<<: ~}", ERR_CONFIG, 1, 9, "not null"},
    {"a: *b\n", ERR_CONFIG, 1, 4, "alias \"*b\" has no anchor before it"},
    {"b: &b 1\n---\na: *b\n", ERR_CONFIG, 3, 4, "has no anchor"},
    {"a: &a\n  b: *a\n", ERR_CONFIG, 2, 6, "inside its own anchor"},
    {"&a [*a]", ERR_CONFIG, 1, 5, "inside its own anchor"},
    {"&a {<<: *a}", ERR_CONFIG, 1, 9, "inside its own anchor"},
    {"? [1]\n: 2\n", ERR_CONFIG, 1, 3, "a key must be a string, not a list"},
    {"? {a: 1}\n: 2\n", ERR_CONFIG, 1, 3, "not a map"},
    {"a: {{ .Values.x }}\n", ERR_CONFIG, 1, 5, "not a map"},
    {"~: 1\n", ERR_CONFIG, 1, 1, "not null"},
    {"? \n: 1\n", ERR_CONFIG, 1, 2, "not null"},
    {"a: &l [1]\n*l : 2\n", ERR_CONFIG, 2, 1, "not a list"},
    {"a: !foo 1\n", ERR_CONFIG, 1, 4, "unknown tag \"!foo\""},
    {"a: !!binary aGk=\n", ERR_CONFIG, 1, 4, "unknown tag"},
    {"a: !!set {b}\n", ERR_CONFIG, 1, 4, "unknown tag"},
    {"a: !!map [b]\n", ERR_CONFIG, 1, 4, "unknown tag"},
    {"a: !!int x\n", ERR_CONFIG, 1, 4, "the tag says an integer, the text is a string"},
    {"a: !!int 1.5\n", ERR_CONFIG, 1, 4, "the tag says an integer"},
    {"a: !!null x\n", ERR_CONFIG, 1, 4, "the tag says null"},
    {"a: b: c\n", ERR_CONFIG, 1, 5, "mapping values are not allowed"},
    {"a: 'x\n", ERR_CONFIG, 2, 1, "unexpected end of stream"},
    {"a: [1\n", ERR_CONFIG, 2, 1, "did not find expected"},
    {"a:\n\t- b\n", ERR_CONFIG, 2, 1, "cannot start any token"},
    {"- a\nb: 1\n", ERR_CONFIG, 2, 1, "did not find expected"},
    {"a: @x\n", ERR_CONFIG, 1, 4, "cannot start any token"},
    {"a: \"\\ud800\"\n", ERR_CONFIG, 1, 7, "Unicode"},
    {"a: \"x\\0y\"\n", ERR_CONFIG, 1, 4, "a string contains NUL"},
    {"a: 1\nb: x\xffy\n", ERR_CONFIG, 2, 5, "not valid UTF-8"},
    {"\xff\xfe"
     "a",
     ERR_CONFIG, 1, 1, "not valid UTF-8"},
    {"a: \x01\n", ERR_CONFIG, 0, 0, "control characters"},
    {"%YAML 3.0\n---\na: 1\n", ERR_CONFIG, 1, 1, "incompatible YAML"},
    {"%TAG ! tag:x,2002:\n---\na: !y 1\n", ERR_CONFIG, 3, 4, "unknown tag \"tag:x,2002:y\""},
    {"a: 1\n...\nb: 2\n", ERR_CONFIG, 3, 1, "document start"},
};

START_TEST(test_bad)
{
    struct yaml_stream stream = {.len = 77};
    struct err err = {0};
    int line = -1, column = -1;
    int rc = yaml_parse(bad_rows[_i].text, strlen(bad_rows[_i].text), &stream, &line, &column, &err);
    ck_assert_msg(rc == bad_rows[_i].code, "%s gave %d", bad_rows[_i].text, rc);
    ck_assert_msg(strstr(err.msg, bad_rows[_i].says) != NULL, "%s", err.msg);
    ck_assert_int_eq(line, bad_rows[_i].line);
    ck_assert_int_eq(column, bad_rows[_i].column);
    ck_assert_uint_eq(stream.len, 77);
    ck_assert_int_eq(yaml_parse(bad_rows[_i].text, strlen(bad_rows[_i].text), &stream, NULL, NULL, NULL), rc);
}
END_TEST

START_TEST(test_nul_byte)
{
    struct yaml_stream stream;
    int line, column;
    struct err err;
    ck_assert_int_eq(yaml_parse("a: 1\nb\0: 2\n", 12, &stream, &line, &column, &err), ERR_CONFIG);
    ck_assert_int_eq(line, 2);
    ck_assert_int_eq(column, 2);
}
END_TEST

/* Makes text by repetition, parses it and expects code. */
static void expect(const char *head, const char *unit, size_t count, const char *tail, int code)
{
    size_t unit_len = strlen(unit);
    struct strbuf text;
    strbuf_init_max(&text, (size_t)128 << 20);
    strbuf_append(&text, head);
    for (size_t i = 0; i < count; i++)
        strbuf_append_n(&text, unit, unit_len);
    strbuf_append(&text, tail);
    struct yaml_stream stream = {0};
    struct err err = {0};
    int rc = yaml_parse(text.data, text.len, &stream, NULL, NULL, &err);
    ck_assert_msg(rc == code, "%zu times \"%s\" gave %d: %s", count, unit, rc, err.msg);
    yaml_done(&stream);
    strbuf_done(&text);
}

static const struct {
    const char *head;
    const char *unit;
    size_t count;
    const char *tail;
    int code;
} mass_rows[] = {
    {"", "[", YAML_MAX_DEPTH - 1, "x", ERR_CONFIG}, /* never closed */
    {"", "[", 1000000, "", ERR_LIMIT},
    {"", "{a: ", 1000000, "", ERR_LIMIT},
    {"", "- ", 1000000, "x", ERR_LIMIT},
    {"", "? ", 1000000, "x", ERR_CONFIG}, /* a map as key */
    {"[", "1,", YAML_MAX_NODES, "]", ERR_LIMIT},
    {"[", "1,", 100000, "]", 0},
    {"[", "a: b,", 100000, "]", 0},
    {"a: 1 #", "x", 100 << 20, "", ERR_LIMIT},
    {"a: ", "x", 15 << 20, "", 0},
    {"a: \"", "\\x41", 1 << 20, "\"", 0},
    {"", "%TAG !a! tag:x,2002:\n", 500000, "---\na\n", ERR_LIMIT},
    {"", "--- 1\n", YAML_MAX_DOCUMENTS, "", 0},
    {"", "--- 1\n", YAML_MAX_DOCUMENTS + 1, "", ERR_LIMIT},
    {"", "---\n", 100000, "", 0},
    {"", "\n", 4 << 20, "", 0},
    {"- &a 1\n", "- *a\n", 200000, "", 0},
    {"x: &x {a: 1, b: 2}\nl:\n", "  - <<: *x\n", 100000, "", 0},
    {"x: &x {a: 1, b: 2}\nl:\n", "  - <<: [*x, *x, *x, *x]\n", 300000, "", ERR_LIMIT},
};

START_TEST(test_masses)
{
    expect(mass_rows[_i].head, mass_rows[_i].unit, mass_rows[_i].count, mass_rows[_i].tail,
           mass_rows[_i].code);
}
END_TEST

START_TEST(test_depth_is_exact)
{
    for (int over = 0; over < 2; over++) {
        struct strbuf text;
        strbuf_init(&text);
        for (int i = 0; i < YAML_MAX_DEPTH - 1 + over; i++)
            strbuf_append(&text, "[");
        strbuf_append(&text, "x");
        for (int i = 0; i < YAML_MAX_DEPTH - 1 + over; i++)
            strbuf_append(&text, "]");
        struct yaml_stream stream = {0};
        ck_assert_int_eq(yaml_parse(text.data, text.len, &stream, NULL, NULL, NULL), over ? ERR_LIMIT : 0);
        yaml_done(&stream);
        strbuf_done(&text);
    }
}
END_TEST

/* Aliases of aliases: deep without a deep text. */
START_TEST(test_depth_counts_through_aliases)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_append(&text, "- &a0 x\n");
    for (int i = 1; i < 200; i++)
        strbuf_printf(&text, "- &a%d [*a%d]\n", i, i - 1);
    struct yaml_stream stream;
    struct err err;
    int line;
    ck_assert_int_eq(yaml_parse(text.data, text.len, &stream, &line, NULL, &err), ERR_LIMIT);
    ck_assert_int_eq(line, YAML_MAX_DEPTH);
    strbuf_done(&text);
}
END_TEST

/* Nine lists of nine aliases each: 9^n values of a few hundred bytes. */
START_TEST(test_billion_laughs)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_append(&text, "a0: &a0 lol\n");
    for (int i = 1; i < 30; i++) {
        strbuf_printf(&text, "a%d: &a%d %s", i, i, _i ? "{" : "[");
        for (int j = 0; j < 9; j++) {
            if (_i)
                strbuf_printf(&text, "k%d: ", j);
            strbuf_printf(&text, "*a%d, ", i - 1);
        }
        strbuf_append(&text, _i ? "}\n" : "]\n");
    }
    struct yaml_stream stream;
    struct err err;
    ck_assert_int_eq(yaml_parse(text.data, text.len, &stream, NULL, NULL, &err), ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.msg, "aliases counted"));
    strbuf_done(&text);
}
END_TEST

START_TEST(test_many_distinct_keys_and_anchors)
{
    struct strbuf text;
    strbuf_init(&text);
    for (int i = 0; i < 50000; i++)
        strbuf_printf(&text, "k%d: %d\n", i * 7 % 50021, i);
    struct yaml_stream stream;
    ck_assert_int_eq(yaml_parse(text.data, text.len, &stream, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(stream.documents[0]->len, 50000);
    ck_assert_str_eq(stream.documents[0]->entries[1].key->text, "k7"); /* the order of the text */
    yaml_done(&stream);
    strbuf_append(&text, "k0: 1\n");
    int line;
    ck_assert_int_eq(yaml_parse(text.data, text.len, &stream, &line, NULL, NULL), ERR_CONFIG);
    ck_assert_int_eq(line, 50001);
    strbuf_reset(&text);
    for (int i = 0; i < 20000; i++)
        strbuf_printf(&text, "- &a%d 1\n", i);
    ck_assert_int_eq(yaml_parse(text.data, text.len, &stream, NULL, NULL, NULL), ERR_LIMIT);
    strbuf_done(&text);
}
END_TEST

static const char whole[] = "%YAML 1.1\n---\n"
                            "a: &x {k: \"q\\u00e9\\\"\", 'l''': [1, -.5, ~]}\r\n"
                            "b:\n  <<: *x\n  c: |+\n    block\n\n  d: >-\n    folded\n    more\n"
                            "? e\n: - !!str 5\n  - *x\n"
                            "f: é # comment\n...\n--- !!map\ng: {}\n";

/* The one place that says what the sample is, so that torn and noisy variants start from something valid. */
START_TEST(test_sample_is_valid)
{
    struct yaml_stream stream;
    struct err err = {0};
    int line = 0;
    ck_assert_msg(yaml_parse(whole, sizeof(whole) - 1, &stream, &line, NULL, &err) == 0, "%d: %s", line,
                  err.msg);
    ck_assert_uint_eq(stream.len, 2);
    yaml_done(&stream);
}
END_TEST

static size_t count_nodes(const struct yaml_node *node, int depth)
{
    size_t count = 1;
    ck_assert_int_le(depth, YAML_MAX_DEPTH);
    if (node->kind < YAML_LIST)
        ck_assert_ptr_nonnull(node->text);
    for (size_t i = 0; node->kind == YAML_LIST && i < node->len; i++)
        count += count_nodes(node->items[i], depth + 1);
    for (size_t i = 0; node->kind == YAML_MAP && i < node->len; i++) {
        ck_assert_ptr_nonnull(node->entries[i].key->text);
        count += 1 + count_nodes(node->entries[i].value, depth + 1);
    }
    return count;
}

/* Parses whatever it is, in memory exactly as long as the text; a tree must be whole, an error must have a
 * text. */
static void parse_any(const char *text, size_t len)
{
    char *exact = mem_alloc(len ? len : 1);
    memcpy(exact, text, len);
    struct yaml_stream stream = {0};
    struct err err = {0};
    int rc = yaml_parse(exact, len, &stream, NULL, NULL, &err);
    mem_free(exact);
    ck_assert((rc == 0) == (err.msg[0] == '\0'));
    for (size_t i = 0; rc == 0 && i < stream.len; i++)
        ck_assert_uint_ge(count_nodes(stream.documents[i], 1), 1);
    yaml_done(&stream);
}

START_TEST(test_torn)
{
    for (size_t cut = 0; cut < sizeof(whole); cut++)
        parse_any(whole, cut);
    for (size_t start = 0; start < sizeof(whole); start++)
        parse_any(whole + start, sizeof(whole) - 1 - start);
}
END_TEST

START_TEST(test_noise)
{
    static const char bytes[] =
        "\t\n\r\0 -?:,[]{}#&*!|>'\"%@`\\~<=x5.\xef\xbb\xbf\xc3\xa9\xe2\x80\xa8\x85\x7f";
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 10000; round++) {
        char text[sizeof(whole)];
        memcpy(text, whole, sizeof(whole));
        for (int change = 0; change < 1 + round % 4; change++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            text[(random >> 40) % (sizeof(whole) - 1)] = bytes[(random >> 20) % (sizeof(bytes) - 1)];
        }
        parse_any(text, sizeof(whole) - 1);
    }
}
END_TEST

START_TEST(test_short_noise)
{
    static const char bytes[] = "\t\n -?:,[]{}#&*!|>'\"%a<1.~";
    uint64_t random = 1234567;
    for (int round = 0; round < 40000; round++) {
        char text[24];
        size_t len = (size_t)round % sizeof(text);
        for (size_t i = 0; i < len; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            text[i] = bytes[(random >> 33) % (sizeof(bytes) - 1)];
        }
        parse_any(text, len);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/yaml_hostile");
    const int both[2] = {0};
    SUITE_ADD_LOOP(suite, test_bad, bad_rows);
    SUITE_ADD(suite, test_nul_byte);
    SUITE_ADD_LOOP(suite, test_masses, mass_rows);
    SUITE_ADD(suite, test_depth_is_exact);
    SUITE_ADD(suite, test_depth_counts_through_aliases);
    SUITE_ADD_LOOP(suite, test_billion_laughs, both);
    SUITE_ADD(suite, test_many_distinct_keys_and_anchors);
    SUITE_ADD(suite, test_sample_is_valid);
    SUITE_ADD(suite, test_torn);
    SUITE_ADD(suite, test_noise);
    SUITE_ADD(suite, test_short_noise);
    return suite_run(suite);
}
