/* Owns the asking: which queries, piece by piece, on a loop of its own; and the values' way into the trace.
 */
#include "scaler/simulate/recall.h"

#include <stdlib.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/net/net.h"

/* One trigger's query; of triggers that the trace calls the same there is one. */
struct question {
    const struct scaler_type *type;
    void *config;
    uint32_t channel;
    char *name;
    struct scaler_source *source;
    struct recall *recall;
    int64_t next_ms; /* from here on it has to be asked */
    bool finished;
    bool any; /* last is something */
    struct trace_entry last;
};

struct recall {
    struct recall_options *options;
    struct trace *trace;
    uv_loop_t loop;
    struct net *net;
    struct question *questions;
    size_t questions_len;
    char **keys; /* by channel: the query that its values come from */
    struct err *err;
    int rc;
};

/* ---- which queries ---- */

struct first_error {
    struct params_error_sink sink;
    struct err *err;
    bool any;
};

static void keep_first(struct params_error_sink *sink, bool warning, const char *key, const char *message)
{
    struct first_error *first = container_of(sink, struct first_error, sink);
    if (warning || first->any)
        return;
    first->any = true;
    (void)err_set(first->err, ERR_CONFIG, "%s%s%s", key ? key : "", key ? ": " : "", message);
}

static void *parse(const struct recall *recall, const struct scaler_type *type, size_t subject_index,
                   const struct trigger_spec *spec, bool metric_source, uint32_t index, struct err *err)
{
    struct text_map metadata = {0}, auth = {0};
    struct first_error first = {.sink.add = keep_first, .err = err};
    for (size_t i = 0; i < spec->metadata.len; i++)
        text_map_set(&metadata, spec->metadata.items[i].key, spec->metadata.items[i].value);
    text_map_set(&metadata, "serverAddress", recall->options->url);
    recall->options->auth(recall->options->arg, subject_index, index, &auth);
    const struct params_context context = {
        .metadata = &metadata, .auth = &auth, .metric_source = metric_source, .trigger_index = index};
    void *config = mem_zalloc(type->schema.config_size);
    if (params_parse(&type->schema, &context, config, &first.sink) < 0) {
        mem_free(config);
        config = NULL;
    }
    text_map_done(&metadata);
    text_map_done_secret(&auth);
    return config;
}

/* All channels by which the trace may speak of this trigger must come from its query. */
static int claim_channels(struct recall *recall, const struct subject *subject, uint32_t index,
                          const char *key, struct err *err)
{
    for (uint32_t i = 0; i < subject->channels_len; i++) {
        if (subject->channels[i] != (int32_t)index)
            continue;
        if (recall->keys[i] && strcmp(recall->keys[i], key) != 0)
            return err_set(err, ERR_CONFIG,
                           "%s: trigger \"%.80s\" asks something else than the trigger that another -f calls "
                           "the same; give them names",
                           subject->id, subject->triggers[index].name);
        if (!recall->keys[i])
            recall->keys[i] = mem_strdup(key);
    }
    return 0;
}

static bool asked_already(const struct recall *recall, uint32_t channel)
{
    for (size_t i = 0; i < recall->questions_len; i++)
        if (recall->questions[i].channel == channel)
            return true;
    return false;
}

static void drop_config(const struct scaler_type *type, void *config)
{
    params_done(&type->schema, config);
    mem_free(config);
}

static void add_question(struct recall *recall, const struct scaler_type *type, void *config_take,
                         const struct subject *subject, uint32_t index)
{
    const char *name = subject->triggers[index].name;
    uint32_t channel = trace_declare(recall->trace, TRACE_TRIGGERS, name);
    if (asked_already(recall, channel)) {
        drop_config(type, config_take);
        return;
    }
    recall->questions =
        mem_realloc_array(recall->questions, recall->questions_len + 1, sizeof *recall->questions);
    recall->questions[recall->questions_len++] = (struct question){.type = type,
                                                                   .config = config_take,
                                                                   .channel = channel,
                                                                   .name = mem_strdup(name),
                                                                   .next_ms = recall->options->start_ms};
}

static int add_trigger(struct recall *recall, const struct subject *subject, size_t subject_index,
                       uint32_t index, struct err *err)
{
    const struct trigger_spec *spec = &subject->spec->triggers[index];
    const struct scaler_type *type =
        subject->triggers[index].resource ? NULL : recall->options->registry->find(spec->type);
    if (!type || !type->read_range)
        return 0;
    void *config = parse(recall, type, subject_index, spec, subject->spec->modifiers.set, index, err);
    if (!config)
        return err_wrap(err, "%s: trigger \"%.80s\"", subject->id, subject->triggers[index].name);
    AUTO_STRBUF struct strbuf key;
    strbuf_init(&key);
    type->query_key(config, &key);
    int rc = claim_channels(recall, subject, index, key.data, err);
    if (rc < 0)
        drop_config(type, config);
    else
        add_question(recall, type, config, subject, index);
    return rc;
}

static int collect(struct recall *recall, const struct subject *const *subjects, size_t len, struct err *err)
{
    for (size_t i = 0; i < len; i++)
        for (uint32_t t = 0; t < subjects[i]->triggers_len; t++) {
            int rc = add_trigger(recall, subjects[i], i, t, err);
            if (rc < 0)
                return rc;
        }
    if (recall->questions_len == 0)
        return err_set(err, ERR_CONFIG, "no trigger is of a type whose source remembers the past");
    return 0;
}

/* ---- asking ---- */

static bool same_value(const struct trace_entry *a, const struct trace_entry *b)
{
    return a->kind == b->kind &&
           (a->kind != TRACE_NUMBER || !(a->number < b->number || a->number > b->number));
}

