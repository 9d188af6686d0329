/* The same against a real API server, if DAVIT_TEST_KUBECONFIG names a kubeconfig that may do everything;
 * else nothing runs. It works in a namespace of its own. */
#include <unistd.h>

#include "scaler/base/strbuf.h"
#include "scaler/kube/events.h"
#include "scaler/kube/scale.h"
#include "scaler/kube/store.h"
#include "scaler/kube/watch.h"
#include "tests/kube/kube_fixture.h"

static char ns[64];

static int send_request(const char *method, const char *path, const char *body, struct result *result)
{
    call(&(struct kube_request){.method = method, .path = path, .body = body}, result);
    return result->status;
}

static void must(const char *method, const char *path, const char *body)
{
    struct result result;
    send_request(method, path, body, &result);
    ck_assert_msg(result.error.code == 0, "%s", result.error.msg);
    result_done(&result);
}

static char *in_ns(const char *prefix, const char *rest)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, 256, "%s/namespaces/%s/%s", prefix, ns, rest);
    return path;
}

static void setup(void)
{
    struct kubeconfig config;
    struct err err = {0};
    char body[256];
    fixture_setup();
    ck_assert_msg(kubeconfig_load(&config, getenv("DAVIT_TEST_KUBECONFIG"), NULL, &err) == 0, "%s", err.msg);
    ck_assert_msg(kube_client_new(test_net, &config, "davit/test", &client, &err) == 0, "%s", err.msg);
    kubeconfig_done(&config);
    snprintf(ns, sizeof(ns), "davit-test-%d", (int)getpid());
    snprintf(body, sizeof(body),
             "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"%s\"}}", ns);
    must("POST", "/api/v1/namespaces", body);
}

static void teardown(void)
{
    char path[128];
    snprintf(path, sizeof(path), "/api/v1/namespaces/%s", ns);
    must("DELETE", path, NULL);
    close_client_only();
    fixture_teardown();
}

static void create_deployment(const char *name, int replicas)
{
    char body[1024];
    snprintf(body, sizeof(body),
             "{\"apiVersion\":\"apps/"
             "v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"%s\"},\"spec\":{\"replicas\":%d,"
             "\"selector\":{\"matchLabels\":{\"app\":\"%s\"}},\"template\":{\"metadata\":{\"labels\":{"
             "\"app\":\"%s\"}},"
             "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}",
             name, replicas, name, name);
    must("POST", in_ns("/apis/apps/v1", "deployments"), body);
}

struct found {
    bool done;
    struct kube_resource resource;
    struct err error;
};

static void on_found(const struct kube_resource *resource, const struct err *error, void *arg)
{
    struct found *found = arg;
    found->done = true;
    if (error)
        found->error = *error;
    else
        found->resource = *resource;
}

static struct found find(const char *api_version, const char *kind)
{
    struct found found = {0};
    struct err err = {0};
    ck_assert_int_eq(kube_resource_find(client, api_version, kind, on_found, &found, &err), 0);
    run_until(&found.done);
    return found;
}

struct scaled {
    bool done;
    int32_t spec, status;
    char version[64];
    struct err error;
    struct kube_call *call;
};

static void on_scale(const struct kube_scale *scale, const struct err *error, void *arg)
{
    struct scaled *scaled = arg;
    scaled->done = true;
    if (error) {
        scaled->error = *error;
        return;
    }
    scaled->spec = scale->spec_replicas;
    scaled->status = scale->status_replicas;
    snprintf(scaled->version, sizeof(scaled->version), "%s", scale->resource_version);
}

static struct scaled get_scale(const struct kube_resource *resource, const char *name)
{
    struct scaled scaled = {0};
    struct err err = {0};
    ck_assert_int_eq(kube_scale_get(client, resource, ns, name, on_scale, &scaled, &scaled.call, &err), 0);
    run_until(&scaled.done);
    return scaled;
}

static struct scaled patch_scale(const struct kube_resource *resource, const char *name, int32_t replicas,
                                 const char *version)
{
    struct scaled scaled = {0};
    struct err err = {0};
    ck_assert_int_eq(kube_scale_patch(client, resource, ns, name, replicas, version, KUBE_NORMAL, on_scale,
                                      &scaled, &scaled.call, &err),
                     0);
    run_until(&scaled.done);
    return scaled;
}

START_TEST(scales_a_deployment)
{
    struct kube_resource resource = find("", "").resource;
    create_deployment("web", 1);
    struct scaled before = get_scale(&resource, "web");
    ck_assert_int_eq(before.spec, 1);
    struct scaled up = patch_scale(&resource, "web", 3, NULL);
    ck_assert_int_eq(up.spec, 3);
    struct scaled stale = patch_scale(&resource, "web", 9, before.version);
    ck_assert_int_eq(stale.error.code, ERR_CONFLICT);
    for (int tries = 0; tries < 20; tries++) { /* the controller writes the status meanwhile */
        struct scaled now = get_scale(&resource, "web");
        ck_assert_int_eq(now.spec, 3);
        struct scaled zero = patch_scale(&resource, "web", 0, now.version);
        if (zero.error.code == ERR_CONFLICT)
            continue;
        ck_assert_msg(zero.error.code == 0, "%s", zero.error.msg);
        ck_assert_int_eq(zero.spec, 0);
        break;
    }
    ck_assert_int_eq(get_scale(&resource, "web").spec, 0);
    ck_assert_int_eq(get_scale(&resource, "nobody").error.code, ERR_NOT_FOUND);
}
END_TEST

