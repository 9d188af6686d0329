/* Owns noticing and loading changes of the configuration directory. */
#include "scaler/daemon/reload.h"

#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/daemon/internal.h"
#include "scaler/daemon/tree.h"

#define SETTLE_MS   50   /* editors and ConfigMap mounts change several things at once */
#define PATIENCE_MS 500  /* but changes without end are not waited out */
#define SCAN_MS     2000 /* where events do not come: network file systems, exhausted inotify */

struct watched_dir {
    uv_fs_event_t handle;
    struct reload *reload;
    struct watched_dir *next;
    char *path;
};

struct reload {
    struct daemon *daemon;
    char *dir;
    char *default_ns;
    const struct config_set *previous;
    reload_fn applied;
    struct watched_dir *dirs;
    struct timer settle, scan;
    uv_work_t work;
    bool working, again, force, closing;
    int64_t unsettled_ms; /* when the first change came that is not loaded yet; 0: none */
    uint64_t signature;   /* of the tree last loaded */
    unsigned handles_open;
    void (*closed)(void *arg);
    void *closed_arg;
    /* the worker's */
    bool job_force;
    struct config_set set;
    struct diag_list diags;
    struct err err;
    int rc;
    uint64_t new_signature;
    struct text_list found_dirs;
};

static void start(struct reload *reload);

static void maybe_closed(struct reload *reload)
{
    if (!reload->closing || reload->working || reload->handles_open > 0)
        return;
    void (*closed)(void *) = reload->closed;
    void *arg = reload->closed_arg;
    mem_free(reload->dir);
    mem_free(reload->default_ns);
    mem_free(reload);
    closed(arg);
}

static void on_dir_closed(uv_handle_t *handle)
{
    struct watched_dir *dir = handle->data;
    struct reload *reload = dir->reload;
    mem_free(dir->path);
    mem_free(dir);
    reload->handles_open--;
    maybe_closed(reload);
}

static void on_settled(struct timer *timer)
{
    struct reload *reload = container_of(timer, struct reload, settle);
    reload->unsettled_ms = 0;
    start(reload);
}

static void on_event(uv_fs_event_t *handle, const char *filename, int events, int status)
{
    (void)filename, (void)events, (void)status;
    struct reload *reload = ((struct watched_dir *)handle->data)->reload;
    int64_t now = net_now_ms(reload->daemon->net);
    if (reload->closing || (reload->unsettled_ms && now - reload->unsettled_ms > PATIENCE_MS))
        return; /* the timer runs */
    if (!reload->unsettled_ms)
        reload->unsettled_ms = now;
    timer_start(reload->daemon->net, &reload->settle, SETTLE_MS, on_settled);
}

static void watch_dir(struct reload *reload, const char *path)
{
    struct watched_dir *dir = mem_zalloc(sizeof *dir);
    dir->reload = reload;
    dir->path = mem_strdup(path);
    dir->handle.data = dir;
    uv_fs_event_init(&reload->daemon->loop, &dir->handle);
    reload->handles_open++;
    int rc = uv_fs_event_start(&dir->handle, on_event, path, 0);
    if (rc < 0) {
        log_debug(NULL, "no file events for %s (%s): scanning every %d ms", path, uv_strerror(rc), SCAN_MS);
        uv_close((uv_handle_t *)&dir->handle, on_dir_closed);
        return;
    }
    dir->next = reload->dirs;
    reload->dirs = dir;
}

static bool is_found(const struct reload *reload, const char *path)
{
    for (size_t i = 0; i < reload->found_dirs.len; i++)
        if (text_eq(reload->found_dirs.items[i], path))
            return true;
    return false;
}

static void close_dirs(struct watched_dir *dir)
{
    while (dir) {
        struct watched_dir *next = dir->next;
        uv_close((uv_handle_t *)&dir->handle, on_dir_closed);
        dir = next;
    }
}

/* Watches exactly the directories there are now. An inode that was replaced under the same name needs a new
 * watch: all are renewed. */
static void follow_dirs(struct reload *reload)
{
    struct watched_dir *old = reload->dirs;
    reload->dirs = NULL;
    for (size_t i = 0; i < reload->found_dirs.len; i++)
        watch_dir(reload, reload->found_dirs.items[i]);
    close_dirs(old);
}

