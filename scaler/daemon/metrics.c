/* Owns /metrics: Prometheus text exposition. Names are an interface: documented in docs/operations.md. */
#include <inttypes.h>
#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/daemon/internal.h"

struct family {
    struct strbuf *body;
    const char *name;
};

static void head(struct family *family, const char *name, const char *type, const char *help)
{
    family->name = name;
    strbuf_printf(family->body, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Label values: backslash, quote and line feed are escaped. */
static void label(struct strbuf *body, const char *name, const char *value, bool first)
{
    strbuf_append(body, first ? "" : ",");
    strbuf_append(body, name);
    strbuf_append(body, "=\"");
    const char *rest = value ? value : "";
    while (*rest) {
        size_t plain = strcspn(rest, "\\\"\n");
        strbuf_append_n(body, rest, plain);
        rest += plain;
        if (!*rest)
            break;
        strbuf_append_c(body, '\\');
        strbuf_append_c(body, *rest == '\n' ? 'n' : *rest);
        rest++;
    }
    strbuf_append_c(body, '"');
}

static void number(struct strbuf *body, double value)
{
    char text[40];
    strbuf_append_c(body, ' ');
    strbuf_append(body, number_format_double(value, text, sizeof text));
    strbuf_append_c(body, '\n');
}

static void plain(struct strbuf *body, const char *name, const char *type, const char *help, double value)
{
    struct family family = {.body = body};
    head(&family, name, type, help);
    strbuf_append(body, name);
    number(body, value);
}

/* The labels of all lines of a family, in their order: made once, because ten thousand objects have eleven
 * lines each. */
struct label_sets {
    struct strbuf text;
    size_t *ends;
    size_t len, cap;
};

static void label_sets_done(struct label_sets *sets)
{
    strbuf_done(&sets->text);
    mem_free(sets->ends);
}

static void label_set_end(struct label_sets *sets)
{
    strbuf_append_c(&sets->text, '}');
    if (sets->len == sets->cap) {
        sets->cap = sets->cap ? sets->cap * 2 : 64;
        sets->ends = mem_realloc_array(sets->ends, sets->cap, sizeof *sets->ends);
    }
    sets->ends[sets->len++] = sets->text.len;
}

static void line(const struct family *family, const struct label_sets *sets, size_t index, double value)
{
    size_t start = index ? sets->ends[index - 1] : 0;
    strbuf_append(family->body, family->name);
    strbuf_append_n(family->body, sets->text.data + start, sets->ends[index] - start);
    number(family->body, value);
}

static double desired(const struct object *object)
{
    const struct ledger_entry *entry = ledger_get(&object->ledger, 0);
    return entry ? entry->replicas : -1;
}

static double current(const struct object *object)
{
    return object->target && target_info(object->target)->known ? target_info(object->target)->spec_replicas
                                                                : -1;
}

static double is_active(const struct object *object)
{
    return object->active_known && object->was_active;
}

static double is_scaling(const struct object *object)
{
    return object->phase == OBJECT_RUNNING && !object->problem;
}

static double is_paused(const struct object *object)
{
    return object->spec->pause.paused || object->spec->pause.bad_replicas ||
           object->spec->pause.has_replicas || object->spec->pause.scale_in || object->spec->pause.scale_out;
}

static double in_fallback(const struct object *object)
{
    return object->history.fallback_active;
}

static double errors(const struct object *object)
{
    return (double)(object->trigger_errors + object->write_failures);
}

static void object_families(struct daemon *daemon, struct strbuf *body)
{
    static const struct {
        const char *name, *type, *help;
        double (*value)(const struct object *object);
    } families[] = {
        {"davit_object_desired_replicas", "gauge", "Replicas of the last decision; -1: none yet.", desired},
        {"davit_object_current_replicas", "gauge", "spec.replicas of the target; -1: not known.", current},
        {"davit_object_active", "gauge", "1 if a trigger is above its activation threshold.", is_active},
        {"davit_object_scaling", "gauge", "1 if nothing keeps the object from scaling its target.",
         is_scaling},
        {"davit_object_fallback", "gauge", "1 if fallback replicas are in use.", in_fallback},
        {"davit_object_errors_total", "counter", "Failed readings and failed writes.", errors},
        {"keda_scaled_object_paused", "gauge", "1 if a pause annotation is in force.", is_paused},
        {"keda_scaled_object_errors_total", "counter", "Failed readings and failed writes (KEDA's name).",
         errors},
    };
    struct label_sets sets = {0};
    strbuf_init(&sets.text);
    for (struct object *object = daemon->objects; object; object = object->hh.next) {
        label(&sets.text, "{namespace", object->spec->meta.ns, true);
        label(&sets.text, "scaledObject", object->spec->meta.name, false);
        label_set_end(&sets);
    }
    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        struct family family = {.body = body};
        size_t index = 0;
        head(&family, families[i].name, families[i].type, families[i].help);
        for (struct object *object = daemon->objects; object; object = object->hh.next)
            line(&family, &sets, index++, families[i].value(object));
    }
    label_sets_done(&sets);
}

/* A formula's value stands behind the triggers, as if it were one more of them. */
static uint32_t shown_triggers(const struct object *object)
{
    return object->built ? object->triggers_len + object->spec->modifiers.set : 0;
}

static bool is_composite(const struct object *object, uint32_t index)
{
    return index == object->triggers_len;
}

/* cpu and memory: KEDA has no value of them, and calls them active. */
static bool is_replicas(const struct object *object, uint32_t index)
{
    return !is_composite(object, index) && object->trigger_policies[index].type == METRIC_REPLICAS;
}

static void trigger_labels(struct label_sets *sets, const struct object *object, uint32_t index)
{
    struct strbuf *text = &sets->text;
    const char *metric = COMPOSITE_METRIC_NAME, *scaler = COMPOSITE_METRIC_NAME;
    char place[16] = "0"; /* the composite's, by KEDA's word */
    if (!is_composite(object, index)) {
        const struct trigger_spec *spec = &object->spec->triggers[index];
        metric = is_replicas(object, index) ? spec->type : object->triggers[index].metric_name;
        scaler = text_empty(spec->name) ? spec->type : spec->name;
        snprintf(place, sizeof place, "%u", index);
    }
    label(text, "{namespace", object->spec->meta.ns, true);
    label(text, "metric", metric, false);
    label(text, "scaledObject", object->spec->meta.name, false);
    label(text, "scaler", scaler, false);
    label(text, "triggerIndex", place, false);
    label(text, "type", "scaledobject", false);
    label_set_end(sets);
}

static double trigger_value(const struct object *object, uint32_t index)
{
    if (is_composite(object, index))
        return (double)object->composite.value_milli / 1000;
    const struct reading *reading = &object->triggers[index].reading;
    return reading->state == READING_OK ? (double)number_metric_milli(reading->value) / 1000 : 0;
}

static double trigger_active(const struct object *object, uint32_t index)
{
    const struct ledger_entry *entry = ledger_get(&object->ledger, 0);
    if (is_composite(object, index))
        return object->composite.active;
    if (is_replicas(object, index))
        return 1;
    return entry && index < entry->triggers_len && (entry->triggers[index].flags & LEDGER_ACTIVE);
}

static double trigger_known(const struct object *object, uint32_t index)
{
    if (is_composite(object, index))
        return object->composite.known;
    return object->triggers[index].reading.state == READING_OK;
}

static bool trigger_has_value(const struct object *object, uint32_t index)
{
    return trigger_known(object, index) > 0 && !is_replicas(object, index);
}

/* With a formula only its value makes active: KEDA then shows nothing else. */
static bool trigger_has_activity(const struct object *object, uint32_t index)
{
    return !object->spec->modifiers.set || is_composite(object, index);
}

static void trigger_families(struct daemon *daemon, struct strbuf *body)
{
    static const struct {
        const char *name, *help;
        double (*value)(const struct object *object, uint32_t index);
        bool (*shown)(const struct object *object, uint32_t index); /* NULL: always */
    } families[] = {
        {"keda_scaler_metrics_value",
         "Last value of each trigger, and of a formula as composite-metric; absent while it is unknown.",
         trigger_value, trigger_has_value},
        {"keda_scaler_active", "1 if the trigger is active; with a formula: if its value is.", trigger_active,
         trigger_has_activity},
        {"davit_trigger_known", "1 if the last reading, or the formula, gave a number.", trigger_known, NULL},
    };
    struct label_sets sets = {0};
    strbuf_init(&sets.text);
    for (struct object *object = daemon->objects; object; object = object->hh.next)
        for (uint32_t t = 0; t < shown_triggers(object); t++)
            trigger_labels(&sets, object, t);
    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        struct family family = {.body = body};
        size_t index = 0;
        head(&family, families[i].name, "gauge", families[i].help);
        for (struct object *object = daemon->objects; object; object = object->hh.next)
            for (uint32_t t = 0; t < shown_triggers(object); t++, index++)
                if (!families[i].shown || families[i].shown(object, t))
                    line(&family, &sets, index, families[i].value(object, t));
    }
    label_sets_done(&sets);
}