START_TEST(discovers)
{
    struct found found = find("v1", "ReplicationController");
    ck_assert_str_eq(found.resource.plural, "replicationcontrollers");
    ck_assert(found.resource.has_scale && found.resource.namespaced);
    ck_assert_int_eq(find("v1", "Pod").error.code, ERR_UNSUPPORTED);
    ck_assert_int_eq(find("apps/v1", "Nothing").error.code, ERR_NOT_FOUND);
    ck_assert_int_eq(find("nobody.example/v1", "Thing").error.code, ERR_NOT_FOUND);
}
END_TEST

struct follower {
    struct kube_watch *watch;
    struct strbuf told;
    bool synced;
    unsigned errors;
};

static void on_object(json_t *object, void *arg)
{
    struct follower *follower = arg;
    strbuf_printf(&follower->told, "+%s ", json_str(json_object_get(object, "metadata"), "name"));
}

static void on_deleted(const char *object_ns, const char *name, void *arg)
{
    struct follower *follower = arg;
    ck_assert_str_eq(object_ns, ns);
    strbuf_printf(&follower->told, "-%s ", name);
}

static void on_synced(void *arg)
{
    ((struct follower *)arg)->synced = true;
}

static void on_error(const struct err *error, int64_t in_ms, void *arg)
{
    (void)error;
    (void)in_ms;
    ((struct follower *)arg)->errors++;
}

static const struct kube_watch_handlers handlers = {on_object, on_deleted, on_synced, on_error};

static void follow(struct follower *follower, const struct kube_watch_options *options)
{
    struct err err = {0};
    *follower = (struct follower){0};
    strbuf_init(&follower->told);
    ck_assert_int_eq(kube_watch_open(client, options, &handlers, follower, &follower->watch, &err), 0);
}

static void expect(const struct follower *follower, const char *text)
{
    for (int i = 0; i < 500 && !strstr(follower->told.data, text); i++)
        run_for(20);
    ck_assert_msg(strstr(follower->told.data, text) != NULL, "'%s' lacks '%s'", follower->told.data, text);
}

static void unfollow(struct follower *follower)
{
    kube_watch_close(follower->watch);
    strbuf_done(&follower->told);
}

static void create_map(const char *name)
{
    char body[256];
    snprintf(body, sizeof(body),
             "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%s\",\"labels\":{\"of\":"
             "\"us\"}}}",
             name);
    must("POST", in_ns("/api/v1", "configmaps"), body);
}

#define WATCHES 150 /* more than one HTTP/2 connection carries */

START_TEST(watches)
{
    static struct follower followers[WATCHES];
    create_map("a");
    create_map("b");
    create_map("c");
    for (int i = 0; i < WATCHES; i++)
        follow(&followers[i], &(struct kube_watch_options){.path = in_ns("/api/v1", "configmaps"),
                                                           .label_selector = "of in (us)",
                                                           .page_size = 2});
    for (int i = 0; i < WATCHES; i++)
        run_until(&followers[i].synced);
    create_map("d");
    must("DELETE", in_ns("/api/v1", "configmaps/b"), NULL);
    for (int i = 0; i < WATCHES; i++) {
        expect(&followers[i], "+a +b +c +d -b ");
        ck_assert_uint_eq(followers[i].errors, 0);
        unfollow(&followers[i]);
    }
}
END_TEST

START_TEST(watches_one_object)
{
    struct follower follower;
    follow(&follower, &(struct kube_watch_options){.path = in_ns("/api/v1", "configmaps"),
                                                   .field_selector = "metadata.name=me"});
    run_until(&follower.synced);
    create_map("you");
    create_map("me");
    expect(&follower, "+me ");
    ck_assert_str_eq(follower.told.data, "+me ");
    unfollow(&follower);
}
END_TEST

START_TEST(a_watch_of_nothing_known_is_an_error)
{
    struct follower follower;
    follow(&follower, &(struct kube_watch_options){.path = "/apis/nobody.example/v1/things"});
    for (int i = 0; i < 200 && !follower.errors; i++)
        run_for(20);
    ck_assert_uint_ge(follower.errors, 1);
    ck_assert(!follower.synced);
    unfollow(&follower);
}
END_TEST

struct told {
    bool done;
    struct err error;
    char a[64];
};

static void on_store(const struct text_map *data, const struct err *error, void *arg)
{
    struct told *told = arg;
    told->done = true;
    if (error)
        told->error = *error;
    else
        snprintf(told->a, sizeof(told->a), "%s",
                 text_map_get(data, "a") ? text_map_get(data, "a") : "(none)");
}

