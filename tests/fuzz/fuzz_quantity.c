/* Any text as a quantity, a number and a duration. What parses must be written so that it reads back to the
 * same. */
#include <math.h>
#include <string.h>

#include "scaler/base/duration.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/quantity.h"
#include "tests/fuzz/fuzz.h"

/* The canonical form is its own canonical form, and a milli-unit away at most: sub-nano parts are rounded
 * before, and very large numbers saturate. */
static void check_canonical(const char *text, const struct quantity *quantity)
{
    struct quantity again;
    AUTO_STRBUF struct strbuf once, twice, shown;
    strbuf_init(&once);
    strbuf_init(&twice);
    strbuf_init(&shown);
    FUZZ_CHECK(quantity_format(text, QUANTITY_CANONICAL, &once, NULL) == 0);
    FUZZ_CHECK(quantity_format(text, QUANTITY_SHOWN, &shown, NULL) == 0 && shown.len > 0);
    if (quantity_parse(once.data, &again, NULL) < 0) /* longer than what may be read */
        return;
    FUZZ_CHECK(quantity_format(once.data, QUANTITY_CANONICAL, &twice, NULL) == 0);
    FUZZ_CHECK(strcmp(once.data, twice.data) == 0);
    bool exact = quantity->milli == again.milli && quantity->value == again.value;
    /* A long negative is rounded the other way than a short one, as upstream. */
    FUZZ_CHECK(exact || quantity->milli < 0 || again.milli <= 0);
}

static void check_numbers(const char *text)
{
    double number;
    int64_t whole;
    bool flag;
    struct quantity quantity;
    (void)number_parse_json_int(text, INT64_MIN, INT64_MAX, &whole, NULL);
    (void)number_parse_json_float(text, &number, NULL);
    (void)number_parse_go_int(text, &whole, NULL);
    (void)number_parse_go_bool(text, &flag, NULL);
    (void)duration_parse_go(text, &whole, NULL);
    (void)duration_parse_param(text, &whole, NULL);
    if (number_parse_go_float(text, &number, NULL) < 0)
        return;
    AUTO_FREE char *metric = number_format_metric(number);
    FUZZ_CHECK(quantity_parse(metric, &quantity, NULL) == 0);
    FUZZ_CHECK(quantity.milli == number_metric_milli(number));
    double target;
    bool is_target = number_parse_modifiers_target(text, &target, NULL) == 0;
    FUZZ_CHECK(is_target == !(number <= 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct quantity quantity;
    AUTO_FREE char *text = mem_strndup((const char *)data, size);
    if (quantity_parse(text, &quantity, NULL) == 0)
        check_canonical(text, &quantity);
    check_numbers(text);
    return 0;
}
