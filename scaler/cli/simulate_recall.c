/* Owns the options --from-prometheus, --range, --step and --write-trace: whose past is asked for, with which
 * credentials. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/check_auth.h"
#include "scaler/base/clock.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/cli/simulate_job.h"
#include "scaler/daemon/interval.h"
#include "scaler/simulate/recall.h"

#define STEP_MIN_MS 1000

static void read_siblings(const struct simulate_job *job, size_t index, struct simulate_candidate *candidate)
{
    const char *path = job->options->files[index].path, *slash = strrchr(path, '/');
    AUTO_FREE char *folder = slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strdup(".");
    struct diag_list diags = {0}; /* of files that nobody named: not told */
    if (candidate->siblings_read)
        return;
    candidate->siblings_read = true;
    (void)config_load(&candidate->siblings, folder, job->options->ns, &diags, NULL);
    config_set_finish(&candidate->siblings, &diags);
    diag_list_done(&diags);
}

static bool resolve(const struct config_set *set, const struct subject *subject, const struct auth_ref *ref,
                    const char *ns, struct text_map *ret)
{
    const struct trigger_auth *auth =
        config_find_auth(set, ref->cluster, ref->cluster ? "" : subject->spec->meta.ns, ref->name);
    if (auth)
        (void)check_auth_resolve(set, auth, ns, ret);
    return auth != NULL;
}

static void find_auth(void *arg, size_t index, uint32_t trigger, struct text_map *ret)
{
    struct simulate_job *job = arg;
    struct simulate_candidate *candidate = &job->candidates[index];
    const struct auth_ref *ref = &candidate->subject.spec->triggers[trigger].auth;
    if (!ref->set || resolve(&candidate->set, &candidate->subject, ref, job->options->ns, ret))
        return;
    read_siblings(job, index, candidate);
    (void)resolve(&candidate->siblings, &candidate->subject, ref, job->options->ns, ret);
}

/* As often as the daemon would ask while something runs. */
static int64_t step_of(const struct simulate_job *job)
{
    int64_t step = job->options->step_ms;
    for (size_t i = 0; i < job->len && job->options->step_ms == 0; i++) {
        int64_t interval = interval_ms(job->candidates[i].subject.spec, false);
        step = step == 0 || interval < step ? interval : step;
    }
    return job->options->step_ms == 0 && step < STEP_MIN_MS ? STEP_MIN_MS : step;
}

static int write_trace(const struct simulate_job *job, struct err *err)
{
    const char *path = job->options->write_trace;
    if (!path)
        return 0;
    FILE *file = fopen(path, "we");
    if (!file)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    bool written = trace_write(&job->trace, file);
    if (fclose(file) != 0 || !written)
        return err_set(err, ERR_IO, "%s: could not be written whole", path);
    return 0;
}

int simulate_recall(struct simulate_job *job, struct err *err)
{
    const struct subject *subjects[SIMULATE_FILES_MAX];
    int64_t step_ms = step_of(job), range_ms = job->options->range_ms / step_ms * step_ms;
    struct recall_options options = {.registry = job->context->registry,
                                     .url = job->options->prometheus_url,
                                     .start_ms = (clock_wall_ms() - range_ms) / step_ms * step_ms,
                                     .range_ms = range_ms,
                                     .step_ms = step_ms,
                                     .auth = find_auth,
                                     .arg = job};
    for (size_t i = 0; i < job->len; i++)
        subjects[i] = &job->candidates[i].subject;
    log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    int rc = recall(&options, subjects, job->len, &job->trace, err);
    if (rc < 0)
        return rc;
    if (options.partial)
        (void)fputs("davit simulate: Prometheus says that some of its answers are incomplete\n", stderr);
    if (!job->options->has_start)
        job->start_ms = options.start_ms;
    return write_trace(job, err);
}