/* A value holds until the next one: only changes are kept. */
static bool keep(struct question *question, const struct scaler_sample *sample)
{
    static const enum trace_kind kinds[] = {
        [SCALER_OK] = TRACE_NUMBER, [SCALER_EMPTY] = TRACE_EMPTY, [SCALER_NAN] = TRACE_NAN};
    struct recall *recall = question->recall;
    struct trace_entry entry = {.t_ms = sample->at_ms - recall->options->start_ms,
                                .channel = question->channel,
                                .kind = sample->error ? TRACE_ERROR : kinds[sample->result.state]};
    if (entry.kind == TRACE_NUMBER)
        entry.number = sample->result.value;
    recall->options->partial = recall->options->partial || sample->result.partial;
    if (question->any && same_value(&entry, &question->last))
        return true;
    question->any = true;
    question->last = entry;
    return trace_add(recall->trace, &entry);
}

static void ask(struct question *question);

static void fail(struct question *question, const struct err *error)
{
    struct recall *recall = question->recall;
    if (recall->rc == 0)
        recall->rc = err_set(recall->err, (enum err_code)error->code, "trigger \"%.80s\": %s", question->name,
                             error->msg);
}

static void on_piece(const struct scaler_sample *samples, size_t len, const struct err *error, void *arg)
{
    struct question *question = arg;
    struct recall *recall = question->recall;
    if (error) {
        fail(question, error);
        return;
    }
    for (size_t i = 0; i < len; i++)
        if (!keep(question, &samples[i])) {
            recall->rc = err_set(recall->err, ERR_LIMIT, "more than %zu values; make --step larger",
                                 TRACE_ENTRIES_MAX);
            return;
        }
    ask(question);
}

/* The next piece, or nothing any more. */
static void ask(struct question *question)
{
    struct recall *recall = question->recall;
    const struct recall_options *options = recall->options;
    int64_t end_ms = options->start_ms + options->range_ms;
    struct err err = {0};
    question->finished = recall->rc < 0 || question->next_ms > end_ms;
    if (question->finished)
        return;
    int64_t last_ms = question->next_ms + (SCALER_RANGE_MAX - 1) * options->step_ms;
    const struct scaler_range piece = {question->next_ms, last_ms < end_ms ? last_ms : end_ms,
                                       options->step_ms};
    question->next_ms = last_ms + options->step_ms;
    if (question->type->read_range(question->source, question->config, &piece, on_piece, question, &err) < 0)
        fail(question, &err);
}

static void ignore_closed(void *arg)
{
    (void)arg;
}

static int ask_all(struct recall *recall, struct err *err)
{
    for (size_t i = 0; i < recall->questions_len; i++) {
        struct question *question = &recall->questions[i];
        question->recall = recall;
        int rc = question->type->open(recall->net, question->config, &question->source, err);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; i < recall->questions_len; i++)
        ask(&recall->questions[i]);
    return 0;
}

/* The net's own timers keep a loop alive: it is run until the questions are through. */
static bool busy(const struct recall *recall)
{
    for (size_t i = 0; i < recall->questions_len && recall->rc == 0; i++)
        if (!recall->questions[i].finished)
            return true;
    return false;
}

static int run_loop(struct recall *recall, struct err *err)
{
    int rc = uv_loop_init(&recall->loop);
    if (rc < 0)
        return err_set(err, ERR_IO, "no event loop: %s", uv_strerror(rc));
    rc = net_new(&recall->loop, &recall->net, err);
    if (rc == 0) {
        rc = ask_all(recall, err);
        while (rc == 0 && busy(recall))
            uv_run(&recall->loop, UV_RUN_ONCE);
        for (size_t i = 0; i < recall->questions_len; i++)
            if (recall->questions[i].source)
                recall->questions[i].type->close(recall->questions[i].source, ignore_closed, NULL);
        net_close(recall->net, ignore_closed, NULL);
        uv_run(&recall->loop, UV_RUN_DEFAULT);
    }
    (void)uv_loop_close(&recall->loop);
    return rc < 0 ? rc : recall->rc;
}

static int by_time(const void *left, const void *right)
{
    const struct trace_entry *a = left, *b = right;
    if (a->t_ms != b->t_ms)
        return a->t_ms < b->t_ms ? -1 : 1;
    return (a->channel > b->channel) - (a->channel < b->channel);
}

static void recall_done(struct recall *recall)
{
    for (size_t i = 0; i < recall->questions_len; i++) {
        drop_config(recall->questions[i].type, recall->questions[i].config);
        mem_free(recall->questions[i].name);
    }
    for (uint32_t i = 0; i < recall->trace->channels_len; i++)
        mem_free(recall->keys[i]);
    mem_free(recall->keys);
    mem_free(recall->questions);
}

int recall(struct recall_options *options, const struct subject *const *subjects, size_t len,
           struct trace *trace, struct err *err)
{
    if (options->range_ms / options->step_ms >= RECALL_INSTANTS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d instants; make --step larger", RECALL_INSTANTS_MAX);
    struct recall recall = {.options = options,
                            .trace = trace,
                            .err = err,
                            .keys = mem_zalloc_array(trace->channels_len, sizeof *recall.keys)};
    int rc = collect(&recall, subjects, len, err);
    if (rc == 0)
        rc = run_loop(&recall, err);
    recall_done(&recall);
    if (rc < 0)
        return rc;
    if (trace->len > 1)
        qsort(trace->entries, trace->len, sizeof *trace->entries, by_time);
    trace->end_ms = options->range_ms;
    return 0;
}
