/* A loop with a net on it, and readings of a trigger type on that: open, read, wait, close. The end asserts a
 * clean loop. */
#ifndef TESTS_SUPPORT_HARNESS_H
#define TESTS_SUPPORT_HARNESS_H

#include <uv.h>

#include "scaler/base/clock.h"
#include "scaler/net/net.h"
#include "scalers/api.h"
#include "tests/support/params.h"

struct harness {
    uv_loop_t loop;
    struct net *net;
    bool net_closed;
    bool source_closed;
    const struct scaler_type *type;
    void *config;
    struct scaler_source *source;
    struct scaler_cluster *cluster; /* for types that look into one; the test's */
};

/* What a reading came to. */
struct outcome {
    unsigned calls;
    bool reading; /* still inside read(): no answer may come */
    int code;     /* 0, or the error's */
    struct scaler_result result;
    char msg[ERR_TEXT_MAX];
};

static inline void harness_init(struct harness *harness)
{
    struct err err = {0};
    *harness = (struct harness){0};
    ck_assert_int_eq(uv_loop_init(&harness->loop), 0);
    ck_assert_msg(net_new(&harness->loop, &harness->net, &err) == 0, "%s", err.msg);
}

static inline void harness_set_flag(void *flag)
{
    *(bool *)flag = true;
}

static inline void harness_on_guard(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static inline void harness_on_guard_closed(uv_handle_t *guard)
{
    mem_free(guard);
}

/* Runs the loop until done(arg) is true; false when limit_ms went by before. */
static inline bool harness_run(struct harness *harness, bool (*done)(void *arg), void *arg, uint64_t limit_ms)
{
    uv_timer_t *guard = mem_alloc(sizeof(*guard));
    bool late = false;
    uv_timer_init(&harness->loop, guard);
    guard->data = &late;
    uv_timer_start(guard, harness_on_guard, limit_ms, 0);
    while (!late && !done(arg))
        uv_run(&harness->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)guard, harness_on_guard_closed);
    uv_run(&harness->loop, UV_RUN_NOWAIT);
    return done(arg);
}

static inline bool harness_flag_is_set(void *flag)
{
    return *(bool *)flag;
}

static inline bool harness_never(void *arg)
{
    (void)arg;
    return false;
}

/* Lets the loop run for a while. */
static inline void harness_idle(struct harness *harness, uint64_t ms)
{
    harness_run(harness, harness_never, NULL, ms);
}

/* A config and a source for it; pairs as in params.h. */
static inline void harness_open(struct harness *harness, const struct scaler_type *type,
                                const char *const *pairs)
{
    struct err err = {0};
    harness->type = type;
    harness->config = config_parse(&type->schema, pairs, NULL);
    int rc = type->open_in
                 ? type->open_in(harness->net, harness->cluster, harness->config, &harness->source, &err)
                 : type->open(harness->net, harness->config, &harness->source, &err);
    ck_assert_msg(rc == 0, "%s", err.msg);
}

static inline void harness_on_done(const struct scaler_result *result, const struct err *error, void *arg)
{
    struct outcome *outcome = arg;
    ck_assert_msg(!outcome->reading, "answered before read() returned");
    ck_assert_uint_eq(outcome->calls++, 0);
    ck_assert((result == NULL) != (error == NULL));
    outcome->code = error ? error->code : 0;
    if (error) {
        ck_assert_msg(error->code < 0 && *error->msg, "an error without code or text: %d \"%s\"", error->code,
                      error->msg);
        memcpy(outcome->msg, error->msg, sizeof(outcome->msg));
    } else {
        outcome->result = *result;
    }
}

/* A read that is refused at once counts as answered. */
static inline void harness_start(struct harness *harness, const void *config, struct outcome *outcome)
{
    struct err err = {0};
    *outcome = (struct outcome){.reading = true};
    int code = harness->type->read(harness->source, config, harness_on_done, outcome, &err);
    outcome->reading = false;
    if (code == 0)
        return;
    ck_assert_int_eq(code, err.code);
    harness_on_done(NULL, &err, outcome);
}

static inline bool harness_is_answered(void *outcome)
{
    return ((struct outcome *)outcome)->calls > 0;
}

static inline void harness_wait(struct harness *harness, struct outcome *outcome)
{
    ck_assert_msg(harness_run(harness, harness_is_answered, outcome, 15000), "no answer within 15 s");
}

static inline struct outcome harness_read(struct harness *harness)
{
    struct outcome outcome;
    harness_start(harness, harness->config, &outcome);
    harness_wait(harness, &outcome);
    return outcome;
}

#define ck_assert_value(got, expected)                                                                       \
    do {                                                                                                     \
        const struct outcome *o_ = &(got);                                                                   \
        ck_assert_msg(o_->code == 0, "%d %s", o_->code, o_->msg);                                            \
        ck_assert_int_eq(o_->result.state, SCALER_OK);                                                       \
        ck_assert_msg(o_->result.value == (expected), "value %g", o_->result.value);                         \
        ck_assert(o_->result.activity == o_->result.value);                                                  \
    } while (0)

#define ck_assert_failed(got, expected, piece)                                                               \
    do {                                                                                                     \
        const struct outcome *o_ = &(got);                                                                   \
        ck_assert_msg(o_->code == (expected), "code %d %s", o_->code, o_->msg);                              \
        ck_assert_msg(strstr(o_->msg, piece) != NULL, "wanted: %s\nfound: %s", piece, o_->msg);              \
    } while (0)

/* Closes the source; closed() may not come before close() has returned. */
static inline void harness_close_source(struct harness *harness)
{
    harness->source_closed = false;
    harness->type->close(harness->source, harness_set_flag, &harness->source_closed);
    ck_assert_msg(!harness->source_closed, "closed before close() returned");
    ck_assert_msg(harness_run(harness, harness_flag_is_set, &harness->source_closed, 5000),
                  "the source does not close");
    config_drop(&harness->type->schema, harness->config);
    harness->source = NULL;
    harness->config = NULL;
}

static inline void harness_done(struct harness *harness)
{
    if (harness->source)
        harness_close_source(harness);
    net_close(harness->net, harness_set_flag, &harness->net_closed);
    ck_assert_msg(harness_run(harness, harness_flag_is_set, &harness->net_closed, 5000),
                  "net does not close");
    while (uv_run(&harness->loop, UV_RUN_DEFAULT)) {
    }
    ck_assert_int_eq(uv_loop_close(&harness->loop), 0);
}

#endif