struct source_family {
    struct strbuf *body;
    const char *name;
    double (*value)(const struct source_stats *stats);
};

static void source_line(const struct source_stats *stats, void *arg)
{
    struct source_family *family = arg;
    strbuf_printf(family->body, "%s{", family->name);
    label(family->body, "type", stats->type, true);
    label(family->body, "source", stats->name, false);
    strbuf_append_c(family->body, '}');
    number(family->body, family->value(stats));
}

static double source_in_flight(const struct source_stats *stats)
{
    return stats->in_flight;
}
static double source_queued(const struct source_stats *stats)
{
    return stats->queued;
}
static double source_queries(const struct source_stats *stats)
{
    return stats->queries;
}
static double source_reads(const struct source_stats *stats)
{
    return (double)stats->reads;
}
static double source_errors(const struct source_stats *stats)
{
    return (double)stats->errors;
}
static double source_latency(const struct source_stats *stats)
{
    return (double)stats->latency_last_us / 1e6;
}
static double source_latency_sum(const struct source_stats *stats)
{
    return (double)stats->latency_sum_us / 1e6;
}
static double source_up(const struct source_stats *stats)
{
    return !stats->down;
}

static void source_families(struct daemon *daemon, struct strbuf *body)
{
    static const struct {
        const char *name, *type, *help;
        double (*value)(const struct source_stats *stats);
    } families[] = {
        {"davit_source_up", "gauge", "0 while a source gives no answers.", source_up},
        {"davit_source_in_flight", "gauge", "Readings under way.", source_in_flight},
        {"davit_source_queued", "gauge", "Readings that wait for a place.", source_queued},
        {"davit_source_queries", "gauge", "Distinct queries.", source_queries},
        {"davit_source_reads_total", "counter", "Readings taken.", source_reads},
        {"davit_source_errors_total", "counter", "Readings that failed.", source_errors},
        {"davit_source_latency_seconds", "gauge", "Duration of the last reading.", source_latency},
        {"davit_source_latency_seconds_sum", "counter", "Sum of durations of all readings.",
         source_latency_sum},
    };
    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        struct family head_of = {.body = body};
        head(&head_of, families[i].name, families[i].type, families[i].help);
        struct source_family family = {body, families[i].name, families[i].value};
        planner_each_source(daemon->planner, source_line, &family);
    }
}

