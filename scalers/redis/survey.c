/* The survey. A question that is still out when the survey ends is an orphan: its answer is thrown away. */
#include "scalers/redis/survey.h"

#include "scaler/base/mem.h"
#include "scaler/net/net.h"

struct survey_ask {
    struct redis_request request;
    struct redis_survey *survey; /* NULL: an orphan */
    struct redis_peer *peer;
    size_t index, question;
    struct survey_ask *next;
};

static void on_answer(struct redis_request *request, const struct redis_reply *reply,
                      const struct err *error);

static int send_ask(struct survey_ask *ask, struct err *err)
{
    struct redis_survey *survey = ask->survey;
    const struct survey_question *question = &survey->questions[ask->question];
    ask->request.done = on_answer;
    ask->request.deadline_ms = survey->deadline_ms;
    int result = redis_peer_send(ask->peer, &ask->request, question->args, question->args_len, err);
    if (result < 0)
        return result;
    ask->next = survey->asks;
    survey->asks = ask;
    return 0;
}

static int ask_peer(struct redis_survey *survey, struct redis_peer *peer, size_t index, struct err *err)
{
    struct survey_ask *ask = mem_zalloc(sizeof(*ask));
    ask->survey = survey;
    ask->peer = peer;
    ask->index = index;
    int result = send_ask(ask, err);
    if (result < 0)
        mem_free(ask);
    return result;
}

/* True: one more is asked. Those that cannot be are passed over. */
static bool ask_next(struct redis_survey *survey)
{
    while (!survey->exhausted) {
        struct redis_peer *peer = NULL;
        size_t index = survey->next++;
        if (survey->ops->peer(survey->arg, index, &peer, &survey->last) < 0)
            continue;
        survey->exhausted = peer == NULL;
        if (peer && ask_peer(survey, peer, index, &survey->last) == 0)
            return true;
    }
    return false;
}

void redis_survey_stop(struct redis_survey *survey)
{
    for (struct survey_ask *ask = survey->asks; ask; ask = ask->next)
        ask->survey = NULL;
    survey->asks = NULL;
    survey->running = false;
    timer_stop(survey->net, &survey->timer);
}

static void finish(struct redis_survey *survey, const struct err *error)
{
    struct err err = error ? *error : (struct err){0};
    redis_survey_stop(survey);
    survey->ops->finished(survey->arg, error ? &err : NULL);
}

static void on_timer(struct timer *timer);

static void watch(struct redis_survey *survey)
{
    int64_t patience_ms = net_now_ms(survey->net) + SURVEY_PATIENCE_MS;
    bool last = survey->exhausted || patience_ms > survey->deadline_ms;
    timer_start_at(survey->net, &survey->timer, last ? survey->deadline_ms : patience_ms, on_timer);
}

static void on_timer(struct timer *timer)
{
    struct redis_survey *survey = container_of(timer, struct redis_survey, timer);
    struct err err = {0};
    if (net_now_ms(survey->net) >= survey->deadline_ms) {
        err_set(&err, ERR_TIMEOUT, "no answer in time");
        finish(survey, survey->last.code ? &survey->last : &err);
        return;
    }
    ask_next(survey);
    watch(survey);
}

static void unlink_ask(struct survey_ask *ask)
{
    struct survey_ask **at = &ask->survey->asks;
    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
}

/* What the answer is worth; the ask is gone from the survey's list, and asked again when it was rephrased. */
static int judge(struct survey_ask *ask, const struct redis_reply *reply, const struct err *error)
{
    struct redis_survey *survey = ask->survey;
    if (error) {
        survey->last = *error;
        return error->code;
    }
    int result = survey->ops->accept(survey->arg, ask->peer, ask->index, ask->question, reply, &survey->last);
    if (result != SURVEY_REPHRASE)
        return result;
    ask->question++;
    result = send_ask(ask, &survey->last);
    return result < 0 ? result : SURVEY_REPHRASE;
}

static void on_answer(struct redis_request *request, const struct redis_reply *reply, const struct err *error)
{
    struct survey_ask *ask = container_of(request, struct survey_ask, request);
    struct redis_survey *survey = ask->survey;
    redis_peer_answered(ask->peer);
    if (!survey) {
        mem_free(ask);
        return;
    }
    unlink_ask(ask);
    int result = judge(ask, reply, error);
    if (result == SURVEY_REPHRASE)
        return;
    mem_free(ask);
    if (result == 0)
        finish(survey, NULL);
    else if (ask_next(survey))
        watch(survey);
    else if (!survey->asks)
        finish(survey, &survey->last);
}

int redis_survey_start(struct redis_survey *survey, struct err *err)
{
    survey->next = 0;
    survey->exhausted = false;
    survey->last = (struct err){0};
    survey->deadline_ms = net_now_ms(survey->net) + SURVEY_TIME_MS;
    survey->running = ask_next(survey);
    if (survey->running) {
        watch(survey);
        return 0;
    }
    if (survey->last.code == 0)
        return err_set(err, ERR_CONFIG, "there is no server to ask");
    if (err)
        *err = survey->last;
    return survey->last.code;
}
