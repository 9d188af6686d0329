/* The Scale object: what is sent, and which answers are believed. A count that is not there is not a zero. */
#include "scaler/kube/scale.h"
#include "tests/kube/kube_fixture.h"

static const struct kube_resource deployment = {.group = "apps",
                                                .version = "v1",
                                                .kind = "Deployment",
                                                .plural = "deployments",
                                                .namespaced = true,
                                                .has_scale = true};

static const char *answer_text;
static int answer_status;
static char last_body[512];

static void serve(struct peer_conn *conn, const char *text, size_t len)
{
    struct request request;
    (void)len;
    request_read(&request, text);
    snprintf(last_body, sizeof(last_body), "%s", request.body);
    if (strcmp(request.method, "PATCH") == 0)
        ck_assert(request_has(&request, "Content-Type: application/merge-patch+json"));
    api_reply(conn, answer_status, answer_text);
}

struct scaled {
    bool done;
    int times;
    int32_t spec, status;
    char selector[64], version[64];
    struct err error;
    struct kube_call *call;
};

static void on_scale(const struct kube_scale *scale, const struct err *error, void *arg)
{
    struct scaled *scaled = arg;
    scaled->done = true;
    scaled->times++;
    ck_assert((scale == NULL) == (error != NULL));
    if (error) {
        scaled->error = *error;
        return;
    }
    scaled->spec = scale->spec_replicas;
    scaled->status = scale->status_replicas;
    snprintf(scaled->selector, sizeof(scaled->selector), "%s", scale->selector);
    snprintf(scaled->version, sizeof(scaled->version), "%s", scale->resource_version);
}

#define SCALE(meta, spec, status)                                                                            \
    "{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\",\"metadata\":{" meta "},\"spec\":" spec           \
    ",\"status\":" status "}"

static void read_scale(int status, const char *text, struct scaled *scaled)
{
    struct err err = {0};
    *scaled = (struct scaled){.spec = -1, .status = -1};
    answer_status = status;
    answer_text = text;
    ck_assert_int_eq(
        kube_scale_get(client, &deployment, "shop", "web", on_scale, scaled, &scaled->call, &err), 0);
    run_until(&scaled->done);
    ck_assert_int_eq(scaled->times, 1);
}

struct scale_case {
    const char *text;
    int code;
    int32_t spec, status;
};

static const struct scale_case scale_cases[] = {
    {SCALE("\"resourceVersion\":\"7\"", "{\"replicas\":3}", "{\"replicas\":2,\"selector\":\"app=web\"}"), 0,
     3, 2},
    {SCALE("", "{}", "{\"replicas\":0}"), 0, 0, 0},
    {"{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\",\"status\":{\"replicas\":1}}", 0, 0, 1},
    {SCALE("", "{\"replicas\":2147483647}", "{\"replicas\":0}"), 0, INT32_MAX, 0},
    {SCALE("", "{\"replicas\":2147483648}", "{\"replicas\":0}"), ERR_PROTOCOL, -1, -1},
    {SCALE("", "{\"replicas\":9223372036854775808}", "{\"replicas\":0}"), ERR_PROTOCOL, -1, -1},
    {SCALE("", "{\"replicas\":-1}", "{\"replicas\":0}"), ERR_PROTOCOL, -1, -1},
    {SCALE("", "{\"replicas\":\"3\"}", "{\"replicas\":0}"), ERR_PROTOCOL, -1, -1},
    {SCALE("", "{\"replicas\":null}", "{\"replicas\":0}"), ERR_PROTOCOL, -1, -1},
    {SCALE("", "{\"replicas\":1.5}", "{\"replicas\":0}"), ERR_PROTOCOL, -1, -1},
    {SCALE("", "{\"replicas\":3}", "{\"replicas\":-1}"), ERR_PROTOCOL, -1, -1},
    {SCALE("", "{\"replicas\":3}", "{}"), ERR_PROTOCOL, -1, -1},
    {SCALE("", "{\"replicas\":3}", "null"), ERR_PROTOCOL, -1, -1},
    {SCALE("", "null", "{\"replicas\":3}"), ERR_PROTOCOL, -1, -1},
    {SCALE("", "[]", "{\"replicas\":3}"), ERR_PROTOCOL, -1, -1},
    {"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\"}", ERR_PROTOCOL, -1, -1},
    {"{\"kind\":\"Deployment\",\"apiVersion\":\"apps/"
     "v1\",\"spec\":{\"replicas\":3},\"status\":{\"replicas\":3}}",
     ERR_PROTOCOL, -1, -1},
    {"{\"kind\":\"Scale\",\"apiVersion\":\"other/v1\",\"spec\":{\"replicas\":3},\"status\":{\"replicas\":3}}",
     ERR_PROTOCOL, -1, -1},
    {"[]", ERR_PROTOCOL, -1, -1},
    {"null", ERR_PROTOCOL, -1, -1},
};

