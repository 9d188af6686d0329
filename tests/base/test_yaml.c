/* YAML that is let in: kinds, marks, documents, aliases, merge keys. Scalars as sigs.k8s.io/yaml 1.6 resolves
 * them. */
#include "scaler/base/yaml.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/base/suite.h"

static struct yaml_stream parse(const char *text)
{
    struct yaml_stream stream;
    struct err err = {0};
    int line = 0, column = 0;
    ck_assert_msg(yaml_parse(text, strlen(text), &stream, &line, &column, &err) == 0, "%d:%d %s in %s", line,
                  column, err.msg, text);
    return stream;
}

static const struct {
    const char *text;
    enum yaml_kind kind;
    double number; /* or the boolean */
} scalar_rows[] = {
    {"", YAML_NULL, 0},
    {"~", YAML_NULL, 0},
    {"null", YAML_NULL, 0},
    {"Null", YAML_NULL, 0},
    {"nULL", YAML_STRING, 0},
    {"true", YAML_BOOL, 1},
    {"TRUE", YAML_BOOL, 1},
    {"tRue", YAML_STRING, 0},
    {"y", YAML_BOOL, 1},
    {"N", YAML_BOOL, 0},
    {"yes", YAML_BOOL, 1},
    {"No", YAML_BOOL, 0},
    {"nO", YAML_STRING, 0},
    {"on", YAML_BOOL, 1},
    {"OFF", YAML_BOOL, 0},
    {"0", YAML_INT, 0},
    {"-0", YAML_INT, 0},
    {"+1", YAML_INT, 1},
    {"007", YAML_INT, 7},
    {"010", YAML_INT, 8},
    {"-017", YAML_INT, -15},
    {"08", YAML_FLOAT, 8},
    {"0o17", YAML_INT, 15},
    {"0x1F", YAML_INT, 31},
    {"-0X1f", YAML_INT, -31},
    {"0b101", YAML_INT, 5},
    {"0b2", YAML_STRING, 0},
    {"0x", YAML_STRING, 0},
    {"1_000", YAML_INT, 1000},
    {"1__0_", YAML_INT, 10},
    {"_1", YAML_STRING, 0},
    {"9223372036854775807", YAML_INT, 9223372036854775807.0},
    {"-9223372036854775808", YAML_INT, -9223372036854775808.0},
    {"9223372036854775808", YAML_FLOAT, 9223372036854775808.0},
    {"-9223372036854775809", YAML_FLOAT, -9223372036854775808.0},
    {"18446744073709551616", YAML_FLOAT, 18446744073709551616.0},
    {"0xFFFFFFFFFFFFFFFF", YAML_FLOAT, 18446744073709551615.0},
    {"0x10000000000000000", YAML_STRING, 0},
    {"1.5", YAML_FLOAT, 1.5},
    {"1.", YAML_FLOAT, 1},
    {".5", YAML_FLOAT, 0.5},
    {"-.5", YAML_FLOAT, -0.5},
    {"1e3", YAML_FLOAT, 1000},
    {"1E-3", YAML_FLOAT, 0.001},
    {"1e400", YAML_STRING, 0},
    {"1e", YAML_STRING, 0},
    {"1.2.3", YAML_STRING, 0},
    {".inf", YAML_FLOAT, (double)INFINITY},
    {"-.Inf", YAML_FLOAT, -(double)INFINITY},
    {".nan", YAML_FLOAT, (double)NAN},
    {".Nan", YAML_STRING, 0},
    {"inf", YAML_STRING, 0},
    {"12:30", YAML_STRING, 0},
    {"0 8 * * 1-5", YAML_STRING, 0},
    {"2026-08-20", YAML_STRING, 0},
    {"2026-08-20T10:00:00Z", YAML_STRING, 0},
    {"100m", YAML_STRING, 0},
    {"5%", YAML_STRING, 0},
    {"=", YAML_STRING, 0},
    {"'5'", YAML_STRING, 0},
    {"\"true\"", YAML_STRING, 0},
    {"''", YAML_STRING, 0},
    {"!!str 5", YAML_STRING, 0},
    {"! 5", YAML_STRING, 0},
    {"!!int '5'", YAML_INT, 5},
    {"!!float 5", YAML_FLOAT, 5},
    {"!!bool 'yes'", YAML_BOOL, 1},
    {"!!null ''", YAML_NULL, 0},
    {"!<tag:yaml.org,2002:int> 7", YAML_INT, 7},
    {"!!timestamp 2026-08-20", YAML_STRING, 0},
};

