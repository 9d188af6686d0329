/* From apiVersion and kind to a path: fixed kinds, discovery, its cache, and answers that are no discovery.
 */
#include "scaler/kube/resource.h"
#include "tests/kube/kube_fixture.h"

#define ROLLOUTS                                                                                             \
    "{\"kind\":\"APIResourceList\",\"groupVersion\":\"argoproj.io/v1alpha1\",\"resources\":["                \
    "{\"name\":\"rollouts/scale\",\"kind\":\"Scale\",\"namespaced\":true},"                                  \
    "{\"name\":\"rollouts\",\"kind\":\"Rollout\",\"namespaced\":true},"                                      \
    "{\"name\":\"rollouts/status\",\"kind\":\"Rollout\",\"namespaced\":true},"                               \
    "{\"name\":\"rolloutsx/scale\",\"kind\":\"Scale\",\"namespaced\":true},"                                 \
    "{\"name\":\"analyses\",\"kind\":\"Analysis\",\"namespaced\":true},"                                     \
    "{\"name\":\"farms\",\"kind\":\"Farm\"},{\"name\":\"farms/scale\",\"kind\":\"Scale\"},"                  \
    "{\"name\":\"../../secrets\",\"kind\":\"Evil\",\"namespaced\":true},{\"name\":7},7,null,{}]}"

static const char *answer_text;
static int answer_status;

static void discover(struct peer_conn *conn, const char *text, size_t len)
{
    struct request request;
    (void)len;
    request_read(&request, text);
    api_reply(conn, answer_status, answer_text);
}

struct found {
    bool done;
    int times;
    struct kube_resource resource;
    struct err error;
};

static void on_found(const struct kube_resource *resource, const struct err *error, void *arg)
{
    struct found *found = arg;
    found->done = true;
    found->times++;
    ck_assert((resource == NULL) == (error != NULL));
    if (resource)
        found->resource = *resource;
    else
        found->error = *error;
}

static void ask_for(const char *api_version, const char *kind, struct found *found)
{
    struct err err = {0};
    *found = (struct found){0};
    ck_assert_msg(kube_resource_find(client, api_version, kind, on_found, found, &err) == 0, "%s", err.msg);
    ck_assert(!found->done);
}

static void find(const char *api_version, const char *kind, struct found *found)
{
    ask_for(api_version, kind, found);
    run_until(&found->done);
    ck_assert_int_eq(found->times, 1);
}

static void begin(int status, const char *text)
{
    answer_status = status;
    answer_text = text;
    open_client(discover);
}

struct fixed_case {
    const char *api_version, *kind, *path;
};

static const struct fixed_case fixed_cases[] = {
    {"", "", "/apis/apps/v1/namespaces/shop/deployments/web/scale"},
    {NULL, NULL, "/apis/apps/v1/namespaces/shop/deployments/web/scale"},
    {"apps/v1", "StatefulSet", "/apis/apps/v1/namespaces/shop/statefulsets/web/scale"},
    {"apps/v1", "ReplicaSet", "/apis/apps/v1/namespaces/shop/replicasets/web/scale"},
};

START_TEST(everyday_kinds_need_no_discovery)
{
    begin(500, "{}");
    for (size_t i = 0; i < ARRAY_LEN(fixed_cases); i++) {
        struct found found;
        find(fixed_cases[i].api_version, fixed_cases[i].kind, &found);
        char *path = kube_resource_path(&found.resource, "shop", "web", "scale");
        ck_assert_str_eq(path, fixed_cases[i].path);
        mem_free(path);
    }
    ck_assert_uint_eq(api.requests, 0);
    close_client();
}
END_TEST

START_TEST(discovers_a_kind_once)
{
    static struct found found[20];
    begin(200, ROLLOUTS);
    for (size_t i = 0; i < ARRAY_LEN(found); i++)
        ask_for("argoproj.io/v1alpha1", "Rollout", &found[i]);
    for (size_t i = 0; i < ARRAY_LEN(found); i++)
        run_until(&found[i].done);
    ck_assert_uint_eq(api.requests, 1);
    ck_assert_str_eq(api_log, "GET /apis/argoproj.io/v1alpha1\n");
    ck_assert_str_eq(found[0].resource.plural, "rollouts");
    ck_assert(found[19].resource.namespaced);
    struct found farm;
    find("argoproj.io/v1alpha1", "Farm", &farm);
    char *path = kube_resource_path(&farm.resource, "shop", "old mac", NULL);
    ck_assert_str_eq(path, "/apis/argoproj.io/v1alpha1/farms/old%20mac");
    mem_free(path);
    path = kube_resource_path(&found[0].resource, NULL, NULL, NULL);
    ck_assert_str_eq(path, "/apis/argoproj.io/v1alpha1/rollouts");
    mem_free(path);
    ck_assert_uint_eq(api.requests, 1);
    close_client();
}
END_TEST

