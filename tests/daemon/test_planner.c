/* Planner: sharing, one answer per asking, the retry, back-off of dead sources, caps, closing in flight. On a
 * scripted trigger type. */
#include "scaler/daemon/planner.h"

#include "tests/base/suite.h"
#include "tests/net/fixture.h"

/* ---- a trigger type that answers as told ---- */

struct fake_config {
    char *source;
    char *query;
};

struct fake_read {
    scaler_done_fn done;
    void *arg;
};

struct scaler_source {
    void (*closed)(void *arg);
    void *closed_arg;
};

static struct {
    unsigned opens, reads, closes, in_flight, most_in_flight;
    bool hold; /* keep the reads until fake_answer */
    int fail;  /* error code to answer with; 0: value */
    double value;
    struct fake_read held[64];
    unsigned held_len;
} fake;

static void answer_one(void *arg)
{
    struct fake_read read = *(struct fake_read *)arg;
    mem_free(arg);
    fake.in_flight--;
    struct err error = {0};
    struct scaler_result result = {.state = SCALER_OK, .value = fake.value, .activity = fake.value};
    if (fake.fail)
        err_set(&error, (enum err_code)fake.fail, "as told");
    read.done(fake.fail ? NULL : &result, fake.fail ? &error : NULL, read.arg);
}

static void fake_describe(const void *config, struct scaler_target *ret)
{
    (void)config;
    ret->threshold = 1;
}

static void fake_source_key(const void *config, struct strbuf *key)
{
    strbuf_append(key, ((const struct fake_config *)config)->source);
}

/* What stands after '#' is the credentials. */
static void fake_source_name(const void *config, struct strbuf *name)
{
    const char *source = ((const struct fake_config *)config)->source;
    strbuf_append_n(name, source, strcspn(source, "#"));
}

static void fake_query_key(const void *config, struct strbuf *key)
{
    strbuf_append(key, ((const struct fake_config *)config)->query);
}

static int fake_open(struct net *net, const void *config, struct scaler_source **ret, struct err *err)
{
    (void)net, (void)config, (void)err;
    fake.opens++;
    *ret = mem_zalloc(sizeof **ret);
    return 0;
}

static int fake_read_start(struct scaler_source *source, const void *config, scaler_done_fn done, void *arg,
                           struct err *err)
{
    (void)source, (void)config, (void)err;
    fake.reads++;
    fake.in_flight++;
    fake.most_in_flight = fake.in_flight > fake.most_in_flight ? fake.in_flight : fake.most_in_flight;
    struct fake_read read = {done, arg};
    if (fake.hold) {
        fake.held[fake.held_len++] = read;
        return 0;
    }
    struct fake_read *later = mem_alloc(sizeof *later);
    *later = read;
    net_defer(test_net, answer_one, later);
    return 0;
}

static void close_turn(void *arg)
{
    struct err error;
    err_set(&error, ERR_CANCELED, "closed");
    for (unsigned i = 0; i < fake.held_len; i++)
        fake.held[i].done(NULL, &error, fake.held[i].arg);
    fake.held_len = 0;
    struct scaler_source source = *(struct scaler_source *)arg;
    mem_free(arg);
    source.closed(source.closed_arg);
}

static void fake_close(struct scaler_source *source, void (*closed)(void *arg), void *arg)
{
    fake.closes++;
    source->closed = closed;
    source->closed_arg = arg;
    net_defer(test_net, close_turn, source);
}

