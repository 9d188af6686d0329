/* A cluster as a test says it is, for types that look into one. */
#ifndef TESTS_SUPPORT_CLUSTER_H
#define TESTS_SUPPORT_CLUSTER_H

#include <check.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scalers/api.h"

struct scaler_watch {
    struct fake_cluster *cluster;
    char *what; /* "pods default a=b", "Secret default/name" */
    void (*changed)(void *arg);
    void *arg;
};

struct fake_cluster {
    struct scaler_cluster base;
    struct scaler_watch *watch; /* one at a time is enough */
    int known;                  /* as known() answers; < 0: with why */
    const char *why;
    int64_t pods, nodes;
    const char *key, *value; /* NULL: absent */
    bool refuse;             /* watches cannot be opened */
};

static inline int fake_watch(struct fake_cluster *cluster, char *what_take, void (*changed)(void *arg),
                             void *arg, struct scaler_watch **ret, struct err *err)
{
    ck_assert_ptr_null(cluster->watch);
    if (cluster->refuse) {
        mem_free(what_take);
        return err_set(err, ERR_CANCELED, "shutting down");
    }
    cluster->watch = mem_zalloc(sizeof *cluster->watch);
    *cluster->watch = (struct scaler_watch){cluster, what_take, changed, arg};
    *ret = cluster->watch;
    return 0;
}

static inline int fake_watch_pods(struct scaler_cluster *base, const char *ns, const char *label_selector,
                                  void (*changed)(void *arg), void *arg, struct scaler_watch **ret,
                                  struct err *err)
{
    return fake_watch(container_of(base, struct fake_cluster, base),
                      mem_printf("pods %s %s", ns, label_selector), changed, arg, ret, err);
}

static inline int fake_watch_values(struct scaler_cluster *base, bool secret, const char *ns,
                                    const char *name, void (*changed)(void *arg), void *arg,
                                    struct scaler_watch **ret, struct err *err)
{
    return fake_watch(container_of(base, struct fake_cluster, base),
                      mem_printf("%s %s/%s", secret ? "Secret" : "ConfigMap", ns, name), changed, arg, ret,
                      err);
}

static inline void fake_unwatch(struct scaler_watch *watch)
{
    watch->cluster->watch = NULL;
    mem_free(watch->what);
    mem_free(watch);
}

static inline int fake_known(const struct scaler_watch *watch, struct err *err)
{
    int known = watch->cluster->known;
    return known < 0 ? err_set(err, (enum err_code)known, "%s", watch->cluster->why) : known;
}

static inline void fake_count_pods(const struct scaler_watch *watch, int64_t *ret_pods, int64_t *ret_nodes)
{
    ck_assert_int_eq(watch->cluster->known, 1);
    *ret_pods = watch->cluster->pods;
    *ret_nodes = watch->cluster->nodes;
}

static inline int fake_value(const struct scaler_watch *watch, const char *key, const char **ret,
                             struct err *err)
{
    const struct fake_cluster *cluster = watch->cluster;
    ck_assert_int_eq(cluster->known, 1);
    if (!cluster->key || strcmp(cluster->key, key) != 0)
        return err_set(err, ERR_NOT_FOUND, "no key \"%s\"", key);
    *ret = cluster->value;
    return 0;
}

static inline void fake_cluster_init(struct fake_cluster *cluster)
{
    *cluster = (struct fake_cluster){
        .base = {fake_watch_pods, fake_watch_values, fake_unwatch, fake_known, fake_count_pods, fake_value},
        .known = 1};
}

/* Something has changed, and is told. */
static inline void fake_cluster_tell(struct fake_cluster *cluster, int known, const char *why)
{
    cluster->known = known;
    cluster->why = why;
    cluster->watch->changed(cluster->watch->arg);
}

#endif
