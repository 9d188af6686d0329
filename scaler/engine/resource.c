/* Owns spec/hpa-algorithm.md §1.3 and §1.4: two passes over the pods, the second with guesses for those that
 * say nothing. */
#include "scaler/engine/resource.h"

#include "scaler/base/mem.h"
#include "scaler/engine/arith.h"

struct work {
    const struct resource_question *question;
    enum pod_class *classes; /* per pod */
    int64_t *requests;       /* per pod; only for utilization */
    struct pod_usage *usages;
    size_t usages_len;
    size_t ready, unready, missing;
};

int utilization_ratio(const struct pod_usage *usages, size_t len, int64_t target, double *ret_ratio,
                      struct resource_answer *ret, struct err *err)
{
    int64_t usage = 0, requests = 0, count = 0;
    for (size_t i = 0; i < len; i++) {
        if (!usages[i].known)
            continue;
        usage = arith_add_wrap(usage, usages[i].milli);
        requests = arith_add_wrap(requests, usages[i].request_milli);
        count++;
    }
    if (requests == 0)
        return err_set(err, ERR_NOT_FOUND, "no metrics returned matched known pods");
    ret->utilization = arith_clamp_i32(arith_div(arith_mul_wrap(usage, 100), requests));
    ret->average_milli = arith_div(usage, count);
    *ret_ratio = (double)ret->utilization / (double)target; /* of the truncated percent, as upstream */
    return 0;
}

static int plain_ratio(const struct work *work, double *ret_ratio, struct resource_answer *ret)
{
    int64_t usage = 0;
    for (size_t i = 0; i < work->usages_len; i++)
        usage = arith_add_wrap(usage, work->usages[i].milli);
    ret->average_milli = arith_div(usage, (int64_t)work->usages_len);
    *ret_ratio = (double)ret->average_milli / (double)work->question->target;
    return 0;
}

static int usage_ratio(const struct work *work, double *ret_ratio, struct resource_answer *ret,
                       struct err *err)
{
    if (work->question->utilization)
        return utilization_ratio(work->usages, work->usages_len, work->question->target, ret_ratio, ret, err);
    return plain_ratio(work, ret_ratio, ret);
}

static void add_usage(struct work *work, size_t pod, int64_t milli)
{
    work->usages[work->usages_len++] = (struct pod_usage){
        .milli = milli,
        .request_milli = work->requests ? work->requests[pod] : 0,
        .known = true,
    };
}

/* Metrics of ignored and unready pods are left out; those of pods nobody lists stay, without requests. */
static void collect_usages(struct work *work)
{
    const struct resource_question *question = work->question;
    bool *listed = mem_zalloc_array(question->metrics_len, sizeof(listed[0]));
    for (size_t i = 0; i < question->pods_len; i++) {
        const struct pod_metric *metric =
            pod_metrics_find(question->metrics, question->metrics_len, question->pods[i].name);
        if (!metric || listed[metric - question->metrics])
            continue;
        listed[metric - question->metrics] = true;
        if (work->classes[i] == POD_READY)
            add_usage(work, i, metric->milli);
    }
    for (size_t i = 0; i < question->metrics_len; i++)
        if (!listed[i])
            work->usages[work->usages_len++] = (struct pod_usage){.milli = question->metrics[i].milli};
    mem_free(listed);
}

static int64_t guess_for_missing(const struct work *work, size_t pod)
{
    const struct resource_question *question = work->question;
    if (!question->utilization)
        return question->target;
    int64_t percent = question->target > 100 ? question->target : 100;
    return arith_div(arith_mul_wrap(work->requests[pod], percent), 100);
}

/* Going down a silent pod counts as fully used, going up as idle: both hold back. */
static void add_guesses(struct work *work, double ratio, bool with_unready)
{
    for (size_t i = 0; i < work->question->pods_len; i++) {
        if (work->classes[i] == POD_MISSING && ratio < 1.0)
            add_usage(work, i, guess_for_missing(work, i));
        else if (work->classes[i] == POD_MISSING && ratio > 1.0)
            add_usage(work, i, 0);
        else if (work->classes[i] == POD_UNREADY && with_unready)
            add_usage(work, i, 0);
    }
}

static int second_pass(struct work *work, double ratio, bool with_unready, int32_t *ret, struct err *err)
{
    const struct resource_question *question = work->question;
    struct resource_answer unused;
    double ratio2;
    add_guesses(work, ratio, with_unready);
    int rc = usage_ratio(work, &ratio2, &unused, err);
    if (rc < 0)
        return rc;
    *ret = question->current;
    if (tolerance_within(&question->tolerance, ratio2) || (ratio < 1.0 && ratio2 > 1.0) ||
        (ratio > 1.0 && ratio2 < 1.0))
        return 0;
    int32_t replicas = arith_ceil_i32(ratio2 * (double)work->usages_len);
    bool contradicts =
        (ratio2 < 1.0 && replicas > question->current) || (ratio2 > 1.0 && replicas < question->current);
    if (!contradicts)
        *ret = replicas;
    return 0;
}

static int propose(struct work *work, struct resource_answer *ret, struct err *err)
{
    struct resource_answer answer = {0};
    double ratio;
    int rc = usage_ratio(work, &ratio, &answer, err);
    if (rc < 0)
        return rc;
    bool with_unready = work->unready > 0 && ratio > 1.0;
    if (with_unready || work->missing > 0)
        rc = second_pass(work, ratio, with_unready, &answer.replicas, err);
    else if (tolerance_within(&work->question->tolerance, ratio))
        answer.replicas = work->question->current;
    else
        answer.replicas = arith_ceil_i32(ratio * (double)work->ready);
    if (rc == 0)
        *ret = answer;
    return rc;
}

static void group(struct work *work)
{
    const struct resource_question *question = work->question;
    work->ready = pods_group(question->pods, question->pods_len, question->metrics, question->metrics_len,
                             &question->rules, work->classes);
    for (size_t i = 0; i < question->pods_len; i++) {
        work->unready += work->classes[i] == POD_UNREADY;
        work->missing += work->classes[i] == POD_MISSING;
    }
}

static int prepare_and_propose(struct work *work, struct resource_answer *ret, struct err *err)
{
    const struct resource_question *question = work->question;
    group(work);
    if (question->utilization) {
        work->requests = mem_zalloc_array(question->pods_len, sizeof(work->requests[0]));
        int rc = pods_requests(question->pods, question->pods_len, question->rules.resource,
                               question->container, question->pod_level, work->requests, err);
        if (rc < 0)
            return rc;
    }
    collect_usages(work);
    if (work->usages_len == 0)
        return err_set(err, ERR_NOT_FOUND,
                       "did not receive metrics for targeted pods (pods might be unready)");
    return propose(work, ret, err);
}

int resource_propose(const struct resource_question *question, struct resource_answer *ret, struct err *err)
{
    if (question->metrics_len == 0)
        return err_set(err, ERR_NOT_FOUND, "no metrics returned from %s metrics API",
                       question->rules.resource[0] ? "resource" : "custom");
    if (question->pods_len == 0)
        return err_set(err, ERR_NOT_FOUND, "no pods returned by selector while calculating replica count");
    struct work work = {
        .question = question,
        .classes = mem_zalloc_array(question->pods_len, sizeof(work.classes[0])),
        .usages = mem_zalloc_array(question->pods_len + question->metrics_len, sizeof(work.usages[0])),
    };
    int rc = prepare_and_propose(&work, ret, err);
    mem_free(work.usages);
    mem_free(work.requests);
    mem_free(work.classes);
    return rc;
}