static const struct param_row rows[] = {
    {.names = {"source"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .offset = offsetof(struct fake_config, source)},
    {.names = {"query"},
     .type = PARAM_STRING,
     .from = {PARAM_FROM_METADATA},
     .offset = offsetof(struct fake_config, query)},
};
static const char *const names[] = {"fake", NULL};
static struct scaler_type fake_type = {
    .schema = {.names = names,
               .rows = rows,
               .rows_len = ARRAY_LEN(rows),
               .config_size = sizeof(struct fake_config)},
    .max_in_flight = 2,
    .describe = fake_describe,
    .source_key = fake_source_key,
    .source_name = fake_source_name,
    .query_key = fake_query_key,
    .open = fake_open,
    .read = fake_read_start,
    .close = fake_close,
};

/* ---- who asks ---- */

struct asker {
    struct query_waiter waiter;
    unsigned answers;
    struct reading reading;
    char error[256];
    bool done;
};

static void on_reading(struct query_waiter *waiter, const struct reading *reading, const char *error)
{
    struct asker *asker = container_of(waiter, struct asker, waiter);
    asker->answers++;
    asker->reading = *reading;
    snprintf(asker->error, sizeof asker->error, "%s", error ? error : "");
    asker->done = true;
}

static struct planner *planner;

static struct query *query(const char *source, const char *text)
{
    struct fake_config *config = mem_zalloc(sizeof *config);
    struct query *ret = NULL;
    struct err err;
    config->source = mem_strdup(source);
    config->query = mem_strdup(text);
    ck_assert_int_eq(planner_query(planner, &fake_type, config, &ret, &err), 0);
    return ret;
}

static void want(struct asker *asker, struct query *asked, int64_t max_age_ms)
{
    unsigned before = asker->answers;
    asker->done = false;
    asker->waiter.fn = on_reading;
    query_ask(asked, max_age_ms, &asker->waiter);
    ck_assert_uint_eq(asker->answers, before); /* never before query_ask has returned */
}

static void setup(void)
{
    fixture_setup();
    memset(&fake, 0, sizeof fake);
    fake_type.max_in_flight = 2;
    planner = planner_new(test_net);
}

static void teardown(void)
{
    bool closed = false, net_closed = false;
    planner_close(planner, on_flag, &closed);
    ck_assert(!closed);
    run_until(&closed);
    ck_assert_uint_eq(fake.opens, fake.closes);
    net_close(test_net, on_flag, &net_closed);
    run_until(&net_closed);
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&test_loop), 0);
}

START_TEST(equal_queries_are_read_once)
{
    struct asker one = {0}, two = {0};
    struct query *a = query("s", "q"), *b = query("s", "q");
    ck_assert_ptr_eq(a, b);
    fake.value = 7;
    want(&one, a, 0);
    want(&two, b, 0);
    run_until(&two.done);
    ck_assert_uint_eq(fake.reads, 1);
    ck_assert_double_eq(one.reading.value, 7);
    ck_assert_int_eq(two.reading.state, READING_OK);
    query_unref(a);
    query_unref(b);
}
END_TEST

START_TEST(sources_are_shared_queries_are_not)
{
    struct query *a = query("s", "q1"), *b = query("s", "q2"), *c = query("other", "q1");
    struct asker one = {0}, two = {0}, three = {0};
    ck_assert(a != b && a != c);
    ck_assert(query_hash(a) == query_hash(c) && query_hash(a) != query_hash(b));
    want(&one, a, 0), want(&two, b, 0), want(&three, c, 0);
    run_until(&three.done);
    ck_assert_uint_eq(fake.opens, 2);
    ck_assert_uint_eq(fake.reads, 3);
    query_unref(a), query_unref(b), query_unref(c);
    run_for(30);
}
END_TEST

static void collect_name(const struct source_stats *stats, void *arg)
{
    strbuf_printf(arg, "%s;", stats->name);
}

START_TEST(sources_of_one_endpoint_have_names_of_their_own)
{
    AUTO_STRBUF struct strbuf seen;
    strbuf_init(&seen);
    struct query *a = query("s#one", "q"), *b = query("s#two", "q"), *c = query("s#three", "q");
    planner_each_source(planner, collect_name, &seen);
    ck_assert_str_eq(seen.data, "s;s (2);s (3);");
    query_unref(b);
    b = query("s#four", "q"); /* a name that is free again is used again */
    strbuf_reset(&seen);
    planner_each_source(planner, collect_name, &seen);
    ck_assert_str_eq(seen.data, "s;s (3);s (2);");
    query_unref(a), query_unref(b), query_unref(c);
}
END_TEST

START_TEST(a_fresh_reading_is_handed_over_without_asking)
{
    struct query *a = query("s", "q");
    struct asker one = {0};
    want(&one, a, 0);
    run_until(&one.done);
    want(&one, a, 60000);
    run_until(&one.done);
    ck_assert_uint_eq(fake.reads, 1);
    run_for(5);
    want(&one, a, 0);
    run_until(&one.done);
    ck_assert_uint_eq(fake.reads, 2);
    ck_assert_uint_eq(one.answers, 3);
    query_unref(a);
}
END_TEST