static struct told write_store(struct kube_store *store, const char *key, const char *value)
{
    struct told told = {0};
    struct text_map map = {0};
    struct err err = {0};
    text_map_set(&map, key, value);
    ck_assert_int_eq(kube_store_write(store, &map, on_store, &told, &err), 0);
    text_map_done(&map);
    run_until(&told.done);
    return told;
}

static struct told read_store(struct kube_store *store)
{
    struct told told = {0};
    kube_store_read(store, on_store, &told);
    run_until(&told.done);
    return told;
}

START_TEST(stores)
{
    struct kube_store *ours = kube_store_new(client, ns, "state");
    struct kube_store *theirs = kube_store_new(client, ns, "state");
    ck_assert_str_eq(read_store(ours).a, "(none)");
    ck_assert_str_eq(read_store(theirs).a, "(none)");
    ck_assert_str_eq(write_store(ours, "a", "1").a, "1");
    ck_assert_int_eq(write_store(theirs, "a", "2").error.code, ERR_CONFLICT);
    ck_assert_str_eq(write_store(theirs, "a", "3").a, "3");
    ck_assert_int_eq(write_store(ours, "a", "4").error.code, ERR_CONFLICT);
    ck_assert_str_eq(read_store(ours).a, "3");
    ck_assert_str_eq(write_store(ours, "b", "5").a, "(none)"); /* the whole data is replaced */
    must("DELETE", in_ns("/api/v1", "configmaps/state"), NULL);
    ck_assert_int_eq(write_store(ours, "a", "6").error.code, ERR_CONFLICT);
    ck_assert_str_eq(write_store(ours, "a", "7").a, "7");
    struct kube_store *lost = kube_store_new(client, "no-such-namespace", "state");
    ck_assert_int_eq(write_store(lost, "a", "1").error.code, ERR_NOT_FOUND);
    kube_store_close(ours);
    kube_store_close(theirs);
    kube_store_close(lost);
}
END_TEST

START_TEST(tells_events)
{
    struct kube_object_ref ref = {"keda.sh/v1alpha1", "ScaledObject", ns, "web", "u-1"};
    struct kube_events *events = kube_events_new(client, "davit", "davit-0");
    struct result result = {0};
    for (int i = 0; i < 2; i++) {
        kube_event(events, &ref, true, "KEDAScalerFailed", "no answer");
        run_for(500);
    }
    get(in_ns("/apis/events.k8s.io/v1", "events"), &result);
    ck_assert_msg(strstr(result.body, "\"note\":\"no answer\"") != NULL, "%s", result.body);
    ck_assert_msg(strstr(result.body, "\"series\":{\"count\":2") != NULL, "%s", result.body);
    result_done(&result);
    kube_events_close(events);
}
END_TEST

START_TEST(a_wrong_token_is_refused)
{
    struct kube_client *good = client;
    struct kubeconfig config;
    struct result result;
    struct err err = {0};
    ck_assert_int_eq(kubeconfig_load(&config, getenv("DAVIT_TEST_KUBECONFIG"), NULL, &err), 0);
    mem_free_secret(config.token);
    config.token = mem_strdup("s3cret");
    ck_assert_int_eq(kube_client_new(test_net, &config, "davit/test", &client, &err), 0);
    kubeconfig_done(&config);
    get("/api/v1/namespaces", &result);
    ck_assert_int_eq(result.status, 401);
    ck_assert_ptr_null(strstr(result.error.msg, "s3cret"));
    close_client_only();
    client = good;
}
END_TEST

START_TEST(a_wrong_authority_is_refused)
{
    struct kube_client *good = client;
    struct kubeconfig config;
    struct result result;
    struct err err = {0};
    ck_assert_int_eq(kubeconfig_load(&config, getenv("DAVIT_TEST_KUBECONFIG"), NULL, &err), 0);
    mem_free_secret(config.ca_pem);
    config.ca_pem = NULL; /* the system's */
    ck_assert_int_eq(kube_client_new(test_net, &config, "davit/test", &client, &err), 0);
    call(&(struct kube_request){.method = "GET", .path = "/api/v1/namespaces", .max_tries = 1}, &result);
    ck_assert_int_eq(result.status, 0);
    ck_assert_int_lt(result.error.code, 0);
    close_client_only();
    config.insecure = true;
    ck_assert_int_eq(kube_client_new(test_net, &config, "davit/test", &client, &err), 0);
    get("/api/v1/namespaces", &result);
    ck_assert_int_eq(result.status, 200);
    result_done(&result);
    close_client_only();
    kubeconfig_done(&config);
    client = good;
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, scales_a_deployment);
    tcase_add_test(tcase, discovers);
    tcase_add_test(tcase, watches);
    tcase_add_test(tcase, watches_one_object);
    tcase_add_test(tcase, a_watch_of_nothing_known_is_an_error);
    tcase_add_test(tcase, stores);
    tcase_add_test(tcase, tells_events);
    tcase_add_test(tcase, a_wrong_token_is_refused);
    tcase_add_test(tcase, a_wrong_authority_is_refused);
}

int main(void)
{
    Suite *suite = suite_create("control_plane");
    TCase *tcase = tcase_create("control_plane");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    if (getenv("DAVIT_TEST_KUBECONFIG"))
        add_tests(tcase);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