static void api_family(struct daemon *daemon, struct strbuf *body)
{
    struct family family = {.body = body};
    head(&family, "davit_api_requests_total", "counter",
         "Requests to the Kubernetes API; code 0: no answer.");
    const struct kube_counter *counters;
    size_t len = kube_counters(daemon->client, &counters);
    for (size_t i = 0; i < len; i++)
        strbuf_printf(body, "%s{verb=\"%s\",code=\"%d\"} %" PRIu64 "\n", family.name, counters[i].verb,
                      counters[i].code, counters[i].count);
}

static void daemon_families(struct daemon *daemon, struct strbuf *body)
{
    struct net_lag lag;
    net_lag_read(daemon->net, &lag);
    struct family family = {.body = body};
    head(&family, "davit_build_info", "gauge", "Always 1.");
    strbuf_printf(body, "davit_build_info{version=\"%s\"} 1\n", DAVIT_VERSION);
    plain(body, "davit_objects", "gauge", "ScaledObjects known.", HASH_COUNT(daemon->objects));
    plain(body, "davit_config_errors", "gauge", "Errors in the configuration files at the last load.",
          (double)daemon->config_errors);
    plain(body, "davit_decisions_total", "counter", "Decisions made.", (double)daemon->decisions);
    plain(body, "davit_scale_writes_total", "counter", "Scale patches that succeeded.",
          (double)daemon->writes);
    plain(body, "davit_scale_write_errors_total", "counter", "Scale patches that failed.",
          (double)daemon->write_errors);
    plain(body, "davit_late_reads_total", "counter", "Readings that began more than 100 ms late.",
          (double)planner_late_reads(daemon->planner));
    plain(body, "davit_loop_lag_max_seconds", "gauge",
          "Largest lateness of the event loop's heartbeat since the start.", (double)lag.max_us / 1e6);
    plain(body, "davit_loop_lag_p99_seconds", "gauge",
          "99th percentile of the last 1000 heartbeats' lateness.", (double)lag.p99_us / 1e6);
    plain(body, "davit_uptime_seconds", "gauge", "Since the start.",
          (double)(net_now_ms(daemon->net) - daemon->started_ms) / 1000);
}

void metrics_write(struct daemon *daemon, struct strbuf *body)
{
    daemon_families(daemon, body);
    object_families(daemon, body);
    trigger_families(daemon, body);
    source_families(daemon, body);
    api_family(daemon, body);
}
