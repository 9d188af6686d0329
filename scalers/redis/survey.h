/* Asks one server after the other until one gives an answer that is of use: a cluster for its map, sentinels
 * for their master. Who is silent for a moment does not keep the next from being asked. */
#ifndef SCALERS_REDIS_SURVEY_H
#define SCALERS_REDIS_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/net/timer.h"
#include "scalers/redis/peers.h"

struct survey_ask;
struct redis_survey;

/* Another server is asked after so long, the first not being given up. */
#define SURVEY_PATIENCE_MS 300
/* All in all; leaves a reading the other half of its time. */
#define SURVEY_TIME_MS (REDIS_TIMEOUT_MS / 2)

struct survey_question {
    const struct redis_arg *args;
    size_t args_len;
};

struct survey_ops {
    /* The index-th server to ask, counted from 0. *ret NULL: there is none any more. < 0: this one cannot be
     * asked. */
    int (*peer)(void *arg, size_t index, struct redis_peer **ret, struct err *err);
    /* A reply, error replies included. 0: taken, the survey is over. < 0: of no use, the next one please.
     * SURVEY_REPHRASE: ask the same server the next question. */
    int (*accept)(void *arg, struct redis_peer *peer, size_t index, size_t question,
                  const struct redis_reply *reply, struct err *err);
    /* error NULL: something was accepted. Not from within redis_survey_start. */
    void (*finished)(void *arg, const struct err *error);
};
#define SURVEY_REPHRASE 1

struct redis_survey {
    struct net *net;
    const struct survey_ops *ops;
    void *arg;
    const struct survey_question *questions; /* the same thing in other words */
    bool running;
    size_t next; /* index to ask */
    bool exhausted;
    struct survey_ask *asks; /* not answered yet */
    int64_t deadline_ms;
    struct timer timer;
    struct err last; /* why the one that answered last was of no use */
};

/* < 0: nobody can be asked; finished does not come. */
int redis_survey_start(struct redis_survey *survey, struct err *err);
/* finished does not come any more. */
void redis_survey_stop(struct redis_survey *survey);

#endif
