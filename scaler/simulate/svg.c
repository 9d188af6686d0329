/* Owns the chart as SVG: what each trigger read, the replicas between their bounds, and why they changed. No
 * script, no font, nothing from elsewhere: it opens in any browser. */
#include <inttypes.h>

#include "scaler/base/mem.h"
#include "scaler/simulate/chart.h"

#define LEFT           90
#define WIDTH          CHART_COLUMNS
#define PAGE_WIDTH     (LEFT + WIDTH + 30)
#define TITLE_HEIGHT   34
#define METRIC_HEIGHT  90
#define REPLICA_HEIGHT 220
#define REASON_HEIGHT  14
#define GAP            26
#define LEGEND_HEIGHT  44
#define METRICS_MAX    8 /* panels; further triggers are named below */

struct panel {
    double top, height;
    double highest; /* the value at the top edge; the bottom edge is 0 */
};

static double y_of(const struct panel *panel, double value)
{
    double part = value / panel->highest;
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    return panel->top + panel->height * (1 - part);
}

static void text_at(struct strbuf *out, double x, double y, const char *attributes, const char *content)
{
    strbuf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
    output_xml(out, content);
    strbuf_append(out, "</text>\n");
}

static void line(struct strbuf *out, const struct panel *panel, double value, const char *class)
{
    strbuf_printf(out, "<line class=\"%s\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>\n", class, LEFT,
                  LEFT + WIDTH, y_of(panel, value), y_of(panel, value));
}

static void frame(struct strbuf *out, const struct panel *panel, const char *title)
{
    AUTO_STRBUF struct strbuf label;
    strbuf_init(&label);
    output_milli(&label, (int64_t)(panel->highest * 1000));
    strbuf_printf(out, "<rect class=\"frame\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>\n", LEFT,
                  panel->top, WIDTH, panel->height);
    text_at(out, LEFT - 6, panel->top + 10, "class=\"scale\"", label.data);
    text_at(out, LEFT - 6, panel->top + panel->height, "class=\"scale\"", "0");
    text_at(out, LEFT, panel->top - 5, "class=\"name\"", title);
}

/* A step line. A column without an evaluation goes on as the one before it; one in which nothing was known is
 * a gap. */
static void steps(struct strbuf *out, const struct chart *chart, const struct series *series,
                  const struct panel *panel, const char *class)
{
    bool drawing = false;
    strbuf_printf(out, "<path class=\"%s\" d=\"", class);
    for (size_t i = 0; i < CHART_COLUMNS; i++) {
        const struct span *span = &series->columns[i];
        if (span->known) {
            strbuf_printf(out, "%s%zu %.1fV%.1fV%.1fV%.1fH%zu", drawing ? "L" : "M", LEFT + i,
                          y_of(panel, span->first), y_of(panel, span->lowest), y_of(panel, span->highest),
                          y_of(panel, span->last), LEFT + i + 1);
            drawing = true;
        } else if (chart->columns[i].any) {
            drawing = false;
        } else if (drawing) {
            strbuf_printf(out, "H%zu", LEFT + i + 1);
        }
    }
    strbuf_append(out, "\"/>\n");
}

/* The next round number. */
static double scale_of(double highest)
{
    static const double round_ones[] = {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8};
    for (int64_t power = 1; power < INT64_C(1000000000000000); power *= 10)
        for (size_t i = 0; i < ARRAY_LEN(round_ones); i++)
            if (round_ones[i] * (double)power >= highest)
                return round_ones[i] * (double)power;
    return highest;
}

static double metric_panel(struct strbuf *out, const struct chart *chart, uint32_t index, double top)
{
    const struct subject_trigger *trigger = &chart->subject->triggers[index];
    const struct trigger_policy *policy = &chart->subject->policies[index];
    const struct panel panel = {top, METRIC_HEIGHT, scale_of(chart->triggers[index].highest)};
    AUTO_STRBUF struct strbuf title;
    strbuf_init(&title);
    strbuf_printf(&title, "%s (%s), target ", trigger->name, chart->subject->spec->triggers[index].type);
    if (trigger->resource) {
        output_milli(&title, trigger->goal.utilization ? trigger->goal.target * 1000 : trigger->goal.target);
        strbuf_append(&title, trigger->goal.utilization ? "% of the request" : " per pod");
    } else {
        output_milli(&title, policy->target_milli);
        strbuf_append(&title, policy->type == METRIC_AVERAGE_VALUE ? " per pod" : "");
    }
    frame(out, &panel, title.data);
    steps(out, chart, &chart->triggers[index], &panel, "metric");
    return top + METRIC_HEIGHT + GAP;
}

