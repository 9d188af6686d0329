/* Owns the readings of a watched source: answering, waiting for the first list, closing. */
#include "scalers/kubernetes/look.h"

#include <utlist.h>

#include "scaler/base/mem.h"
#include "scaler/net/net.h"
#include "scaler/net/timer.h"

/* How long a reading waits for a list that has not come yet. */
#define PATIENCE_MS 5000

struct look {
    struct look *next, *prev;
    const void *config;
    scaler_done_fn done;
    void *arg;
    int64_t until_ms;
};

struct scaler_source {
    struct net *net;
    struct scaler_cluster *cluster;
    const struct look_kind *kind;
    struct scaler_watch *watch;
    struct look *looks;
    struct timer patience;
    bool deferred; /* answer_all will come */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

/* false: not yet. */
static bool answer_one(const struct scaler_source *source, const struct look *look)
{
    struct scaler_result result = {0};
    struct err err = {0};
    int rc = 0;
    if (source->closing) {
        rc = err_set(&err, ERR_CANCELED, "closed");
    } else {
        int known = source->cluster->known(source->watch, &err);
        if (known == 0 && net_now_ms(source->net) < look->until_ms)
            return false;
        if (known < 0)
            rc = known;
        else if (known == 0)
            rc = err_set(&err, ERR_UNAVAILABLE, "the API server has not answered yet");
        else
            rc = source->kind->answer(source->cluster, source->watch, look->config, &result, &err);
    }
    look->done(rc < 0 ? NULL : &result, rc < 0 ? &err : NULL, look->arg);
    return true;
}

static void on_patience_over(struct timer *timer);

/* Answers may lead to new readings (for the next turn) and to a close (whose end is also the next turn's). */
static void answer_all(void *arg)
{
    struct scaler_source *source = arg;
    struct look *looks = source->looks;
    bool ends = source->closing;
    source->looks = NULL;
    source->deferred = false;
    while (looks) {
        struct look *look = looks;
        DL_DELETE(looks, look);
        if (answer_one(source, look)) {
            mem_free(look);
        } else {
            DL_APPEND(source->looks, look);
            timer_start_at(source->net, &source->patience, look->until_ms, on_patience_over);
        }
    }
    if (!ends)
        return;
    void (*closed)(void *) = source->closed;
    void *closed_arg = source->closed_arg;
    mem_free(source);
    closed(closed_arg);
}

static void answer_later(struct scaler_source *source)
{
    if (source->deferred)
        return;
    source->deferred = true;
    net_defer(source->net, answer_all, source);
}

static void on_patience_over(struct timer *timer)
{
    answer_later(container_of(timer, struct scaler_source, patience));
}

static void on_changed(void *arg)
{
    struct scaler_source *source = arg;
    if (source->looks)
        answer_later(source);
}

int look_open(struct net *net, struct scaler_cluster *cluster, const struct look_kind *kind,
              const void *config, struct scaler_source **ret, struct err *err)
{
    struct scaler_source *source = mem_zalloc(sizeof *source);
    source->net = net;
    source->cluster = cluster;
    source->kind = kind;
    int rc = kind->watch(cluster, config, on_changed, source, &source->watch, err);
    if (rc < 0) {
        mem_free(source);
        return rc;
    }
    *ret = source;
    return 0;
}

int look_read(struct scaler_source *source, const void *config, scaler_done_fn done, void *arg,
              struct err *err)
{
    (void)err;
    struct look *look = mem_alloc(sizeof *look);
    *look = (struct look){
        .config = config, .done = done, .arg = arg, .until_ms = net_now_ms(source->net) + PATIENCE_MS};
    DL_APPEND(source->looks, look);
    answer_later(source);
    return 0;
}

void look_close(struct scaler_source *source, void (*closed)(void *arg), void *arg)
{
    source->closing = true;
    source->closed = closed;
    source->closed_arg = arg;
    source->cluster->unwatch(source->watch);
    timer_stop(source->net, &source->patience);
    answer_later(source);
}
