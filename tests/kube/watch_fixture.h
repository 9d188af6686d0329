/* Watches on the scripted API server. What their handlers are told is collected as text: "+ns/name@version
 * -ns/name S ". Each follower has a path of its own, so that many slow cases can run side by side. */
#ifndef TESTS_KUBE_WATCH_FIXTURE_H
#define TESTS_KUBE_WATCH_FIXTURE_H

#include "scaler/base/strbuf.h"
#include "scaler/kube/watch.h"
#include "tests/kube/kube_fixture.h"

struct follower;

typedef void (*follower_fn)(struct follower *follower, struct peer_conn *conn, const struct request *request);

struct follower {
    struct kube_watch *watch;
    struct strbuf told;
    unsigned synced, errors;
    int last_error;
    follower_fn list_fn, stream_fn;
    unsigned lists, streams;  /* asked for, the one being served included */
    struct peer_conn *stream; /* the last one */
};

#define FOLLOWERS_MAX 32
static struct follower followers[FOLLOWERS_MAX];
static struct follower *const f = &followers[0]; /* what tests of one watch use */

#define PATH "/api/v1/namespaces/x/pods0"

static inline void serve(struct peer_conn *conn, const char *text, size_t len)
{
    struct request request;
    unsigned nr = FOLLOWERS_MAX;
    (void)len;
    request_read(&request, text);
    ck_assert_int_eq(sscanf(request.path, "/api/v1/namespaces/x/pods%u?", &nr), 1);
    ck_assert_uint_lt(nr, FOLLOWERS_MAX);
    struct follower *follower = &followers[nr];
    if (strstr(request.path, "watch=true")) {
        follower->stream = conn;
        follower->streams++;
        follower->stream_fn(follower, conn, &request);
    } else {
        follower->lists++;
        follower->list_fn(follower, conn, &request);
    }
}

static inline void on_object(json_t *object, void *arg)
{
    struct follower *follower = arg;
    json_t *meta = json_object_get(object, "metadata");
    const char *ns = json_str(meta, "namespace"), *version = json_str(meta, "resourceVersion");
    strbuf_printf(&follower->told, "+%s/%s@%s ", ns ? ns : "", json_str(meta, "name"),
                  version ? version : "");
}

static inline void on_deleted(const char *ns, const char *name, void *arg)
{
    struct follower *follower = arg;
    strbuf_printf(&follower->told, "-%s/%s ", ns, name);
}

static inline void on_synced(void *arg)
{
    struct follower *follower = arg;
    follower->synced++;
    strbuf_append(&follower->told, "S ");
}

static inline void on_error(const struct err *error, int64_t in_ms, void *arg)
{
    struct follower *follower = arg;
    ck_assert_int_ge(in_ms, 0);
    ck_assert_int_lt(error->code, 0);
    follower->errors++;
    follower->last_error = error->code;
}

static const struct kube_watch_handlers collecting = {on_object, on_deleted, on_synced, on_error};

static inline void follow(size_t nr, struct kube_watch_options options,
                          const struct kube_watch_handlers *handlers, follower_fn list_fn,
                          follower_fn stream_fn)
{
    struct follower *follower = &followers[nr];
    struct err err = {0};
    char *path = mem_printf("/api/v1/namespaces/x/pods%zu", nr);
    *follower = (struct follower){.list_fn = list_fn, .stream_fn = stream_fn};
    strbuf_init(&follower->told);
    options.path = path;
    ck_assert_int_eq(kube_watch_open(client, &options, handlers, follower, &follower->watch, &err), 0);
    ck_assert_uint_eq(follower->told.len, 0);
    mem_free(path);
}

static inline void begin(follower_fn list_fn, follower_fn stream_fn)
{
    open_client(serve);
    follow(0, (struct kube_watch_options){0}, &collecting, list_fn, stream_fn);
}

static inline void unfollow(struct follower *follower)
{
    size_t told_before = follower->told.len;
    kube_watch_close(follower->watch);
    run_for(1);
    ck_assert_uint_eq(follower->told.len, told_before);
}

static inline void end(void)
{
    unfollow(f);
    close_client();
    strbuf_done(&f->told);
}

/* Runs until the handlers have told exactly that. */
static inline void expect(const struct follower *follower, const char *text)
{
    int64_t until = clock_mono_ms() + 20000;
    while (strcmp(follower->told.data, text) != 0 && clock_mono_ms() < until)
        run_for(10);
    ck_assert_str_eq(follower->told.data, text);
}

static inline void expect_count(const unsigned *count, unsigned wanted)
{
    int64_t until = clock_mono_ms() + 30000;
    while (*count < wanted && clock_mono_ms() < until)
        run_for(10);
    ck_assert_uint_ge(*count, wanted);
}

#define OBJECT(name, version)                                                                                \
    "{\"metadata\":{\"namespace\":\"x\",\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}"
#define LIST(version, more, items)                                                                           \
    "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"" version "\"" more "},\"items\":[" items "]" \
    "}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define GONE                "{\"kind\":\"Status\",\"code\":410,\"message\":\"too old resource version\"}"

static inline void two_pods(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)follower;
    (void)request;
    api_reply(conn, 200, LIST("10", "", OBJECT("a", "1") "," OBJECT("b", "2")));
}

static inline void open_stream(struct follower *follower, struct peer_conn *conn,
                               const struct request *request)
{
    (void)follower;
    (void)request;
    api_stream_begin(conn);
}

static inline void gone_once(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)request;
    if (follower->streams == 1)
        api_reply(conn, 410, GONE);
    else
        api_stream_begin(conn);
}

static inline void never(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)follower;
    (void)conn;
    (void)request;
}

struct looped_test {
    const TTest *test;
    size_t rows;
};

static inline int run_watch_suite(const char *name, const TTest *const *tests, size_t len,
                                  const struct looped_test *looped, size_t looped_len)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    tcase_set_timeout(tcase, 120);
    for (size_t i = 0; i < len; i++)
        tcase_add_test(tcase, tests[i]);
    for (size_t i = 0; i < looped_len; i++)
        tcase_add_loop_test(tcase, looped[i].test, 0, (int)looped[i].rows);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
