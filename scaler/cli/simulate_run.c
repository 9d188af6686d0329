/* Owns the way of `davit simulate`: objects, trace, one run for each object, results. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/cli/simulate_job.h"

/* ---- objects ---- */

static int report_findings(const struct diag_list *diags, const char *path, struct err *err)
{
    for (size_t i = 0; i < diags->len; i++) {
        const struct diag *diag = &diags->items[i];
        if (diag->severity == DIAG_ERROR)
            (void)fprintf(stderr, "%s:%d:%d: %s%s%s\n", diag->file, diag->line, diag->column, diag->path,
                          *diag->path ? ": " : "", diag->message);
    }
    return diags->errors ? err_set(err, ERR_CONFIG, "%s is not valid", path) : 0;
}

static int load(struct config_set *set, const char *path, const char *ns, struct err *err)
{
    struct diag_list diags = {0};
    int rc = config_load(set, path, ns, &diags, err);
    if (rc == 0) {
        config_set_finish(set, &diags);
        diag_list_sort(&diags);
        rc = report_findings(&diags, path, err);
    }
    diag_list_done(&diags);
    return rc;
}

static bool is_object(const struct scaled_object *object, const char *name)
{
    const char *slash = strchr(name, '/');
    if (!slash)
        return strcmp(object->meta.name, name) == 0;
    size_t len = (size_t)(slash - name);
    return strlen(object->meta.ns) == len && memcmp(object->meta.ns, name, len) == 0 &&
           strcmp(object->meta.name, slash + 1) == 0;
}

static int pick(const struct config_set *set, const struct simulate_file *file, struct scaled_object **ret,
                struct err *err)
{
    struct scaled_object *found = NULL;
    for (size_t i = 0; i < set->objects_len; i++) {
        if (file->object && !is_object(set->objects[i], file->object))
            continue;
        if (found)
            return err_set(err, ERR_CONFIG,
                           "%s holds several ScaledObjects: say which with --object, as %s/%s", file->path,
                           found->meta.ns, found->meta.name);
        found = set->objects[i];
    }
    if (!found)
        return err_set(err, ERR_CONFIG, "%s holds no ScaledObject%s%s", file->path, file->object ? " " : "",
                       file->object ? file->object : "");
    *ret = found;
    return 0;
}

static int prepare(struct simulate_job *job, size_t index, struct err *err)
{
    const struct simulate_file *file = &job->options->files[index];
    struct simulate_candidate *candidate = &job->candidates[index];
    struct scaled_object *object;
    config_set_init(&candidate->set);
    config_set_init(&candidate->siblings);
    job->len = index + 1;
    int rc = load(&candidate->set, file->path, job->options->ns, err);
    if (rc == 0)
        rc = pick(&candidate->set, file, &object, err);
    if (rc == 0)
        rc = subject_init(&candidate->subject, object, job->context->registry, err);
    if (rc < 0)
        return rc;
    candidate->built = true;
    candidate->label = mem_printf("%s %s", file->path, candidate->subject.id);
    subject_declare(&candidate->subject, &job->trace);
    return 0;
}

static int prepare_all(struct simulate_job *job, struct err *err)
{
    for (size_t i = 0; i < job->options->files_len; i++) {
        int rc = prepare(job, i, err);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; i < job->len; i++)
        subject_bind(&job->candidates[i].subject, &job->trace);
    return 0;
}

/* ---- trace ---- */

static int read_trace(struct simulate_job *job, struct err *err)
{
    if (job->options->prometheus_url)
        return simulate_recall(job, err);
    const char *path = job->options->trace;
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    if (!file)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    int rc = trace_read(&job->trace, file, standard ? "<stdin>" : path, err);
    if (!standard)
        (void)fclose(file);
    return rc;
}

/* ---- runs ---- */

/* Hands each evaluation to two. */
struct both {
    struct simulation_sink sink;
    struct simulation_sink *first, *second;
};