struct error_case {
    const char *api_version, *kind;
    int code;
};

static const struct error_case error_cases[] = {
    {"argoproj.io/v1alpha1", "Analysis", ERR_UNSUPPORTED}, {"argoproj.io/v1alpha1", "Nothing", ERR_NOT_FOUND},
    {"argoproj.io/v1alpha1", "Evil", ERR_NOT_FOUND},       {"argoproj.io/v1alpha1", "Scale", ERR_NOT_FOUND},
    {"argoproj.io/v1alpha1", "rollout", ERR_NOT_FOUND},
};

START_TEST(says_what_is_wrong_with_a_kind)
{
    begin(200, ROLLOUTS);
    for (size_t i = 0; i < ARRAY_LEN(error_cases); i++) {
        struct found found;
        find(error_cases[i].api_version, error_cases[i].kind, &found);
        ck_assert_msg(found.error.code == error_cases[i].code, "%s: %s", error_cases[i].kind,
                      found.error.msg);
    }
    ck_assert_uint_eq(api.requests, 1); /* a missing kind is not asked for again at once */
    close_client();
}
END_TEST

struct bad_answer {
    int status;
    const char *text;
    int code;
};

static const struct bad_answer bad_answers[] = {
    {404, "404 page not found", ERR_NOT_FOUND},
    {403, "{\"kind\":\"Status\",\"message\":\"no\"}", ERR_AUTH},
    {200, "{}", ERR_PROTOCOL},
    {200, "{\"kind\":\"APIResourceList\"}", ERR_PROTOCOL},
    {200, "{\"kind\":\"APIResourceList\",\"resources\":{}}", ERR_PROTOCOL},
    {200, "[]", ERR_PROTOCOL},
    {204, "", ERR_PROTOCOL},
    {200, "{\"kind\":\"APIResourceList\",\"resources\":[]}", ERR_NOT_FOUND},
};

START_TEST(bad_answers_are_errors)
{
    for (size_t i = 0; i < ARRAY_LEN(bad_answers); i++) {
        struct found found;
        begin(bad_answers[i].status, bad_answers[i].text);
        find("x.io/v1", "Thing", &found);
        ck_assert_msg(found.error.code == bad_answers[i].code, "%zu: %s", i, found.error.msg);
        close_client();
    }
}
END_TEST

START_TEST(a_group_that_was_unreachable_is_asked_again)
{
    struct found found;
    begin(403, "{}");
    find("argoproj.io/v1alpha1", "Rollout", &found);
    ck_assert_int_eq(found.error.code, ERR_AUTH);
    answer_status = 200;
    answer_text = ROLLOUTS;
    run_for(1100);
    find("argoproj.io/v1alpha1", "Rollout", &found);
    ck_assert_str_eq(found.resource.plural, "rollouts");
    close_client();
}
END_TEST

static const char *const bad_versions[] = {"a/b/c",     "/v1",     "apps/", "../v1", "a b/v1",
                                           "apps/v1?x", "a%2f/v1", "..",    "é/v1"};

START_TEST(refuses_versions_that_are_no_path)
{
    begin(200, ROLLOUTS);
    for (size_t i = 0; i < ARRAY_LEN(bad_versions); i++) {
        struct found found = {0};
        struct err err = {0};
        ck_assert_msg(kube_resource_find(client, bad_versions[i], "Thing", on_found, &found, &err) ==
                          ERR_CONFIG,
                      "%s", bad_versions[i]);
    }
    run_for(20);
    ck_assert_uint_eq(api.requests, 0);
    close_client();
}
END_TEST

START_TEST(a_canceled_question_is_not_answered)
{
    struct found one, two, three;
    begin(200, ROLLOUTS);
    ask_for("argoproj.io/v1alpha1", "Rollout", &one);
    ask_for("argoproj.io/v1alpha1", "Rollout", &two);
    ask_for("", "", &three);
    kube_resource_cancel(client, &one);
    kube_resource_cancel(client, &three);
    run_until(&two.done);
    run_for(20);
    ck_assert(!one.done && !three.done);
    close_client();
}
END_TEST

START_TEST(closing_answers_what_waits)
{
    struct found one, two;
    begin(200, ROLLOUTS);
    ask_for("argoproj.io/v1alpha1", "Rollout", &one);
    ask_for("", "", &two);
    close_client();
    ck_assert_int_eq(one.times, 1);
    ck_assert_int_eq(one.error.code, ERR_CANCELED);
    ck_assert_int_eq(two.times, 1);
    ck_assert_int_eq(two.error.code, ERR_CANCELED);
}
END_TEST

RUN_SUITE("resource", everyday_kinds_need_no_discovery, discovers_a_kind_once, says_what_is_wrong_with_a_kind,
          bad_answers_are_errors, a_group_that_was_unreachable_is_asked_again,
          refuses_versions_that_are_no_path, a_canceled_question_is_not_answered, closing_answers_what_waits)
