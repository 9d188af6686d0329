/* Statuses and their errors, Status messages, verbs. */
#include <string.h>

#include "scaler/kube/answer.h"
#include "tests/base/suite.h"

struct status_case {
    int status;
    int code;
};

static const struct status_case statuses[] = {
    {301, ERR_PROTOCOL},    {400, ERR_INVALID},     {401, ERR_AUTH},        {403, ERR_AUTH},
    {404, ERR_NOT_FOUND},   {408, ERR_TIMEOUT},     {409, ERR_CONFLICT},    {410, ERR_GONE},
    {413, ERR_LIMIT},       {418, ERR_INVALID},     {422, ERR_INVALID},     {429, ERR_UNAVAILABLE},
    {500, ERR_UNAVAILABLE}, {503, ERR_UNAVAILABLE}, {599, ERR_UNAVAILABLE}, {100, ERR_PROTOCOL},
    {999, ERR_PROTOCOL},    {-1, ERR_PROTOCOL},
};

START_TEST(maps_statuses)
{
    struct err err = {0};
    json_t *root = NULL;
    ck_assert_int_eq(answer_read(statuses[_i].status, "", 0, &root, &err), statuses[_i].code);
    ck_assert_int_eq(err.code, statuses[_i].code);
    ck_assert_ptr_null(root);
}
END_TEST

struct body_case {
    const char *body;
    const char *message;
};

static const struct body_case bodies[] = {
    {"{\"kind\":\"Status\",\"message\":\"deployments.apps \\\"x\\\" not found\"}",
     "404: deployments.apps \"x\" not found"},
    {"{\"kind\":\"Status\",\"message\":7}", "404"},
    {"{\"kind\":\"Status\"", "404"},
    {"<html>token=abc</html>", "404"},
    {"{\"kind\":\"Pod\",\"message\":\"no\"}", "404"},
    {"[[[[", "404"},
};

START_TEST(tells_the_status_message)
{
    struct err err = {0};
    json_t *root = NULL;
    ck_assert_int_eq(answer_read(404, bodies[_i].body, strlen(bodies[_i].body), &root, &err), ERR_NOT_FOUND);
    ck_assert_str_eq(err.msg, bodies[_i].message);
}
END_TEST

START_TEST(parses_successes)
{
    struct err err = {0};
    json_t *root = NULL;
    ck_assert_int_eq(answer_read(200, "{\"a\":1}", 7, &root, &err), 0);
    ck_assert(json_is_object(root));
    json_decref(root);
    root = NULL;
    ck_assert_int_eq(answer_read(204, "", 0, &root, &err), 0);
    ck_assert_ptr_null(root);
    ck_assert_int_eq(answer_read(200, "{\"a\":", 5, &root, &err), ERR_PROTOCOL);
    ck_assert_int_eq(answer_read(200, "{\"a\":\"\xff\"}", 9, &root, &err), ERR_PROTOCOL);
    ck_assert_ptr_null(root);
}
END_TEST

struct verb_case {
    const char *method, *path, *verb;
};

static const struct verb_case verbs[] = {
    {"GET", "/api/v1/pods", "list"},
    {"GET", "/api/v1/namespaces", "list"},
    {"GET", "/api/v1/namespaces/x", "get"},
    {"GET", "/api/v1/namespaces/x/pods?limit=5", "list"},
    {"GET", "/api/v1/namespaces/x/pods/p", "get"},
    {"GET", "/apis/apps/v1/namespaces/x/deployments", "list"},
    {"GET", "/apis/apps/v1/namespaces/x/deployments?watch=true", "watch"},
    {"GET", "/apis/apps/v1/namespaces/x/deployments?a=b&watch=true", "watch"},
    {"GET", "/apis/apps/v1/namespaces/x/deployments?rewatch=true", "list"},
    {"GET", "/apis/apps/v1/namespaces/x/deployments/d/scale", "get"},
    {"GET", "/apis/apps/v1", "get"},
    {"GET", "/api/v1", "get"},
    {"GET", "/", "get"},
    {"GET", "/api/v1/nodes/n/status", "get"},
    {"PATCH", "/apis/apps/v1/namespaces/x/deployments/d/scale", "patch"},
    {"POST", "/apis/apps/v1/namespaces/x/deployments", "create"},
    {"PUT", "/api/v1/namespaces/x/configmaps/c", "update"},
    {"DELETE", "/api/v1/namespaces/x/configmaps/c", "delete"},
};

START_TEST(names_verbs)
{
    ck_assert_str_eq(answer_verb(verbs[_i].method, verbs[_i].path), verbs[_i].verb);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("answer");
    SUITE_ADD_LOOP(suite, maps_statuses, statuses);
    SUITE_ADD_LOOP(suite, tells_the_status_message, bodies);
    SUITE_ADD(suite, parses_successes);
    SUITE_ADD_LOOP(suite, names_verbs, verbs);
    return suite_run(suite);
}
