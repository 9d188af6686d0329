/* Owns the knowledge of HorizontalPodAutoscalers: one watch per namespace in use. */
#include "scaler/daemon/conflicts.h"

#include <string.h>
#include <uthash.h>

#include "scaler/base/json.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/kube/watch.h"

struct hpa {
    UT_hash_handle hh;
    char *name;
    char *group, *kind, *target;
};

struct hpa_space { /* the HPAs of one namespace */
    UT_hash_handle hh;
    struct conflicts *owner;
    char *ns;
    struct kube_watch *watch;
    struct hpa *hpas;
    bool known;
    bool forbidden;
    bool complained;
};

struct conflicts {
    struct kube_client *client;
    struct hpa_space *spaces;
    void (*changed)(const char *ns, void *arg);
    void *arg;
};

struct conflicts *conflicts_new(struct kube_client *client, void (*changed)(const char *ns, void *arg),
                                void *arg)
{
    struct conflicts *conflicts = mem_zalloc(sizeof *conflicts);
    conflicts->client = client;
    conflicts->changed = changed;
    conflicts->arg = arg;
    return conflicts;
}

static void hpa_drop(struct hpa_space *space, struct hpa *hpa)
{
    HASH_DEL(space->hpas, hpa);
    mem_free(hpa->name);
    mem_free(hpa->group);
    mem_free(hpa->kind);
    mem_free(hpa->target);
    mem_free(hpa);
}

static void tell(struct hpa_space *space)
{
    if (space->known)
        space->owner->changed(space->ns, space->owner->arg);
}

static char *group_of(const char *api_version)
{
    const char *slash = api_version ? strchr(api_version, '/') : NULL;
    return slash ? mem_strndup(api_version, (size_t)(slash - api_version)) : mem_strdup("");
}

static void on_object(json_t *object, void *arg)
{
    struct hpa_space *space = arg;
    const char *name = json_str(json_object_get(object, "metadata"), "name");
    json_t *ref = json_dig(object, "spec", "scaleTargetRef", NULL);
    const char *kind = json_str(ref, "kind"), *target = json_str(ref, "name");
    if (!name || !kind || !target)
        return;
    struct hpa *hpa = NULL;
    HASH_FIND_STR(space->hpas, name, hpa);
    if (hpa)
        hpa_drop(space, hpa);
    hpa = mem_zalloc(sizeof *hpa);
    hpa->name = mem_strdup(name);
    hpa->group = group_of(json_str(ref, "apiVersion"));
    hpa->kind = mem_strdup(kind);
    hpa->target = mem_strdup(target);
    HASH_ADD_KEYPTR(hh, space->hpas, hpa->name, strlen(hpa->name), hpa);
    tell(space);
}

static void on_deleted(const char *ns, const char *name, void *arg)
{
    (void)ns;
    struct hpa_space *space = arg;
    struct hpa *hpa = NULL;
    HASH_FIND_STR(space->hpas, name, hpa);
    if (!hpa)
        return;
    hpa_drop(space, hpa);
    tell(space);
}

static void on_synced(void *arg)
{
    struct hpa_space *space = arg;
    space->known = true;
    tell(space);
}

/* Not being allowed to look must not stop everything: HPAs are then not looked at, and the log says so. */
static void on_error(const struct err *error, int64_t in_ms, void *arg)
{
    (void)in_ms;
    struct hpa_space *space = arg;
    if (error->code != ERR_AUTH && error->code != ERR_NOT_FOUND) {
        if (!space->known && !space->complained)
            log_warn(NULL,
                     "HorizontalPodAutoscalers of namespace %s cannot be listed, nothing there is scaled "
                     "until they are: %s",
                     space->ns, error->msg);
        space->complained = true;
        return;
    }
    if (!space->forbidden)
        log_warn(
            NULL,
            "HorizontalPodAutoscalers of namespace %s cannot be listed, conflicts with them go unnoticed: %s",
            space->ns, error->msg);
    space->forbidden = true;
    if (!space->known) {
        space->known = true;
        tell(space);
    }
}

void conflicts_watch(struct conflicts *conflicts, const char *ns)
{
    static const struct kube_watch_handlers handlers = {on_object, on_deleted, on_synced, on_error};
    struct hpa_space *space = NULL;
    HASH_FIND_STR(conflicts->spaces, ns, space);
    if (space)
        return;
    space = mem_zalloc(sizeof *space);
    space->owner = conflicts;
    space->ns = mem_strdup(ns);
    HASH_ADD_KEYPTR(hh, conflicts->spaces, space->ns, strlen(space->ns), space);
    AUTO_STRBUF struct strbuf path;
    strbuf_init(&path);
    strbuf_append(&path, "/apis/autoscaling/v2/namespaces/");
    strbuf_append_path_escaped(&path, ns);
    strbuf_append(&path, "/horizontalpodautoscalers");
    struct kube_watch_options options = {.path = path.data};
    struct err err;
    if (kube_watch_open(conflicts->client, &options, &handlers, space, &space->watch, &err) < 0)
        log_error(NULL, "watching HorizontalPodAutoscalers of namespace %s: %s", ns, err.msg);
}

bool conflicts_known(const struct conflicts *conflicts, const char *ns)
{
    struct hpa_space *space = NULL;
    HASH_FIND_STR(conflicts->spaces, ns, space);
    return space && space->known;
}

const char *conflicts_hpa(const struct conflicts *conflicts, const char *ns, const char *group,
                          const char *kind, const char *name)
{
    struct hpa_space *space = NULL;
    HASH_FIND_STR(conflicts->spaces, ns, space);
    if (!space)
        return NULL;
    for (struct hpa *hpa = space->hpas; hpa; hpa = hpa->hh.next)
        if (text_eq(hpa->target, name) && text_eq(hpa->kind, kind) && text_eq(hpa->group, group))
            return hpa->name;
    return NULL;
}

void conflicts_close(struct conflicts *conflicts)
{
    if (!conflicts)
        return;
    struct hpa_space *space, *next_space;
    HASH_ITER (hh, conflicts->spaces, space, next_space) {
        if (space->watch)
            kube_watch_close(space->watch);
        struct hpa *hpa, *next;
        HASH_ITER (hh, space->hpas, hpa, next)
            hpa_drop(space, hpa);
        HASH_DEL(conflicts->spaces, space);
        mem_free(space->ns);
        mem_free(space);
    }
    mem_free(conflicts);
}
