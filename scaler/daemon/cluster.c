/* Owns the translation between the contract of trigger types and the daemon's watches. */
#include "scaler/daemon/cluster.h"

#include "scaler/base/mem.h"

struct cluster {
    struct scaler_cluster base;
    struct pod_cache *pods;
    struct values_cache *values;
};

struct scaler_watch {
    struct pods_ref *pods; /* or */
    struct values_ref *values;
    bool secret;
    char *name; /* of the values: "namespace/name" */
};

static int watch_pods(struct scaler_cluster *base, const char *ns, const char *label_selector,
                      void (*changed)(void *arg), void *arg, struct scaler_watch **ret, struct err *err)
{
    struct cluster *cluster = container_of(base, struct cluster, base);
    struct scaler_watch *watch = mem_zalloc(sizeof *watch);
    int rc = pods_acquire(cluster->pods, ns, label_selector, changed, arg, &watch->pods, err);
    if (rc < 0)
        mem_free(watch);
    else
        *ret = watch;
    return rc;
}

static int watch_values(struct scaler_cluster *base, bool secret, const char *ns, const char *name,
                        void (*changed)(void *arg), void *arg, struct scaler_watch **ret, struct err *err)
{
    (void)err;
    struct cluster *cluster = container_of(base, struct cluster, base);
    struct scaler_watch *watch = mem_zalloc(sizeof *watch);
    watch->secret = secret;
    watch->name = mem_printf("%s/%s", ns, name);
    watch->values = values_acquire_live(cluster->values, secret, ns, name, changed, arg);
    *ret = watch;
    return 0;
}

static void unwatch(struct scaler_watch *watch)
{
    if (!watch)
        return;
    pods_release(watch->pods);
    values_release(watch->values);
    mem_free(watch->name);
    mem_free(watch);
}

static int known(const struct scaler_watch *watch, struct err *err)
{
    if (watch->pods)
        return pods_known(watch->pods, err);
    if (values_doubtful(watch->values))
        return err_set(err, ERR_UNAVAILABLE, "%s: %s", watch->name, values_error(watch->values));
    return values_state(watch->values) != VALUES_PENDING;
}

static void count_pods(const struct scaler_watch *watch, int64_t *ret_pods, int64_t *ret_nodes)
{
    pods_count_live(watch->pods, ret_pods, ret_nodes);
}

static int value(const struct scaler_watch *watch, const char *key, const char **ret, struct err *err)
{
    const char *kind = watch->secret ? "Secret" : "ConfigMap";
    if (values_state(watch->values) != VALUES_PRESENT)
        return err_set(err, ERR_NOT_FOUND, "%s %s does not exist", kind, watch->name);
    const char *text = text_map_get(values_data(watch->values), key);
    if (!text)
        return err_set(err, ERR_NOT_FOUND, "%s %s has no key \"%.80s\"", kind, watch->name, key);
    *ret = text;
    return 0;
}

struct scaler_cluster *cluster_new(struct pod_cache *pods, struct values_cache *values)
{
    static const struct scaler_cluster functions = {watch_pods, watch_values, unwatch,
                                                    known,      count_pods,   value};
    struct cluster *cluster = mem_zalloc(sizeof *cluster);
    *cluster = (struct cluster){functions, pods, values};
    return &cluster->base;
}

void cluster_free(struct scaler_cluster *cluster)
{
    if (cluster)
        mem_free(container_of(cluster, struct cluster, base));
}