START_TEST(test_scalar)
{
    AUTO_FREE char *text = mem_printf("a: %s\n", scalar_rows[_i].text);
    struct yaml_stream stream = parse(text);
    const struct yaml_node *node = yaml_get(stream.documents[0], "a");
    ck_assert_ptr_nonnull(node);
    ck_assert_msg(node->kind == scalar_rows[_i].kind, "%s is %s", text, yaml_kind_name(node->kind));
    if (node->kind == YAML_BOOL)
        ck_assert_int_eq(node->boolean, scalar_rows[_i].number > 0);
    else if (isnan(scalar_rows[_i].number))
        ck_assert(isnan(node->number));
    else
        ck_assert(node->number == scalar_rows[_i].number);
    if (node->kind == YAML_INT)
        ck_assert((double)node->integer == node->number);
    ck_assert_ptr_nonnull(node->text);
    yaml_done(&stream);
}
END_TEST

static const char manifest[] = "kind: ScaledObject\n"
                               "spec:\n"
                               "  triggers:\n"
                               "    - type: cron\n"
                               "      quoted: \"a\\tb\"\n"
                               "    - {type: redis}\n"
                               "  block: |\n"
                               "    one\n"
                               "    two\n"
                               "  folded: >-\n"
                               "    one\n"
                               "    two\n"
                               "  none:\n";

START_TEST(test_tree_and_marks)
{
    struct yaml_stream stream = parse(manifest);
    ck_assert_uint_eq(stream.len, 1);
    const struct yaml_node *spec = yaml_get(stream.documents[0], "spec");
    const struct yaml_node *triggers = yaml_get(spec, "triggers");
    ck_assert_int_eq(triggers->kind, YAML_LIST);
    ck_assert_uint_eq(triggers->len, 2);
    ck_assert_str_eq(yaml_get_text(triggers->items[0], "quoted"), "a\tb");
    ck_assert(yaml_get(triggers->items[0], "quoted")->quoted);
    ck_assert(!yaml_get(triggers->items[0], "type")->quoted);
    const struct yaml_node *redis = yaml_get(triggers->items[1], "type");
    ck_assert_int_eq(redis->line, 6);
    ck_assert_int_eq(redis->column, 14);
    ck_assert_int_eq(spec->entries[0].key->line, 3);
    ck_assert_int_eq(spec->entries[0].key->column, 3);
    yaml_done(&stream);
    ck_assert_uint_eq(stream.len, 0);
    yaml_done(&stream);
    yaml_done(NULL);
}
END_TEST

START_TEST(test_getters)
{
    struct yaml_stream stream = parse(manifest);
    const struct yaml_node *spec = yaml_get(stream.documents[0], "spec");
    ck_assert_str_eq(yaml_get_text(spec, "block"), "one\ntwo\n");
    ck_assert(yaml_get(spec, "block")->quoted);
    ck_assert_str_eq(yaml_get_text(spec, "folded"), "one two");
    ck_assert_ptr_null(yaml_get_text(spec, "none"));
    ck_assert_ptr_nonnull(yaml_get(spec, "none"));
    ck_assert_ptr_null(yaml_get_text(spec, "triggers"));
    ck_assert_ptr_null(yaml_get(spec, "missing"));
    ck_assert_ptr_null(yaml_get(yaml_get(spec, "triggers"), "type"));
    ck_assert_ptr_null(yaml_get(NULL, "type"));
    yaml_done(&stream);
}
END_TEST

static const struct {
    const char *text;
    size_t documents;
} document_rows[] = {
    {"", 0},
    {"\n\n# only a comment\n", 0},
    {"---\n", 0},
    {"---\n---\n---\n", 0},
    {"null\n", 0},
    {"---\na: 1\n---\n---\nb: 2\n...\n", 2},
    {"a: 1\n...\n---\nb: 2\n", 2},
    {"\xef\xbb\xbf"
     "a: 1\n",
     1},
    {"a: 1\r\nb:\r\n  - c\r\n---\r\nd: 2\r\n", 2},
    {"%YAML 1.1\n---\na: 1\n", 1},
    {"%YAML 1.2\n---\na: 1\n", 1},
    {"scalar\n", 1},
    {"[1, 2]\n", 1},
    {"{\"a\": [1, 2.5e3, null, true, \"\\/x\"]}", 1},
    {"- - - 1\n", 1},
    {"a:\tb\n", 1},
    {"a: 1", 1},
};

START_TEST(test_documents)
{
    struct yaml_stream stream = parse(document_rows[_i].text);
    ck_assert_uint_eq(stream.len, document_rows[_i].documents);
    yaml_done(&stream);
}
END_TEST