START_TEST(a_broken_connection_is_tried_once_more)
{
    struct query *a = query("s", "q");
    struct asker one = {0};
    fake.fail = ERR_IO;
    want(&one, a, 0);
    run_until(&one.done);
    ck_assert_uint_eq(fake.reads, 2);
    ck_assert_int_eq(one.reading.state, READING_ERROR);
    ck_assert_str_eq(one.error, "as told");
    fake.fail = ERR_AUTH; /* an answer: asking again at once would change nothing */
    run_for(2);
    want(&one, a, 0);
    run_until(&one.done);
    ck_assert_uint_eq(fake.reads, 3);
    query_unref(a);
}
END_TEST

START_TEST(in_flight_is_capped_and_the_rest_waits)
{
    struct query *queries[5];
    struct asker askers[5] = {0};
    fake.hold = true;
    for (int i = 0; i < 5; i++) {
        char text[8];
        snprintf(text, sizeof text, "q%d", i);
        queries[i] = query("s", text);
        want(&askers[i], queries[i], 0);
    }
    ck_assert_uint_eq(fake.in_flight, 2);
    fake.hold = false;
    for (unsigned i = 0; i < fake.held_len; i++) {
        struct fake_read *later = mem_alloc(sizeof *later);
        *later = fake.held[i];
        net_defer(test_net, answer_one, later);
    }
    fake.held_len = 0;
    run_until(&askers[4].done);
    ck_assert_uint_eq(fake.most_in_flight, 2);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(askers[i].answers, 1);
        query_unref(queries[i]);
    }
}
END_TEST

/* A source that gives no answers is not piled up on: everybody but one probe is told at once. */
START_TEST(a_dead_source_is_probed_not_flooded)
{
    struct query *a = query("s", "a"), *b = query("s", "b");
    struct asker one = {0}, two = {0};
    fake.fail = ERR_TIMEOUT;
    for (int i = 0; i < 4; i++) {
        want(&one, a, 0);
        run_until(&one.done);
        run_for(2);
    }
    unsigned before = fake.reads;
    for (int i = 0; i < 20; i++) {
        want(&two, b, 0);
        run_until(&two.done);
        ck_assert_int_eq(two.reading.state, READING_ERROR);
    }
    ck_assert_uint_le(fake.reads - before, 2);
    ck_assert_ptr_nonnull(strstr(two.error, "as told"));
    fake.fail = 0;
    for (int i = 0; i < 600 && two.reading.state != READING_OK; i++) {
        run_for(10);
        want(&two, b, 0);
        run_until(&two.done);
    }
    ck_assert_int_eq(two.reading.state, READING_OK);
    query_unref(a), query_unref(b);
}
END_TEST

START_TEST(forgetting_and_dropping_in_flight)
{
    struct query *a = query("s", "a");
    struct asker one = {0};
    fake.hold = true;
    want(&one, a, 0);
    query_forget(&one.waiter);
    query_unref(a); /* its read is still under way */
    run_for(20);
    ck_assert_uint_eq(one.answers, 0);
    ck_assert_uint_eq(fake.held_len, 1); /* teardown cancels it */
}
END_TEST

START_TEST(closing_with_reads_in_flight)
{
    struct asker one = {0};
    struct query *a = query("s", "a");
    fake.hold = true;
    want(&one, a, 0);
    bool closed = false;
    planner_close(planner, on_flag, &closed);
    run_until(&one.done);
    ck_assert_int_eq(one.reading.state, READING_ERROR);
    query_unref(a);
    run_until(&closed);
    planner = planner_new(test_net); /* for teardown */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("planner");
    TCase *tcase = tcase_create("planner");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, equal_queries_are_read_once);
    tcase_add_test(tcase, sources_are_shared_queries_are_not);
    tcase_add_test(tcase, sources_of_one_endpoint_have_names_of_their_own);
    tcase_add_test(tcase, a_fresh_reading_is_handed_over_without_asking);
    tcase_add_test(tcase, a_broken_connection_is_tried_once_more);
    tcase_add_test(tcase, in_flight_is_capped_and_the_rest_waits);
    tcase_add_test(tcase, a_dead_source_is_probed_not_flooded);
    tcase_add_test(tcase, forgetting_and_dropping_in_flight);
    tcase_add_test(tcase, closing_with_reads_in_flight);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
