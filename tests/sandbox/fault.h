/* Rules that make the sandbox misbehave, set at run time. */
#ifndef TESTS_SANDBOX_FAULT_H
#define TESTS_SANDBOX_FAULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/err.h"

#define FAULT_RULES_MAX   256
#define FAULT_LATENCY_MAX 600000 /* milliseconds */

/* What happens to one request; all zero: nothing. */
struct effect {
    int status;          /* refuse with it */
    int retry_after;     /* seconds */
    int64_t latency_ms;  /* before anything else */
    uint64_t tear_after; /* bytes of a watch's stream */
    bool hang;           /* never answer */
    bool reset;          /* close without a word */
    bool executed;       /* do what was asked, then misbehave: a lost answer */
    char *body;          /* answered instead of a Status (status 0: with 200); owned */
};

struct fault_rule;

struct faults {
    struct fault_rule *rules;
    size_t len;
};

/* {"rules": [...]}: added behind the ones there. *ret_gone, *ret_closed: lists (new references) of paths
 * whose open watches are to be ended now (rules with goneWatches or closeWatches; these are not kept). */
int faults_add(struct faults *faults, json_t *body, json_t **ret_gone, json_t **ret_closed, struct err *err);
void faults_clear(struct faults *faults);
/* The first rule that matches and has `times` left; counts it down. So rules in a row with times 1 are a
 * script. */
void faults_match(struct faults *faults, const char *method, const char *path, bool watch,
                  struct effect *ret);
json_t *faults_json(const struct faults *faults); /* new reference */
void effect_done(struct effect *effect);

#endif