/* ---- why ---- */

static const char *color_of(enum decision_reason reason)
{
    static const char *const colors[] = {
        [DECIDE_NOTHING] = "#e8e8e8",
        [DECIDE_PAUSED] = "#9e9e9e",
        [DECIDE_ACTIVATED] = "#1b7f3b",
        [DECIDE_DEACTIVATED] = "#5b4b8a",
        [DECIDE_COOLDOWN] = "#b7a6e0",
        [DECIDE_MIN] = "#80b1d3",
        [DECIDE_MAX] = "#d62728",
        [DECIDE_SCALED_UP] = "#66bd63",
        [DECIDE_SCALED_DOWN] = "#4393c3",
        [DECIDE_HELD_UNKNOWN] = "#f1c40f",
        [DECIDE_HELD_PAUSED_IN] = "#bcaaa4",
        [DECIDE_HELD_PAUSED_OUT] = "#a1887f",
        [DECIDE_FALLBACK] = "#e67e22",
        [DECIDE_IDLE] = "#cfd8dc",
    };
    return (size_t)reason < ARRAY_LEN(colors) ? colors[reason] : "#000000";
}

static void band(struct strbuf *out, double top, size_t from, size_t to, enum decision_reason reason)
{
    strbuf_printf(
        out, "<rect x=\"%zu\" y=\"%.1f\" width=\"%zu\" height=\"%d\" fill=\"%s\"><title>%s</title></rect>\n",
        LEFT + from, top, to - from, REASON_HEIGHT, color_of(reason), decision_reason_name(reason));
}

/* One stripe per stretch of the same reason. Gives the set of reasons that occur. */
static unsigned reasons(struct strbuf *out, const struct chart *chart, double top)
{
    enum decision_reason reason = chart->columns[0].reason; /* t = 0 is always evaluated */
    unsigned seen = 1u << reason;
    size_t from = 0;
    for (size_t i = 1; i < CHART_COLUMNS; i++) {
        if (!chart->columns[i].any || chart->columns[i].reason == reason)
            continue;
        band(out, top, from, i, reason);
        from = i;
        reason = chart->columns[i].reason;
        seen |= 1u << reason;
    }
    band(out, top, from, CHART_COLUMNS, reason);
    return seen;
}

static void legend(struct strbuf *out, unsigned seen, double top)
{
    double x = LEFT;
    for (enum decision_reason reason = DECIDE_NOTHING; reason <= DECIDE_IDLE; reason++) {
        if (!(seen & (1u << reason)))
            continue;
        strbuf_printf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"10\" height=\"10\" fill=\"%s\"/>\n", x, top,
                      color_of(reason));
        text_at(out, x + 14, top + 9, "class=\"small\"", decision_reason_name(reason));
        x += 110;
    }
}

/* A triangle where replicas changed; what the mouse finds there says why. */
static void marker(struct strbuf *out, const struct chart *chart, size_t column, const struct panel *panel)
{
    const struct column *at = &chart->columns[column];
    double y = y_of(panel, at->to);
    int dy = at->to > at->from ? -7 : 7;
    strbuf_printf(out, "<path class=\"%s\" d=\"M%zu %.1fl-4 %dh8z\"><title>",
                  at->to > at->from ? "up" : "down", LEFT + column, y + dy, -dy);
    output_clock(out, at->t_ms);
    strbuf_printf(out, "  %d to %d: %s", at->from, at->to, decision_reason_name(at->reason));
    for (unsigned bit = 1; bit && bit <= at->limited_by; bit <<= 1)
        if (at->limited_by & bit)
            strbuf_printf(out, ", %s", decision_limit_name((enum decision_limit)bit));
    if (at->changes > 1)
        strbuf_printf(out, " (the last of %" PRIu32 " changes)", at->changes);
    strbuf_append(out, "</title></path>\n");
}