static bool dirs_differ(const struct reload *reload)
{
    size_t count = 0;
    for (const struct watched_dir *dir = reload->dirs; dir; dir = dir->next, count++)
        if (!is_found(reload, dir->path))
            return true;
    return count != reload->found_dirs.len;
}

/* On the worker thread: nothing but the job's own fields is touched. */
static void load(uv_work_t *work)
{
    struct reload *reload = container_of(work, struct reload, work);
    reload->rc = tree_scan(reload->dir, &reload->new_signature, &reload->found_dirs, &reload->err);
    if (reload->rc < 0 || (!reload->job_force && reload->new_signature == reload->signature))
        return;
    config_set_init(&reload->set);
    reload->rc = config_load(&reload->set, reload->dir, reload->default_ns, &reload->diags, &reload->err);
    if (reload->rc == 0)
        config_set_finish(&reload->set, &reload->diags);
    else
        config_set_done(&reload->set);
}

static void deliver(struct reload *reload, bool changed)
{
    if (reload->rc < 0) {
        log_error(NULL, "%s: %s; the old objects go on running", reload->dir, reload->err.msg);
    } else if (changed && !reload->closing) {
        tree_carry_over(&reload->set, reload->previous);
        reload->applied(reload->daemon, &reload->set, &reload->diags);
    } else if (changed) {
        config_set_done(&reload->set);
    }
}

static void on_loaded(uv_work_t *work, int status)
{
    (void)status;
    struct reload *reload = container_of(work, struct reload, work);
    bool changed = reload->rc == 0 && (reload->job_force || reload->new_signature != reload->signature);
    reload->working = false;
    if (reload->rc == 0)
        reload->signature = reload->new_signature;
    deliver(reload, changed);
    diag_list_done(&reload->diags);
    reload->diags = (struct diag_list){0};
    if (!reload->closing && reload->rc == 0 && (changed || dirs_differ(reload)))
        follow_dirs(reload);
    text_list_done(&reload->found_dirs);
    reload->found_dirs = (struct text_list){0};
    if (reload->again && !reload->closing) {
        reload->again = false;
        start(reload);
    }
    maybe_closed(reload);
}

static void start(struct reload *reload)
{
    if (reload->working) {
        reload->again = true;
        return;
    }
    reload->working = true;
    reload->job_force = reload->force;
    reload->force = false;
    uv_queue_work(&reload->daemon->loop, &reload->work, load, on_loaded);
}

static void on_scan(struct timer *timer)
{
    struct reload *reload = container_of(timer, struct reload, scan);
    start(reload);
    timer_start(reload->daemon->net, &reload->scan, SCAN_MS, on_scan);
}

int reload_open(struct daemon *daemon, const char *dir, const char *default_ns,
                const struct config_set *previous, reload_fn applied, struct reload **ret, struct err *err)
{
    struct stat st;
    if (stat(dir, &st) < 0)
        return err_set(err, ERR_NOT_FOUND, "%s: no such file or directory", dir);
    struct reload *reload = mem_zalloc(sizeof *reload);
    reload->daemon = daemon;
    reload->dir = mem_strdup(dir);
    reload->default_ns = mem_strdup(default_ns);
    reload->previous = previous;
    reload->applied = applied;
    reload->force = true;
    start(reload);
    timer_start(daemon->net, &reload->scan, SCAN_MS, on_scan);
    *ret = reload;
    return 0;
}

void reload_now(struct reload *reload)
{
    reload->force = true;
    start(reload);
}

static void closed_turn(void *arg)
{
    struct reload *reload = arg;
    reload->handles_open--;
    maybe_closed(reload);
}

void reload_close(struct reload *reload, void (*closed)(void *arg), void *arg)
{
    reload->closing = true;
    reload->closed = closed;
    reload->closed_arg = arg;
    timer_stop(reload->daemon->net, &reload->settle);
    timer_stop(reload->daemon->net, &reload->scan);
    reload->handles_open++; /* never before this call has returned */
    net_defer(reload->daemon->net, closed_turn, reload);
    close_dirs(reload->dirs);
    reload->dirs = NULL;
}
