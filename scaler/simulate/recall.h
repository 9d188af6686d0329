/* A trace from what sources remember: every trigger's own query, asked for the past. */
#ifndef SCALER_SIMULATE_RECALL_H
#define SCALER_SIMULATE_RECALL_H

#include "scaler/simulate/subject.h"

/* Instants per trigger. */
#define RECALL_INSTANTS_MAX 1000000

struct recall_options {
    const struct scaler_registry *registry;
    const char *url; /* whom to ask instead of the server that the manifest names */
    int64_t start_ms, range_ms, step_ms;
    /* Authentication parameters of a trigger as far as they are at hand; whoever asks wipes them. */
    void (*auth)(void *arg, size_t subject, uint32_t trigger, struct text_map *ret);
    void *arg;
    bool partial; /* out: an answer said of itself that it is incomplete */
};

/* Asks for every prometheus trigger of the subjects, which are bound. Blocks until all has been answered. */
int recall(struct recall_options *options, const struct subject *const *subjects, size_t len,
           struct trace *trace, struct err *err);

#endif
