/* Owns the lines of the text exposition format, and which series answers a selector. A line that begins with
 * "{" and names no metric belongs to the series before it, as in prometheus/common. */
#include "scalers/metrics_api/exposition.h"

#include <math.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/text.h"
#include "scalers/metrics_api/exposition_internal.h"

static bool is_distribution(const struct family *family)
{
    return family && (family->type == SUMMARY || family->type == HISTOGRAM);
}

/* What the series comes to is known once no line can add to it any more: the first that answers stays. */
static void settle(struct exposition *expo)
{
    const struct series *series = &expo->series;
    size_t wanted = expo->selector->labels.len;
    bool matches = series->chosen && (wanted == 0 || series->matched == UINT64_MAX >> (64 - wanted));
    if (expo->found || !matches || (!series->has_untyped && !series->has_counter && !series->has_gauge))
        return;
    expo->found = true;
    expo->answer = series->has_untyped   ? series->untyped
                   : series->has_counter ? series->counter
                                         : series->gauge;
}

static int begin_series(struct exposition *expo)
{
    int code = exposition_choose_family(expo);
    if (code != 0)
        return code;
    if (expo->family->type == FAMILY_NONE)
        expo->family->type = UNTYPED;
    settle(expo);
    expo->series = (struct series){.exists = true};
    return 0;
}

static void keep_labels(struct exposition *expo)
{
    const struct text_map *wanted = &expo->selector->labels;
    for (size_t i = 0; i < wanted->len; i++) {
        const char *value = text_map_get(&expo->labels, wanted->items[i].key);
        if (value && strcmp(value, wanted->items[i].value) == 0)
            expo->series.matched |= (uint64_t)1 << i;
    }
    text_map_done(&expo->labels);
}

static int set_value(struct exposition *expo, double value)
{
    struct series *series = &expo->series;
    switch (expo->family->type) {
    case FAMILY_NONE: /* named by a comment only, and sampled by a nameless line */
    case COUNTER:
        series->has_counter = true;
        series->counter = value;
        break;
    case GAUGE:
        series->has_gauge = true;
        series->gauge = value;
        break;
    case UNTYPED:
        series->has_untyped = true;
        series->untyped = value;
        break;
    case HISTOGRAM:
        if (value < 0 && (expo->is_count || (!expo->is_part && !isnan(expo->bucket))))
            return exposition_fail(expo, "a negative count in a histogram");
        break;
    case SUMMARY:
        break;
    }
    return 0;
}

static int read_timestamp(struct exposition *expo)
{
    int64_t timestamp;
    exposition_skip_blank(expo);
    int code = expo->byte < 0 ? exposition_cut_off(expo) : exposition_word(expo);
    if (code != 0)
        return code;
    if (strlen(expo->token.data) != expo->token.len ||
        number_parse_go_int(expo->token.data, &timestamp, NULL) != 0)
        return exposition_fail(expo, "expected an integer as timestamp");
    code = exposition_rest(expo, false);
    if (code == 0 && expo->token.len > 0)
        return exposition_fail(expo, "something after the timestamp");
    return code;
}

static int read_value(struct exposition *expo)
{
    double value;
    if (strcmp(expo->family->name, expo->selector->name) == 0)
        expo->series.chosen = true;
    int code = exposition_word(expo);
    if (code == 0)
        code = exposition_float(expo, &value, "expected a number as value");
    if (code == 0)
        code = set_value(expo, value);
    if (code == 0 && expo->byte != '\n')
        code = read_timestamp(expo);
    return code;
}

/* Behind "}" */
static int end_labels(struct exposition *expo)
{
    if (!expo->family || !expo->series.exists)
        return exposition_fail(expo, "labels without a metric name");
    keep_labels(expo);
    exposition_skip_blank(expo);
    return expo->byte < 0 ? exposition_cut_off(expo) : read_value(expo);
}

/* `quantile` and `le` are no labels of their own but numbers. */
static bool is_special_label(const struct exposition *expo, const char *name)
{
    return is_distribution(expo->family) &&
           strcmp(name, expo->family->type == SUMMARY ? "quantile" : "le") == 0;
}

static int check_label_name(struct exposition *expo)
{
    const struct strbuf *name = &expo->token;
    if (strlen(name->data) != name->len || !text_is_utf8(name->data, name->len))
        return exposition_fail(expo, "an invalid label name");
    if (strcmp(name->data, "__name__") == 0)
        return exposition_fail(expo, "the label name __name__ is reserved");
    if (!is_special_label(expo, name->data) && text_map_get(&expo->labels, name->data))
        return exposition_fail(expo, "a label that stands twice");
    if (expo->labels.len == LABELS_MAX)
        return err_set(expo->err, ERR_LIMIT, "line %u of the metrics: more than %d labels", expo->line,
                       LABELS_MAX);
    return 0;
}

static int read_label_value(struct exposition *expo, const char *name)
{
    exposition_skip_blank(expo);
    if (expo->byte != '"')
        return exposition_fail(expo, "expected '\"' before a label value");
    int code = exposition_label_value(expo);
    if (code != 0)
        return code;
    if (is_special_label(expo, name)) {
        return exposition_float(expo, &expo->bucket, "expected a number as quantile or le");
    }
    if (is_distribution(expo->family) && !expo->distribution_seen)
        return exposition_fail(expo, "labels of a summary or histogram without its name before them");
    if (strlen(expo->token.data) == expo->token.len)
        text_map_append(&expo->labels, name, expo->token.data);
    else /* a NUL within: no selector can ask for it */
        text_map_append(&expo->labels, name, "\n\x01");
    return 0;
}

