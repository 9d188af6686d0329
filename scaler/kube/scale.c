/* Owns the Scale object: what is asked and what an answer must look like to be believed. */
#include "scaler/kube/scale.h"

#include <stdint.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"

struct scale_call {
    kube_scale_fn done;
    void *arg;
};

/* Replicas that do not fit are an error, never clamped. */
static int read_replicas(json_t *part, const char *where, int32_t *ret, struct err *err)
{
    int64_t replicas = json_i64(part, "replicas", -1);
    if (replicas < 0 || replicas > INT32_MAX)
        return err_set(err, ERR_PROTOCOL, "the answer is not a Scale: its %s.replicas is no count", where);
    *ret = (int32_t)replicas;
    return 0;
}

/* spec.replicas 0 is left out by the server, status.replicas never is: so a missing count is only believed to
 * be 0 where everything else says that this is a whole Scale. */
static int read_scale(json_t *body, struct kube_scale *ret, struct err *err)
{
    struct kube_scale scale = {0};
    json_t *spec = json_object_get(body, "spec");
    json_t *status = json_object_get(body, "status");
    if (!text_eq(json_str(body, "kind"), "Scale") ||
        !text_starts_with(json_str(body, "apiVersion"), "autoscaling/"))
        return err_set(err, ERR_PROTOCOL, "the answer is not a Scale");
    if (spec && !json_is_object(spec))
        return err_set(err, ERR_PROTOCOL, "the answer is not a Scale: its spec is no object");
    int rc = read_replicas(status, "status", &scale.status_replicas, err);
    if (rc == 0 && json_object_get(spec, "replicas"))
        rc = read_replicas(spec, "spec", &scale.spec_replicas, err);
    if (rc < 0)
        return rc;
    const char *selector = json_str(status, "selector");
    const char *version = json_str(json_object_get(body, "metadata"), "resourceVersion");
    scale.selector = selector ? selector : "";
    scale.resource_version = version ? version : "";
    *ret = scale;
    return 0;
}

static void on_answer(int status, json_t *body, const struct err *error, void *arg)
{
    struct scale_call *call = arg;
    struct kube_scale scale;
    struct err problem;
    (void)status;
    if (!error && read_scale(body, &scale, &problem) < 0)
        error = &problem;
    call->done(error ? NULL : &scale, error, call->arg);
    mem_free(call);
}

static int start(struct kube_client *client, const struct kube_resource *resource, const char *ns,
                 const char *name, struct kube_request *request, struct scale_call wanted,
                 struct kube_call **ret, struct err *err)
{
    if (!resource->has_scale)
        return err_set(err, ERR_UNSUPPORTED, "%s has no scale subresource", resource->kind);
    if (text_empty(name) || (resource->namespaced && text_empty(ns)))
        return err_set(err, ERR_INVALID, "%s: a scale needs a name and a namespace", resource->kind);
    AUTO_FREE char *path = kube_resource_path(resource, ns, name, "scale");
    struct scale_call *call = mem_alloc(sizeof(*call));
    *call = wanted;
    request->path = path;
    int rc = kube_start(client, request, on_answer, call, ret, err);
    if (rc < 0)
        mem_free(call);
    return rc;
}

int kube_scale_get(struct kube_client *client, const struct kube_resource *resource, const char *ns,
                   const char *name, kube_scale_fn done, void *arg, struct kube_call **ret, struct err *err)
{
    struct kube_request request = {.method = "GET"};
    return start(client, resource, ns, name, &request, (struct scale_call){done, arg}, ret, err);
}

int kube_scale_patch(struct kube_client *client, const struct kube_resource *resource, const char *ns,
                     const char *name, int32_t replicas, const char *resource_version,
                     enum kube_priority priority, kube_scale_fn done, void *arg, struct kube_call **ret,
                     struct err *err)
{
    if (replicas < 0)
        return err_set(err, ERR_INVALID, "replicas must not be negative");
    AUTO_STRBUF struct strbuf body;
    strbuf_init(&body);
    strbuf_append_c(&body, '{');
    if (!text_empty(resource_version)) {
        strbuf_append(&body, "\"metadata\":{\"resourceVersion\":");
        strbuf_append_json(&body, resource_version);
        strbuf_append(&body, "},");
    }
    strbuf_printf(&body, "\"spec\":{\"replicas\":%d}}", (int)replicas);
    struct kube_request request = {
        .method = "PATCH",
        .content_type = "application/merge-patch+json",
        .body = body.data,
        .priority = priority,
    };
    return start(client, resource, ns, name, &request, (struct scale_call){done, arg}, ret, err);
}
