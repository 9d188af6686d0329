/* Compressed answers: the rows of vectors/exact/prom-response.jsonl whose outcome lies in the compression. */
#include <strings.h>

#include "scaler/base/base64.h"
#include "scaler/base/file.h"
#include "scaler/base/json.h"
#include "tests/scalers/prometheus/peer.h"
#include "tests/support/suite.h"

static bool is_compressed(json_t *row)
{
    const char *encoding = json_str(json_object_get(row, "headers"), "Content-Encoding");
    return encoding && strcmp(encoding, "identity") != 0 && strcmp(encoding, "deflate") != 0;
}

static void answer_row(struct test *test, json_t *row)
{
    AUTO_STRBUF struct strbuf headers;
    const char *key;
    json_t *value;
    char *bytes = NULL;
    size_t len = 0;
    strbuf_init(&headers);
    json_object_foreach (json_object_get(row, "headers"), key, value)
        strbuf_printf(&headers, "%s: %s\r\n", key, json_string_value(value));
    const char *text = json_str(row, "body");
    if (!text)
        ck_assert_int_eq(base64_decode(json_str(row, "body_base64"), &bytes, &len, NULL), 0);
    test_answer(test, "200 OK", headers.data, text ? text : bytes, text ? strlen(text) : len);
    mem_free(bytes);
}

static bool is_two_members(json_t *row)
{
    const char *id = json_str(row, "id");
    return strcmp(id, "prom-gzip-8749a85b") == 0 || strcmp(id, "prom-gzip-27effc1b") == 0;
}

static void check_row(struct test *test, json_t *row)
{
    answer_row(test, row);
    struct outcome outcome = harness_read(&test->harness);
    bool ignore = json_flag(row, "ignoreNullValues");
    bool error = outcome.code != 0 || (outcome.result.state != SCALER_OK && !ignore);
    const char *encoding = json_str(json_object_get(row, "headers"), "Content-Encoding");
    if (encoding && strcasecmp(encoding, "gzip") != 0) {
        ck_assert_value(outcome, 3); /* libcurl also undoes x-gzip and "gzip, gzip", where Go fails */
        return;
    }
    if (is_two_members(row)) { /* libcurl does not read a second member */
        ck_assert_int_lt(outcome.code, 0);
        return;
    }
    ck_assert_msg(error == json_flag(row, "error"), "%s: %s", json_str(row, "id"), outcome.msg);
    if (!error)
        ck_assert(outcome.result.value == json_number_value(json_object_get(row, "value")));
}

START_TEST(compressed_vectors)
{
    struct test test;
    AUTO_FREE char *text = NULL;
    size_t len = 0, rows = 0;
    test_init(&test);
    test_open(&test, NULL);
    ck_assert_int_eq(file_read(TEST_DIR "/vectors/exact/prom-response.jsonl", 1 << 22, &text, &len, NULL), 0);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        json_t *row = NULL;
        ck_assert_int_eq(json_load_bytes(line, strlen(line), &row, NULL), 0);
        if (is_compressed(row)) {
            check_row(&test, row);
            rows++;
        }
        json_decref(row);
    }
    ck_assert_uint_eq(rows, 14);
    ck_assert_ptr_nonnull(strstr(test.request, "\r\nAccept-Encoding: gzip\r\n"));
    test_done(&test);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, compressed_vectors);
}

int main(void)
{
    return suite_run("prometheus gzip", 60, add);
}
