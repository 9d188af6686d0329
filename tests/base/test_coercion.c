/* Runs the rows of vectors/exact/coercion.jsonl that the base library answers: what upstream's parsers said.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scaler/base/duration.h"
#include "scaler/base/file.h"
#include "scaler/base/json.h"
#include "scaler/base/number.h"
#include "scaler/base/quantity.h"
#include "scaler/base/text.h"
#include "tests/base/suite.h"

/* Rows where Davit differs on purpose: a duration that wrapped to a negative one is refused. */
static const char *const refused_here[] = {"9223372036854775807"};

/* One row as a verdict: false with a reason in why. Text as in the file, since int64 outputs need all their
 * bits. */
struct row {
    const char *kind;
    const char *input;
    bool ok;
    json_t *output;
    const char *line;
};

typedef bool (*check_fn)(const struct row *row);

static bool same_double(double got, const json_t *want)
{
    const char *kind = json_string_value(json_object_get(want, "kind"));
    if (!kind)
        return json_is_number(want) && got == json_number_value(want);
    return strcmp(kind, "nan") == 0 ? (bool)isnan(got)
                                    : isinf(got) && (got > 0) == (strcmp(kind, "+inf") == 0);
}

/* The int64 behind "key": in the row's text. */
static int64_t int_of(const struct row *row, const char *key)
{
    AUTO_FREE char *quoted = mem_printf("\"%s\":", key);
    const char *at = strstr(row->line, quoted);
    ck_assert_ptr_nonnull(at);
    return strtoll(at + strlen(quoted), NULL, 10);
}

/* The kinds that go through KEDA's typed config are trimmed before, and blank ones count as missing. */
static char *trimmed(const struct row *row)
{
    return text_trim(row->input);
}

static bool check_int(const struct row *row)
{
    AUTO_FREE char *text = trimmed(row);
    int64_t value;
    int rc = number_parse_json_int(text, INT64_MIN, INT64_MAX, &value, NULL);
    return (rc == 0) == row->ok && (rc != 0 || value == int_of(row, "output"));
}

static bool check_float64(const struct row *row)
{
    AUTO_FREE char *text = trimmed(row);
    double value;
    int rc = number_parse_json_float(text, &value, NULL);
    return (rc == 0) == row->ok && (rc != 0 || same_double(value, row->output));
}

static bool check_bool(const struct row *row)
{
    AUTO_FREE char *text = strcmp(row->kind, "bool") == 0 ? trimmed(row) : mem_strdup(row->input);
    bool value;
    int rc = number_parse_go_bool(text, &value, NULL);
    return (rc == 0) == row->ok && (rc != 0 || value == json_is_true(row->output));
}

static bool check_duration(const struct row *row)
{
    AUTO_FREE char *text = trimmed(row);
    int64_t ns;
    int rc = duration_parse_param(text, &ns, NULL);
    for (size_t i = 0; i < ARRAY_LEN(refused_here); i++)
        if (strcmp(text, refused_here[i]) == 0)
            return row->ok && int_of(row, "output") < 0 && rc != 0;
    return (rc == 0) == row->ok && (rc != 0 || ns == int_of(row, "output"));
}

static bool check_parse_float(const struct row *row)
{
    double value;
    int rc = number_parse_go_float(row->input, &value, NULL);
    return (rc == 0) == row->ok && (rc != 0 || same_double(value, row->output));
}

static bool check_parse_int64(const struct row *row)
{
    int64_t value;
    int rc = number_parse_go_int(row->input, &value, NULL);
    return (rc == 0) == row->ok && (rc != 0 || value == int_of(row, "output"));
}

static bool check_parse_duration(const struct row *row)
{
    int64_t ns;
    int rc = duration_parse_go(row->input, &ns, NULL);
    return (rc == 0) == row->ok && (rc != 0 || ns == int_of(row, "output"));
}

/* Out of range only the double means anything upstream; here the milli value must then be saturated or exact.
 */
static bool check_milli(const struct row *row, int64_t milli)
{
    if (json_is_true(json_object_get(row->output, "in_range")))
        return milli == int_of(row, "milli");
    return milli > 9000000000000000000 || milli < -9000000000000000000;
}

static bool check_quantity(const struct row *row)
{
    struct quantity quantity;
    int rc = quantity_parse(row->input, &quantity, NULL);
    if ((rc == 0) != row->ok || rc != 0)
        return (rc == 0) == row->ok;
    return same_double(quantity.approx, json_object_get(row->output, "float")) &&
           check_milli(row, quantity.milli);
}

static bool check_metric_quantity(const struct row *row)
{
    double value;
    ck_assert_int_eq(number_parse_go_float(row->input, &value, NULL), 0);
    bool counts = !isnan(value) && !isinf(value) && value > 0;
    AUTO_FREE char *text = mem_printf("%.3f", counts ? value : 0.0);
    struct quantity quantity;
    ck_assert_int_eq(quantity_parse(text, &quantity, NULL), 0);
    int64_t milli = number_metric_milli(value);
    return row->ok && milli == quantity.milli && check_milli(row, milli) &&
           same_double(quantity.approx, json_object_get(row->output, "float"));
}

static const struct {
    const char *kind;
    check_fn check;
    int rows; /* at least, so that an emptied file cannot pass */
} checks[] = {
    {"int", check_int, 20},
    {"int64", check_int, 20},
    {"float64", check_float64, 20},
    {"bool", check_bool, 15},
    {"duration", check_duration, 25},
    {"parse_float", check_parse_float, 25},
    {"parse_int64", check_parse_int64, 20},
    {"parse_bool", check_bool, 15},
    {"parse_duration", check_parse_duration, 25},
    {"quantity", check_quantity, 60},
    {"metric_quantity", check_metric_quantity, 20},
};

/* Returns whether the row is of this kind. */
static bool run_line(const char *line, size_t index)
{
    AUTO_JSON json_t *root = NULL;
    ck_assert_int_eq(json_load_bytes(line, strlen(line), &root, NULL), 0);
    struct row row = {.kind = json_str(root, "kind"), .line = line, .ok = json_flag(root, "ok")};
    if (!text_eq(row.kind, checks[index].kind))
        return false;
    row.input = json_str(root, "input");
    row.output = json_object_get(root, "output");
    ck_assert_ptr_nonnull(row.input);
    ck_assert_msg(checks[index].check(&row), "%s", line);
    return true;
}

START_TEST(test_kind)
{
    char *text, *rest = NULL;
    ck_assert_int_eq(file_read(TEST_DIR "/vectors/exact/coercion.jsonl", 1 << 20, &text, NULL, NULL), 0);
    int rows = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        rows += run_line(line, (size_t)_i);
    mem_free(text);
    ck_assert_int_ge(rows, checks[_i].rows);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/coercion");
    SUITE_ADD_LOOP(suite, test_kind, checks);
    return suite_run(suite);
}