static void on_both(struct simulation_sink *sink, const struct instant *instant)
{
    struct both *both = container_of(sink, struct both, sink);
    both->first->instant(both->first, instant);
    if (both->second)
        both->second->instant(both->second, instant);
}

static struct simulation_options options_of(const struct simulate_job *job, size_t index)
{
    struct simulation_options simulation = job->options->simulation;
    simulation.start_ms = job->start_ms;
    const struct scaled_object *spec = job->candidates[index].subject.spec;
    if (!job->options->has_replicas)
        simulation.replicas = spec->has_min ? spec->min : 0;
    if (!job->options->has_until)
        simulation.until_ms = job->trace.end_ms;
    return simulation;
}

/* What shows the single evaluations: only of one object, but charts of all. */
static int run_one(struct simulate_job *job, size_t index, struct err *err)
{
    struct simulate_candidate *candidate = &job->candidates[index];
    struct simulation_options simulation = options_of(job, index);
    struct both both = {.sink = {on_both}, .first = &job->summaries[index].sink};
    struct jsonl jsonl;
    struct table table;
    bool single = job->len == 1;
    summary_init(&job->summaries[index], single ? candidate->subject.id : candidate->label, &simulation);
    jsonl_init(&jsonl, &job->output);
    table_init(&table, &job->output);
    if (job->options->format == SIMULATE_SVG) {
        job->charts[index] = chart_new(&candidate->subject, job->summaries[index].label, &simulation);
        both.second = chart_sink(job->charts[index]);
    } else if (single) {
        both.second = job->options->format == SIMULATE_JSONL ? &jsonl.sink : &table.sink;
    }
    int rc = simulation_run(&candidate->subject, &job->trace, &simulation, &both.sink, err);
    summary_finish(&job->summaries[index]);
    table_finish(&table);
    return rc;
}

static void conclude(struct simulate_job *job)
{
    struct strbuf *text = &job->output.text;
    if (job->options->format == SIMULATE_SVG)
        chart_write(job->charts, job->summaries, job->len, &job->output);
    else if (job->options->format == SIMULATE_TABLE)
        summary_table(job->summaries, job->len, text);
    else if (job->len > 1)
        for (size_t i = 0; i < job->len; i++)
            summary_json(&job->summaries[i], text);
}

static int run_all(struct simulate_job *job, FILE *file, struct err *err)
{
    int rc = 0;
    output_init(&job->output, file);
    for (size_t i = 0; i < job->len && rc == 0; i++)
        rc = run_one(job, i, err);
    if (rc == 0)
        conclude(job);
    if (!output_end(&job->output) && rc == 0)
        rc = err_set(err, ERR_IO, "the result could not be written whole");
    return rc;
}

static int show(struct simulate_job *job, struct err *err)
{
    const char *path = job->options->output;
    if (!path)
        return run_all(job, stdout, err);
    FILE *file = fopen(path, "we");
    if (!file)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    int rc = run_all(job, file, err);
    if (fclose(file) != 0 && rc == 0)
        rc = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    return rc;
}

static void job_done(struct simulate_job *job)
{
    for (size_t i = 0; i < job->len; i++) {
        struct simulate_candidate *candidate = &job->candidates[i];
        chart_free(job->charts[i]);
        if (candidate->built)
            subject_done(&candidate->subject);
        mem_free(candidate->label);
        config_set_done(&candidate->set);
        config_set_done(&candidate->siblings);
    }
    trace_done(&job->trace);
}

int simulate_run(const struct simulate_options *options, const struct cli_context *context)
{
    struct simulate_job job = {
        .options = options, .context = context, .start_ms = options->simulation.start_ms};
    struct err err;
    trace_init(&job.trace);
    int rc = prepare_all(&job, &err);
    if (rc == 0)
        rc = read_trace(&job, &err);
    if (rc == 0)
        rc = show(&job, &err);
    if (rc < 0)
        (void)fprintf(stderr, "davit simulate: %s\n", err.msg);
    job_done(&job);
    return rc < 0 ? CLI_FAILED : CLI_OK;
}