START_TEST(test_bytes_behind_len_are_not_read)
{
    struct yaml_stream stream;
    ck_assert_int_eq(yaml_parse("a: 12345", 6, &stream, NULL, NULL, NULL), 0);
    ck_assert_str_eq(yaml_get_text(stream.documents[0], "a"), "123");
    yaml_done(&stream);
}
END_TEST

START_TEST(test_aliases_share_nodes)
{
    struct yaml_stream stream = parse("a: &x {k: 1}\nb: *x\nc: &x 5\nd: *x\n---\na: &x 6\nb: *x\n");
    const struct yaml_node *first = stream.documents[0];
    ck_assert_ptr_eq(yaml_get(first, "a"), yaml_get(first, "b"));
    ck_assert_int_eq(yaml_get(first, "d")->integer, 5);
    ck_assert_int_eq(yaml_get(stream.documents[1], "b")->integer, 6);
    yaml_done(&stream);
}
END_TEST

/* z of each row, flattened as key=value in the order of the entries. */
static const struct {
    const char *z;
    const char *flat;
} merge_rows[] = {
    {"  <<: *x\n", "a=1 b=2 "},
    {"  <<: *x\n  b: 7\n", "b=7 a=1 "},
    {"  b: 7\n  <<: *x\n", "b=7 a=1 "}, /* what is written here wins wherever it stands */
    {"  <<: [*x, *y]\n", "a=1 b=2 c=4 "},
    {"  <<: [*y, *x]\n", "b=3 c=4 a=1 "},
    {"  <<: {a: 8}\n  c: 9\n", "c=9 a=8 "},
    {"  <<: []\n  c: 9\n", "c=9 "},
    {"  \"<<\": 5\n", "<<=5 "},
    {"  !!str <<: 5\n", "<<=5 "},
};

START_TEST(test_merge)
{
    AUTO_FREE char *text = mem_printf("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n%s", merge_rows[_i].z);
    struct yaml_stream stream = parse(text);
    const struct yaml_node *z = yaml_get(stream.documents[0], "z");
    char flat[100] = "";
    for (size_t i = 0; i < z->len; i++) {
        size_t len = strlen(flat);
        snprintf(flat + len, sizeof(flat) - len, "%s=%s ", z->entries[i].key->text,
                 z->entries[i].value->text);
    }
    ck_assert_str_eq(flat, merge_rows[_i].flat);
    yaml_done(&stream);
}
END_TEST

START_TEST(test_merge_of_merges)
{
    struct yaml_stream stream = parse("a: &a {k: 1}\nb: &b {<<: *a, l: 2}\nc: {<<: *b, m: 3}\n");
    const struct yaml_node *c = yaml_get(stream.documents[0], "c");
    ck_assert_uint_eq(c->len, 3);
    ck_assert_str_eq(yaml_get_text(c, "k"), "1");
    yaml_done(&stream);
}
END_TEST

START_TEST(test_keys_keep_their_text)
{
    struct yaml_stream stream = parse("on: 1\n1.10: 2\n0x10: 3\n\"~\": 4\n");
    const struct yaml_node *map = stream.documents[0];
    ck_assert_str_eq(yaml_get_text(map, "on"), "1");
    ck_assert_str_eq(yaml_get_text(map, "1.10"), "2");
    ck_assert_str_eq(yaml_get_text(map, "0x10"), "3");
    ck_assert_str_eq(yaml_get_text(map, "~"), "4");
    yaml_done(&stream);
}
END_TEST

START_TEST(test_kind_names)
{
    for (int kind = YAML_NULL; kind <= YAML_MAP; kind++)
        ck_assert_str_ne(yaml_kind_name((enum yaml_kind)kind), "nothing");
    ck_assert_str_eq(yaml_kind_name(YAML_LIST), "a list");
    ck_assert_str_eq(yaml_kind_name((enum yaml_kind)99), "nothing");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/yaml");
    SUITE_ADD_LOOP(suite, test_scalar, scalar_rows);
    SUITE_ADD(suite, test_tree_and_marks);
    SUITE_ADD(suite, test_getters);
    SUITE_ADD_LOOP(suite, test_documents, document_rows);
    SUITE_ADD(suite, test_bytes_behind_len_are_not_read);
    SUITE_ADD(suite, test_aliases_share_nodes);
    SUITE_ADD_LOOP(suite, test_merge, merge_rows);
    SUITE_ADD(suite, test_merge_of_merges);
    SUITE_ADD(suite, test_keys_keep_their_text);
    SUITE_ADD(suite, test_kind_names);
    return suite_run(suite);
}