START_TEST(believes_only_whole_scales)
{
    open_client(serve);
    for (size_t i = 0; i < ARRAY_LEN(scale_cases); i++) {
        const struct scale_case *row = &scale_cases[i];
        struct scaled scaled;
        read_scale(200, row->text, &scaled);
        ck_assert_msg(scaled.error.code == row->code, "%s: %s", row->text, scaled.error.msg);
        ck_assert_int_eq(scaled.spec, row->spec);
        ck_assert_int_eq(scaled.status, row->status);
    }
    ck_assert_ptr_nonnull(strstr(api_log, "GET /apis/apps/v1/namespaces/shop/deployments/web/scale\n"));
    close_client();
}
END_TEST

START_TEST(reads_selector_and_version)
{
    struct scaled scaled;
    open_client(serve);
    read_scale(200, scale_cases[0].text, &scaled);
    ck_assert_str_eq(scaled.selector, "app=web");
    ck_assert_str_eq(scaled.version, "7");
    read_scale(200, scale_cases[1].text, &scaled);
    ck_assert_str_eq(scaled.selector, "");
    ck_assert_str_eq(scaled.version, "");
    read_scale(404, "{}", &scaled);
    ck_assert_int_eq(scaled.error.code, ERR_NOT_FOUND);
    close_client();
}
END_TEST

struct patch_case {
    int32_t replicas;
    const char *version, *body;
};

static const struct patch_case patch_cases[] = {
    {5, NULL, "{\"spec\":{\"replicas\":5}}"},
    {0, "", "{\"spec\":{\"replicas\":0}}"},
    {INT32_MAX, "7", "{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{\"replicas\":2147483647}}"},
    {1, "\"}", "{\"metadata\":{\"resourceVersion\":\"\\\"}\"},\"spec\":{\"replicas\":1}}"},
};

START_TEST(patches)
{
    open_client(serve);
    answer_status = 200;
    answer_text = SCALE("", "{\"replicas\":5}", "{\"replicas\":1}");
    for (size_t i = 0; i < ARRAY_LEN(patch_cases); i++) {
        struct scaled scaled = {0};
        struct err err = {0};
        ck_assert_int_eq(kube_scale_patch(client, &deployment, "shop", "web", patch_cases[i].replicas,
                                          patch_cases[i].version, KUBE_URGENT, on_scale, &scaled,
                                          &scaled.call, &err),
                         0);
        run_until(&scaled.done);
        ck_assert_int_eq(scaled.spec, 5);
        ck_assert_str_eq(last_body, patch_cases[i].body);
    }
    close_client();
}
END_TEST

START_TEST(a_conflict_is_answered)
{
    struct scaled scaled = {0};
    struct err err = {0};
    open_client(serve);
    answer_status = 409;
    answer_text = "{\"kind\":\"Status\",\"message\":\"the object has been modified\"}";
    ck_assert_int_eq(kube_scale_patch(client, &deployment, "shop", "web", 2, "7", KUBE_NORMAL, on_scale,
                                      &scaled, &scaled.call, &err),
                     0);
    run_until(&scaled.done);
    ck_assert_int_eq(scaled.error.code, ERR_CONFLICT);
    ck_assert_uint_eq(api.requests, 1);
    close_client();
}
END_TEST

START_TEST(refuses_what_cannot_be_meant)
{
    struct kube_resource without = deployment;
    struct scaled scaled = {0};
    struct err err = {0};
    without.has_scale = false;
    open_client(serve);
    ck_assert_int_eq(kube_scale_get(client, &without, "shop", "web", on_scale, &scaled, &scaled.call, &err),
                     ERR_UNSUPPORTED);
    ck_assert_int_eq(kube_scale_get(client, &deployment, "", "web", on_scale, &scaled, &scaled.call, &err),
                     ERR_INVALID);
    ck_assert_int_eq(kube_scale_get(client, &deployment, "shop", "", on_scale, &scaled, &scaled.call, &err),
                     ERR_INVALID);
    ck_assert_int_eq(kube_scale_patch(client, &deployment, "shop", "web", -1, NULL, KUBE_NORMAL, on_scale,
                                      &scaled, &scaled.call, &err),
                     ERR_INVALID);
    run_for(20);
    ck_assert(!scaled.done);
    ck_assert_uint_eq(api.requests, 0);
    close_client();
}
END_TEST

START_TEST(a_canceled_scale_says_so)
{
    struct scaled scaled = {0};
    struct err err = {0};
    open_client(serve);
    answer_status = 200;
    answer_text = scale_cases[0].text;
    ck_assert_int_eq(
        kube_scale_get(client, &deployment, "shop", "web", on_scale, &scaled, &scaled.call, &err), 0);
    kube_cancel(scaled.call);
    run_until(&scaled.done);
    ck_assert_int_eq(scaled.error.code, ERR_CANCELED);
    close_client();
}
END_TEST

RUN_SUITE("scale", believes_only_whole_scales, reads_selector_and_version, patches, a_conflict_is_answered,
          refuses_what_cannot_be_meant, a_canceled_scale_says_so)
