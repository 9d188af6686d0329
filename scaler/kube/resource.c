/* Owns the client's cache of kinds and who waits for one. The documents' format is discovery.c's. */
#include "scaler/kube/resource.h"

#include <string.h>
#include <utlist.h>

#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/kube/client_internal.h"
#include "scaler/kube/discovery.h"
#include "scaler/net/net.h"

#define REFRESH_MIN_GAP_MS 10000 /* a kind that is missing is not asked for more often */
#define GROUPS_MAX         256

/* A group version once asked for. */
struct group_version {
    struct group_version *next, *prev;
    struct kube_discovery *discovery;
    char group[254];
    char version[64];
    struct kind_list kinds;
    int64_t asked_ms; /* 0: never */
    struct err error; /* of the last asking; code 0: kinds is valid */
    struct kube_call *call;
};

struct kind_wait {
    struct kind_wait *next, *prev;
    struct group_version *gv; /* NULL: a fixed kind */
    const struct kube_resource *fixed;
    char kind[64];
    kube_resource_fn done;
    void *arg;
};

struct kube_discovery {
    struct kube_client *client;
    struct group_version *groups;
    size_t groups_len;
    struct kind_wait *waits;
    struct kind_wait *batch; /* being answered in this turn */
    struct timer timer;
    bool closing;
};

static void on_timer(struct timer *timer);

static struct kube_discovery *discovery_of(struct kube_client *client)
{
    if (!client->discovery) {
        client->discovery = mem_zalloc(sizeof(*client->discovery));
        client->discovery->client = client;
    }
    return client->discovery;
}

static void wake(struct kube_discovery *discovery)
{
    if (!timer_running(&discovery->timer))
        timer_start(discovery->client->net, &discovery->timer, 0, on_timer);
}

static void on_kinds(int status, json_t *body, const struct err *error, void *arg)
{
    struct group_version *gv = arg;
    struct kind_list kinds;
    struct err problem = {0};
    (void)status;
    gv->call = NULL;
    if (error)
        problem = *error;
    else if (discovery_read(body, gv->group, gv->version, &kinds, &problem) == 0) {
        kind_list_done(&gv->kinds);
        gv->kinds = kinds;
    }
    if (problem.code == ERR_NOT_FOUND) {
        kind_list_done(&gv->kinds);
        err_set(&problem, ERR_NOT_FOUND, "the API server does not know apiVersion %s%s%s", gv->group,
                *gv->group ? "/" : "", gv->version);
    }
    gv->error = problem;
    wake(gv->discovery);
}

static void ask(struct group_version *gv)
{
    struct kube_discovery *discovery = gv->discovery;
    AUTO_FREE char *path = discovery_path(gv->group, gv->version);
    struct kube_request request = {.method = "GET", .path = path};
    gv->asked_ms = net_now_ms(discovery->client->net);
    if (kube_start(discovery->client, &request, on_kinds, gv, &gv->call, &gv->error) < 0)
        wake(discovery);
}

/* A kind that is not there, or has no scale, may have been installed since: it is worth asking again, but not
 * at every call. */
static bool is_worth_asking(const struct group_version *gv, const char *kind)
{
    const struct kube_resource *found = kind_list_find(&gv->kinds, kind);
    if (gv->call || (found && found->has_scale))
        return false;
    bool transient = gv->error.code != 0 && gv->error.code != ERR_NOT_FOUND;
    int64_t gap = transient ? REFRESH_MIN_GAP_MS / 10 : REFRESH_MIN_GAP_MS;
    return gv->asked_ms == 0 || net_now_ms(gv->discovery->client->net) - gv->asked_ms >= gap;
}

static void answer(struct kind_wait *wait, bool closing)
{
    struct err error;
    const struct kube_resource *found = wait->fixed;
    const struct group_version *gv = wait->gv;
    if (closing) {
        err_set(&error, ERR_CANCELED, "canceled");
        wait->done(NULL, &error, wait->arg);
        return;
    }
    if (!found)
        found = kind_list_find(&gv->kinds, wait->kind);
    if (found && found->has_scale) {
        wait->done(found, NULL, wait->arg);
        return;
    }
    if (!gv) { /* fixed kinds all have the subresource */
        err_set(&error, ERR_UNSUPPORTED, "%s has no scale subresource", wait->kind);
        wait->done(NULL, &error, wait->arg);
        return;
    }
    const char *separator = *gv->group ? "/" : "";
    if (found)
        err_set(&error, ERR_UNSUPPORTED, "%s of %s%s%s has no scale subresource", wait->kind, gv->group,
                separator, gv->version);
    else if (gv->error.code != 0)
        error = gv->error;
    else
        err_set(&error, ERR_NOT_FOUND, "no kind %s in %s%s%s", wait->kind, gv->group, separator, gv->version);
    wait->done(NULL, &error, wait->arg);
}