static double replica_panel(struct strbuf *out, const struct chart *chart, double top)
{
    const struct scaled_object *spec = chart->subject->spec;
    int32_t min = spec->has_min ? spec->min : 0;
    double highest = chart->replicas.highest;
    if (spec->max <= 4 * highest) /* a bound far off would flatten everything */
        highest = highest > spec->max ? highest : spec->max;
    const struct panel panel = {top, REPLICA_HEIGHT, scale_of(highest)};
    frame(out, &panel, "replicas, ready ones, and asked for by the triggers");
    steps(out, chart, &chart->asked, &panel, "asked");
    steps(out, chart, &chart->ready, &panel, "ready");
    steps(out, chart, &chart->replicas, &panel, "replicas");
    if (spec->max <= panel.highest)
        line(out, &panel, spec->max, "bound");
    if (min > 0)
        line(out, &panel, min, "bound");
    for (size_t i = 0; i < CHART_COLUMNS; i++)
        if (chart->columns[i].changes)
            marker(out, chart, i, &panel);
    return top + REPLICA_HEIGHT + 6;
}

static void times(struct strbuf *out, const struct chart *chart, double top)
{
    for (int i = 0; i <= 10; i++) {
        int x = LEFT + WIDTH / 10 * i;
        AUTO_STRBUF struct strbuf label;
        strbuf_init(&label);
        output_clock(&label, chart->until_ms / 10 * i / 1000 * 1000);
        strbuf_printf(out, "<line class=\"tick\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>\n", x, x, top,
                      top + 4);
        text_at(out, x, top + 15, "class=\"time\"", label.data);
    }
}

static uint32_t panels(const struct chart *chart)
{
    return chart->subject->triggers_len < METRICS_MAX ? chart->subject->triggers_len : METRICS_MAX;
}

static double height_of(const struct chart *chart)
{
    return TITLE_HEIGHT + GAP + panels(chart) * (METRIC_HEIGHT + GAP) + REPLICA_HEIGHT + 6 + REASON_HEIGHT +
           GAP + LEGEND_HEIGHT;
}

static void title(struct strbuf *out, const struct chart *chart, const struct summary *summary, double top)
{
    AUTO_STRBUF struct strbuf text;
    strbuf_init(&text);
    strbuf_printf(&text, "%s: %.3f pod-hours, %" PRIu64 " scale events, %" PRIu64 " flaps, ", chart->label,
                  summary->pod_ms / 3600000.0, summary->ups + summary->downs, summary->flaps);
    output_milli(&text, summary->above_ms);
    strbuf_append(&text, " s above target");
    text_at(out, LEFT, top + 20, "class=\"title\"", text.data);
}

static void draw(struct strbuf *out, const struct chart *chart, const struct summary *summary, double top)
{
    title(out, chart, summary, top);
    top += TITLE_HEIGHT + GAP / 2.0;
    for (uint32_t i = 0; i < panels(chart); i++)
        top = metric_panel(out, chart, i, top);
    if (panels(chart) < chart->subject->triggers_len)
        text_at(out, LEFT + WIDTH, top - 12, "class=\"scale\"", "further triggers are not drawn");
    top = replica_panel(out, chart, top);
    unsigned seen = reasons(out, chart, top);
    times(out, chart, top + REASON_HEIGHT);
    legend(out, seen, top + REASON_HEIGHT + GAP);
}

static const char style[] =
    "<style>text{font:11px sans-serif;fill:#333}.title{font-size:14px;font-weight:bold}.name{font-size:12px}"
    ".scale{text-anchor:end}.time{text-anchor:middle}.frame{fill:#fafafa;stroke:#ccc}"
    ".metric{fill:none;stroke:#8e44ad}.replicas{fill:none;stroke:#1f5fa8;stroke-width:1.5}"
    ".ready{fill:none;stroke:#7fb3e6}.asked{fill:none;stroke:#e6a15c;stroke-dasharray:2 2}"
    ".bound{stroke:#c0392b;stroke-dasharray:6 4}.tick{stroke:#999}.up{fill:#1b7f3b}.down{fill:#c0392b}"
    "</style>\n";

void chart_write(struct chart *const *charts, const struct summary *summaries, size_t len,
                 struct output *output)
{
    struct strbuf *out = &output->text;
    double height = 10, top = 0;
    for (size_t i = 0; i < len; i++)
        height += height_of(charts[i]);
    strbuf_printf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" viewBox=\"0 0 %d %.0f\">\n",
        PAGE_WIDTH, height, PAGE_WIDTH, height);
    strbuf_append(out, style);
    strbuf_printf(out, "<rect width=\"%d\" height=\"%.0f\" fill=\"white\"/>\n", PAGE_WIDTH, height);
    for (size_t i = 0; i < len; i++) {
        draw(out, charts[i], &summaries[i], top);
        top += height_of(charts[i]);
        output_pass(output);
    }
    strbuf_append(out, "</svg>\n");
}
