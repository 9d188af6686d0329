/* Places inside of texts: where in the file a character of a scalar stands, and for which scalars nobody can
 * say. */
#include <string.h>

#include "scaler/base/yaml.h"
#include "tests/base/suite.h"

/* Asked for the first `X` of the value of `k`. line 0: the form does not tell. */
static const struct {
    const char *text;
    int line, column;
} rows[] = {
    {"k: abX\n", 1, 6},
    {"k:   abX # why\n", 1, 8},
    {"k: 'abX'\n", 1, 7},
    {"k: \"abX\"\n", 1, 7},
    {"{\"k\": \"abX\"}\n", 1, 10},
    {"k: \xc3\xa9\xe2\x82\xacX\n", 1, 6}, /* characters, not bytes */
    {"k: 'it''s X'\n", 0, 0},
    {"k: \"\\u0061X\"\n", 0, 0},
    {"k: \"a\\nX\"\n", 0, 0},
    {"k: a\n  X\n", 0, 0},
    {"k: 'a\n  X'\n", 0, 0},
    {"k: !!str abX\n", 0, 0}, /* the mark is the tag's */
    {"k: &anchor abX\n", 0, 0},
    {"k: |\n  abX\n", 2, 5},
    {"k: |\n  a\n  b X\n", 3, 5},
    {"k: |\n  a\n    X\n", 3, 5},
    {"k: |\n\n\n  a X\n", 4, 5},
    {"k: |2\n    X\n", 2, 5},
    {"k: |2-\n    X\n  a\n", 2, 5},
    {"k: | # why\n    a\n\n    X\n", 4, 5},
    {"k: |\r\n  a\r\n  X\r\n", 3, 3},
    {"k: |\r  a\r  X\r", 3, 3},
    {"a: \xc2\x85k: |\n  X\n", 3, 3}, /* libyaml's line breaks beyond ASCII */
    {"a: |\n  x\nb: |-\n  y\n\nk: |+\n      X\n\n", 7, 7},
    {"a: &t |\n  abX\nk: *t\n", 2, 5}, /* an alias: where the text is written */
    {"\xef\xbb\xbfk: |\n  abX\n", 2, 5},
    {"--- |\n  first\n---\nk: |\n  abX\n", 5, 5},
    {"k: >\n  a\n  X\n", 0, 0},
    {"k: >-\n  X\n", 0, 0},
};

static void find(const char *text, int *ret_line, int *ret_column)
{
    const char *at = strchr(text, 'X');
    *ret_line = 1;
    *ret_column = 1;
    for (; text < at; text++) {
        *ret_column = *text == '\n' ? 1 : *ret_column + (((unsigned char)*text & 0xc0) != 0x80);
        *ret_line += *text == '\n';
    }
}

START_TEST(places)
{
    struct yaml_stream stream;
    struct err err = {0};
    ck_assert_msg(yaml_parse(rows[_i].text, strlen(rows[_i].text), &stream, NULL, NULL, &err) == 0, "%s: %s",
                  rows[_i].text, err.msg);
    const struct yaml_node *node = yaml_get(stream.documents[stream.len - 1], "k");
    ck_assert_ptr_nonnull(node);
    int line, column, found_line, found_column;
    find(node->text, &line, &column);
    bool told = yaml_text_place(node, line, column, &found_line, &found_column);
    ck_assert_msg(told == (rows[_i].line > 0), "%s", rows[_i].text);
    ck_assert_msg(found_line == (told ? rows[_i].line : node->line) &&
                      found_column == (told ? rows[_i].column : node->column),
                  "%s: %d:%d", rows[_i].text, found_line, found_column);
    yaml_done(&stream);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/yaml_place");
    SUITE_ADD_LOOP(suite, places, rows);
    return suite_run(suite);
}
