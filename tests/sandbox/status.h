/* Answers, and the Status objects that refusals are. */
#ifndef TESTS_SANDBOX_STATUS_H
#define TESTS_SANDBOX_STATUS_H

#include <jansson.h>
#include <stdbool.h>

#include "scaler/base/err.h"
#include "scaler/base/strbuf.h"
#include "tests/sandbox/resource.h"

struct reply {
    int status; /* 0: not yet answered */
    const char *content_type;
    int retry_after;
    struct strbuf body;
    bool patched; /* what does not decode is the patch's fault: 422 instead of 400, as the real server has it
                   */
};

void reply_init(struct reply *reply);
void reply_done(struct reply *reply);
void reply_text(struct reply *reply, int status, const char *content_type, const char *text);
void reply_json(struct reply *reply, int status, json_t *value); /* value is borrowed */

/* All of these replace whatever the reply held, and return -1 so that a check can end with them. */
int status_fail(struct reply *reply, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The body is of the wrong shape for its kind; detail is what a JSON decoder would say. */
int status_undecodable(struct reply *reply, const char *kind, const char *version, const char *detail);
int status_not_found(struct reply *reply, const struct resource *resource, const char *name);
int status_already_exists(struct reply *reply, const struct resource *resource, const char *name);
int status_conflict(struct reply *reply, const struct resource *resource, const char *name, const char *why);
int status_expired(struct reply *reply, const char *message);
int status_retry_later(struct reply *reply, int code, const char *message, int seconds);
/* 422: kind and group as in "Deployment.apps"; reason e.g. "FieldValueInvalid"; detail e.g. "Invalid value:
 * -1: must be …". */
int status_invalid(struct reply *reply, const char *kind, const char *group, const char *name,
                   const char *field, const char *reason, const char *detail);
void status_deleted(struct reply *reply, const struct resource *resource, const char *name, const char *uid);
/* The Status object itself, for watch events. New reference. */
json_t *status_object(int code, const char *reason, const char *message);
const char *status_reason(int code);

#endif
