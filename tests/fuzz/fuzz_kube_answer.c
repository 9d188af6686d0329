/* Single answers of the Kubernetes API: the state's ConfigMap, a Scale, discovery, a plugin's credential. The
 * input's parts answer the requests of a fixed course of reads and writes; "%%409" is one's status. */
#include "scaler/base/json.h"
#include "scaler/base/text.h"
#include "scaler/daemon/selector.h"
#include "scaler/kube/discovery.h"
#include "scaler/kube/exec_credential.h"
#include "scaler/kube/scale.h"
#include "scaler/kube/store.h"
#include "tests/fuzz/fake_kube.h"

static unsigned answers; /* of the calls below: each comes once */
static struct kube_client client;

static void on_store(const struct text_map *data, const struct err *error, void *arg)
{
    (void)arg;
    answers++;
    FUZZ_CHECK(!data != !error);
    FUZZ_CHECK(!error || (error->code < 0 && error->msg[0]));
    for (size_t i = 0; data && i < data->len; i++)
        FUZZ_CHECK(data->items[i].key && data->items[i].value);
}

static void on_scale(const struct kube_scale *scale, const struct err *error, void *arg)
{
    (void)arg;
    answers++;
    FUZZ_CHECK(!scale != !error);
    if (scale)
        FUZZ_CHECK(scale->spec_replicas >= 0 && scale->status_replicas >= 0 && scale->selector &&
                   scale->resource_version);
}

static void on_resource(const struct kube_resource *resource, const struct err *error, void *arg)
{
    (void)arg;
    answers++;
    FUZZ_CHECK(!resource != !error);
    if (!resource)
        return;
    FUZZ_CHECK(strcmp(resource->kind, "Thing") == 0 && resource->has_scale && resource->plural[0]);
    AUTO_FREE char *path = kube_resource_path(resource, "n s", "a/b", "scale");
    fake_check_path(path);
}

static void start_scale(void)
{
    static const struct kube_resource deployments = {"apps", "v1", "Deployment", "deployments", true, true};
    struct kube_call *call;
    FUZZ_CHECK(kube_scale_get(NULL, &deployments, "n s", "a/b", on_scale, NULL, &call, NULL) == 0);
}

static void start_write(struct kube_store *store)
{
    struct text_map data = {0};
    struct err err = {0};
    text_map_set(&data, "k", "\"\\\n\xc3\xa4");
    FUZZ_CHECK(kube_store_write(store, &data, on_store, NULL, &err) == 0);
    text_map_done(&data);
}

/* The rest of the parts answer what one operation asks; without parts the server breaks down. */
static void answer_all(const char **at, const char *end)
{
    struct fake_part part;
    fake_turn();
    for (unsigned i = 0; fake_calls; i++) {
        FUZZ_CHECK(i < 10);
        if (fake_next_part(at, end, &part))
            (void)fake_answer(fake_status(&part), part.body, part.body_len);
        else
            (void)fake_answer(503, "", 0);
        fake_turn();
    }
}

static void read_alone(const struct fake_part *part)
{
    struct kind_list kinds = {0};
    struct exec_credential credential = {0};
    struct err err = {0};
    AUTO_JSON json_t *root = NULL;
    if (exec_credential_parse(part->body, part->body_len, "client.authentication.k8s.io/v1", &credential,
                              &err) == 0)
        FUZZ_CHECK(credential.token || (credential.cert_pem && credential.key_pem));
    exec_credential_done(&credential);
    if (json_load_bytes(part->body, part->body_len, &root, &err) < 0)
        return;
    mem_free(selector_format(json_object_get(root, "selector")));
    if (discovery_read(root, "apps", "v1", &kinds, &err) < 0)
        return;
    for (size_t i = 0; i < kinds.len; i++)
        FUZZ_CHECK(kind_list_find(&kinds, kinds.kinds[i].kind) && kinds.kinds[i].plural[0]);
    kind_list_done(&kinds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;
    struct fake_part part;
    struct kube_store *store = kube_store_new(NULL, "ns", "davit-state");
    answers = 0;
    for (const char *look = at; fake_next_part(&look, end, &part);)
        read_alone(&part);
    start_scale();
    answer_all(&at, end);
    FUZZ_CHECK(kube_resource_find(&client, "example.com/v1", "Thing", on_resource, NULL, NULL) == 0);
    answer_all(&at, end);
    kube_store_read(store, on_store, NULL);
    answer_all(&at, end);
    start_write(store);
    answer_all(&at, end);
    start_write(store);
    kube_store_close(store);
    fake_turn();
    while (fake_calls)
        (void)fake_answer(200, "{}", 2);
    discovery_free(client.discovery);
    client.discovery = NULL;
    FUZZ_CHECK(answers == 5 && !fake_timers);
    AUTO_FREE char *text = mem_strndup((const char *)data, size);
    mem_free(exec_credential_hint(text));
    return 0;
}