/* In braces a name without "=" is the metric's. *ret_ended: with it the labels were over. */
static int read_braced_name(struct exposition *expo)
{
    if (!expo->in_braces)
        return exposition_fail(expo, "expected '=' after a label name");
    if (expo->name_in_braces)
        return exposition_fail(expo, "a second metric name");
    if (expo->byte != ',' && expo->byte != '}')
        return exposition_fail(expo, "expected ',' or '}' after the metric name");
    expo->name_in_braces = true;
    return begin_series(expo);
}

/* One `name="value"`; the byte behind it is in expo->byte. */
static int read_label(struct exposition *expo)
{
    int code = exposition_name(expo, false);
    if (code != 0)
        return code;
    if (expo->token.len == 0)
        return exposition_fail(expo, "an invalid label name");
    if (exposition_is_blank(expo->byte))
        exposition_skip_blank(expo);
    if (expo->byte < 0)
        return exposition_cut_off(expo);
    if (expo->byte != '=')
        return read_braced_name(expo);
    code = check_label_name(expo);
    if (code != 0)
        return code;
    AUTO_FREE char *name = mem_strdup(expo->token.data);
    code = read_label_value(expo, name);
    if (code != 0)
        return code;
    exposition_skip_blank(expo);
    if (expo->byte != ',' && expo->byte != '}')
        return exposition_fail(expo, "expected ',' or '}' after a label value");
    return 0;
}

/* From the "{" on, or the value if there is none. */
static int read_labels(struct exposition *expo)
{
    if (is_distribution(expo->family)) {
        expo->distribution_seen = true;
        expo->bucket = (double)NAN;
    }
    if (expo->byte != '{')
        return read_value(expo);
    while (true) {
        exposition_skip_blank(expo);
        if (expo->byte == '}')
            return end_labels(expo);
        int code = expo->byte < 0 ? exposition_cut_off(expo) : read_label(expo);
        if (code != 0)
            return code;
        if (expo->byte == '}')
            return end_labels(expo);
    }
}

static int read_sample(struct exposition *expo)
{
    int code = exposition_name(expo, true);
    if (code == 0)
        code = begin_series(expo);
    if (code != 0)
        return code;
    if (exposition_is_blank(expo->byte))
        exposition_skip_blank(expo);
    return expo->byte < 0 ? exposition_cut_off(expo) : read_labels(expo);
}

static int read_help(struct exposition *expo)
{
    if (expo->family->helped)
        return exposition_fail(expo, "a second HELP");
    expo->family->helped = true;
    return exposition_rest(expo, true);
}

/* Behind "# HELP" or "# TYPE". */
static int read_description(struct exposition *expo, bool help)
{
    exposition_skip_blank(expo);
    int code = expo->byte < 0 ? exposition_cut_off(expo) : exposition_name(expo, true);
    if (code != 0 || expo->byte == '\n')
        return code;
    if (!exposition_is_blank(expo->byte))
        return exposition_fail(expo, "an invalid metric name in a comment");
    code = exposition_choose_family(expo);
    if (code != 0)
        return code;
    exposition_skip_blank(expo);
    if (expo->byte == '\n')
        return 0;
    if (expo->byte < 0)
        return exposition_cut_off(expo);
    return help ? read_help(expo) : exposition_read_type(expo);
}

static int read_comment(struct exposition *expo)
{
    exposition_skip_blank(expo);
    int code = expo->byte < 0 ? exposition_cut_off(expo) : exposition_word(expo);
    if (code != 0 || expo->byte == '\n')
        return code;
    bool help = strcmp(expo->token.data, "HELP") == 0;
    if (help || strcmp(expo->token.data, "TYPE") == 0)
        return read_description(expo, help);
    while (expo->byte >= 0 && expo->byte != '\n')
        exposition_next(expo);
    return expo->byte < 0 ? exposition_cut_off(expo) : 0;
}

/* One line; *ret_over at the end of the text. */
static int read_line(struct exposition *expo, bool *ret_over)
{
    expo->line++;
    exposition_skip_blank(expo);
    expo->in_braces = expo->byte == '{';
    expo->name_in_braces = false;
    *ret_over = expo->byte < 0;
    if (expo->byte < 0 || expo->byte == '\n')
        return 0;
    if (expo->byte == '#')
        return read_comment(expo);
    return expo->in_braces ? read_labels(expo) : read_sample(expo);
}

int exposition_read(const char *bytes, size_t len, const struct selector *selector, double *ret,
                    struct err *err)
{
    struct exposition expo = {
        .bytes = bytes, .len = len, .err = err, .selector = selector, .bucket = (double)NAN};
    bool over = false;
    int code = 0;
    strbuf_init(&expo.token);
    while (code == 0 && !over)
        code = read_line(&expo, &over);
    settle(&expo);
    strbuf_done(&expo.token);
    text_map_done(&expo.labels);
    exposition_families_done(&expo);
    if (code != 0)
        return code;
    if (!expo.found)
        return err_set(err, ERR_NOT_FOUND, "no counter, gauge or untyped series matches valueLocation");
    *ret = expo.answer;
    return 0;
}