/* What waits for no request any more. A callee may ask again, cancel others or close the client, so the batch
 * is a list of its own that new questions do not join. */
static void collect_ready(struct kube_discovery *discovery)
{
    struct kind_wait *wait, *next;
    DL_FOREACH_SAFE (discovery->waits, wait, next) {
        if (wait->gv && wait->gv->call && !discovery->closing)
            continue;
        DL_DELETE(discovery->waits, wait);
        DL_APPEND(discovery->batch, wait);
    }
}

static void on_timer(struct timer *timer)
{
    struct kube_discovery *discovery = container_of(timer, struct kube_discovery, timer);
    struct kind_wait *wait;
    collect_ready(discovery);
    while ((wait = discovery->batch) != NULL) {
        DL_DELETE(discovery->batch, wait);
        answer(wait, discovery->closing);
        mem_free(wait);
    }
    client_check_closed(discovery->client);
}

static struct group_version *group_version_of(struct kube_discovery *discovery, const char *group,
                                              const char *version)
{
    struct group_version *gv;
    DL_FOREACH (discovery->groups, gv)
        if (strcmp(gv->group, group) == 0 && strcmp(gv->version, version) == 0)
            return gv;
    if (discovery->groups_len >= GROUPS_MAX)
        return NULL;
    gv = mem_zalloc(sizeof(*gv));
    gv->discovery = discovery;
    memcpy(gv->group, group, sizeof(gv->group));
    memcpy(gv->version, version, sizeof(gv->version));
    DL_APPEND(discovery->groups, gv);
    discovery->groups_len++;
    return gv;
}

int kube_resource_find(struct kube_client *client, const char *api_version, const char *kind,
                       kube_resource_fn done, void *arg, struct err *err)
{
    char group[254] = "", version[64] = "";
    if (client->closing)
        return err_set(err, ERR_CANCELED, "the client is being closed");
    int rc = discovery_split(api_version, group, version, err);
    if (rc < 0)
        return rc;
    if (text_empty(kind))
        kind = "Deployment";
    struct kube_discovery *discovery = discovery_of(client);
    struct kind_wait *wait = mem_zalloc(sizeof(*wait));
    *wait = (struct kind_wait){.done = done, .arg = arg, .fixed = discovery_fixed(group, version, kind)};
    if (!wait->fixed)
        wait->gv = group_version_of(discovery, group, version);
    if (strlen(kind) >= sizeof(wait->kind) || (!wait->fixed && !wait->gv)) {
        mem_free(wait);
        return err_set(err, ERR_LIMIT, "kind %.64s: its name is too long, or there are too many groups",
                       kind);
    }
    memcpy(wait->kind, kind, strlen(kind) + 1);
    DL_APPEND(discovery->waits, wait);
    if (wait->gv && is_worth_asking(wait->gv, kind))
        ask(wait->gv);
    wake(discovery);
    return 0;
}

static void drop_waits_of(struct kind_wait **list, const void *arg)
{
    struct kind_wait *wait, *next;
    DL_FOREACH_SAFE (*list, wait, next) {
        if (wait->arg != arg)
            continue;
        DL_DELETE(*list, wait);
        mem_free(wait);
    }
}

void kube_resource_cancel(struct kube_client *client, void *arg)
{
    if (!client->discovery)
        return;
    drop_waits_of(&client->discovery->waits, arg);
    drop_waits_of(&client->discovery->batch, arg);
}

void discovery_close(struct kube_discovery *discovery)
{
    discovery->closing = true;
    wake(discovery);
}

bool discovery_idle(const struct kube_discovery *discovery)
{
    return !discovery || (!discovery->waits && !discovery->batch && !timer_running(&discovery->timer));
}

void discovery_free(struct kube_discovery *discovery)
{
    if (!discovery)
        return;
    struct group_version *gv, *next;
    DL_FOREACH_SAFE (discovery->groups, gv, next) {
        kind_list_done(&gv->kinds);
        mem_free(gv);
    }
    mem_free(discovery);
}

char *kube_resource_path(const struct kube_resource *resource, const char *ns, const char *name,
                         const char *sub)
{
    struct strbuf path;
    AUTO_FREE char *root = discovery_path(resource->group, resource->version);
    strbuf_init(&path);
    strbuf_append(&path, root);
    if (resource->namespaced && !text_empty(ns)) {
        strbuf_append(&path, "/namespaces/");
        strbuf_append_path_escaped(&path, ns);
    }
    strbuf_printf(&path, "/%s", resource->plural);
    if (name) {
        strbuf_append_c(&path, '/');
        strbuf_append_path_escaped(&path, name);
    }
    if (name && sub)
        strbuf_printf(&path, "/%s", sub);
    return strbuf_take(&path);
}
