/* Owns the daemon's own life: opening its parts in order, signals, closing them in order within the drain
 * time. */
#include "scaler/daemon/daemon.h"

#include <signal.h>

#include "scaler/base/clock.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/daemon/cluster.h"
#include "scaler/daemon/internal.h"
#include "scaler/daemon/reload.h"
#include "scaler/daemon/state.h"
#include "scaler/daemon/usage.h"
#include "scaler/kube/kubeconfig.h"

#define DRAIN_MS 1500
/* After a new configuration: by then targets are listed and first readings taken, and what that needed lies
 * free. */
#define TRIM_MS 10000

static void stop(struct daemon *daemon);

/* ---- while it runs ---- */

static void on_hpas(const char *ns, void *arg)
{
    struct daemon *daemon = arg;
    if (!daemon->stopping)
        objects_recheck_owners(daemon, ns);
}

static void on_state_loaded(struct daemon *daemon)
{
    daemon->state_loaded = true;
    struct object *object, *next;
    HASH_ITER (hh, daemon->objects, object, next)
        object_start(object);
}

static void log_diags(const struct diag_list *diags)
{
    for (size_t i = 0; i < diags->len; i++) {
        const struct diag *diag = &diags->items[i];
        enum log_level level = diag->severity == DIAG_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN;
        log_write(level, NULL, "%s:%d:%d: %s%s%s", diag->file, diag->line, diag->column, diag->path,
                  diag->path[0] ? ": " : "", diag->message);
    }
}

static void on_trim(struct timer *timer)
{
    (void)timer;
    mem_trim();
}

static void on_config(struct daemon *daemon, struct config_set *set_take, const struct diag_list *diags)
{
    if (daemon->stopping) {
        config_set_done(set_take);
        return;
    }
    log_diags(diags);
    if (set_take->broken_files.len > 0)
        log_error(NULL, "%zu configuration file(s) with errors; what they held before stays in force",
                  set_take->broken_files.len);
    daemon->config_errors = diags->errors;
    log_info(NULL, "configuration loaded: %zu ScaledObjects, %zu errors, %zu warnings", set_take->objects_len,
             diags->errors, diags->warnings);
    objects_apply(daemon, set_take);
    daemon->config_loaded = true;
    timer_start(daemon->net, &daemon->trim_timer, TRIM_MS, on_trim);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct daemon *daemon = handle->data;
    if (signum == SIGHUP) {
        log_info(NULL, "SIGHUP: reading the configuration again");
        reload_now(daemon->reload);
        return;
    }
    log_info(NULL, "%s: stopping", signum == SIGTERM ? "SIGTERM" : "SIGINT");
    stop(daemon);
}

/* ---- ending ---- */

static void part_closed(void *arg)
{
    struct daemon *daemon = arg;
    daemon->parts_open--;
}

static void on_signal_closed(uv_handle_t *handle)
{
    part_closed(handle->data);
}

static void on_flushed(struct daemon *daemon)
{
    timer_stop(daemon->net, &daemon->stop_timer);
    daemon->drained = true;
}

static void on_drain_over(struct timer *timer)
{
    struct daemon *daemon = container_of(timer, struct daemon, stop_timer);
    log_warn(NULL, "state could not be saved within %d ms", DRAIN_MS);
    daemon->drained = true;
}

static void stop(struct daemon *daemon)
{
    if (daemon->stopping)
        return;
    daemon->stopping = true;
    timer_start(daemon->net, &daemon->stop_timer, DRAIN_MS, on_drain_over);
    state_flush(daemon->state, on_flushed);
}

/* Parts close in dependency order by stages: users of the API client first, then the client, then net. */
static void close_parts(struct daemon *daemon)
{
    daemon->parts_open =
        1 + (int)ARRAY_LEN(daemon->signals) + (daemon->server ? 1 : 0) + (daemon->reload ? 1 : 0);
    objects_close(daemon);
    planner_close(daemon->planner, part_closed, daemon);
    if (daemon->reload)
        reload_close(daemon->reload, part_closed, daemon);
    if (daemon->server)
        http_server_close(daemon->server, part_closed, daemon);
    for (size_t i = 0; i < ARRAY_LEN(daemon->signals); i++)
        uv_close((uv_handle_t *)&daemon->signals[i], on_signal_closed);
    state_close(daemon->state);
    conflicts_close(daemon->conflicts);
    kube_events_close(daemon->events);
    daemon->conflicts = NULL;
    daemon->events = NULL;
}

/* ---- opening ---- */

static int open_client(struct daemon *daemon, struct err *err)
{
    struct kubeconfig config = {0};
    int rc = kubeconfig_load(&config, daemon->options->kubeconfig, daemon->options->context, err);
    if (rc < 0)
        return rc;
    daemon->ns = mem_strdup(daemon->options->ns ? daemon->options->ns : config.ns);
    daemon->cluster_ns = mem_strdup(daemon->options->cluster_ns ? daemon->options->cluster_ns : daemon->ns);
    rc = kube_client_new(daemon->net, &config, "davit/" DAVIT_VERSION, &daemon->client, err);
    if (rc == 0)
        log_info(NULL, "davit %s, API server %s, namespace %s", DAVIT_VERSION, config.server, daemon->ns);
    kubeconfig_done(&config);
    return rc;
}

static int open_signals(struct daemon *daemon)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < ARRAY_LEN(daemon->signals); i++) {
        uv_signal_init(&daemon->loop, &daemon->signals[i]);
        daemon->signals[i].data = daemon;
        uv_signal_start(&daemon->signals[i], on_signal, numbers[i]);
    }
    return 0;
}

static int open_parts(struct daemon *daemon, struct err *err)
{
    int rc = open_client(daemon, err);
    if (rc < 0)
        return rc;
    daemon->targets = target_cache_new(daemon->client);
    daemon->values = values_cache_new(daemon->client);
    daemon->pods = pod_cache_new(daemon->client);
    daemon->usages = usage_cache_new(daemon->client);
    daemon->cluster = cluster_new(daemon->pods, daemon->values);
    daemon->planner = planner_new(daemon->net);
    planner_set_cluster(daemon->planner, daemon->cluster);
    daemon->conflicts = conflicts_new(daemon->client, on_hpas, daemon);
    daemon->events = kube_events_new(daemon->client, "davit", daemon->ns);
    daemon->state = state_new(daemon);
    open_signals(daemon);
    rc = reload_open(daemon, daemon->options->config_dir, daemon->ns, &daemon->config, on_config,
                     &daemon->reload, err);
    if (rc == 0)
        rc = serve_open(daemon, err);
    if (rc == 0)
        state_load(daemon->state, on_state_loaded);
    return rc;
}

static void run_until(struct daemon *daemon, const int *open)
{
    while (*open > 0 || objects_closing(daemon) > 0)
        uv_run(&daemon->loop, UV_RUN_ONCE);
}

static void close_all(struct daemon *daemon)
{
    run_until(daemon, &daemon->parts_open);
    target_cache_close(daemon->targets);
    cluster_free(daemon->cluster);
    usage_cache_close(daemon->usages);
    pod_cache_close(daemon->pods);
    values_cache_close(daemon->values);
    daemon->parts_open = 1;
    kube_client_close(daemon->client, part_closed, daemon);
    run_until(daemon, &daemon->parts_open);
    state_free(daemon->state);
    config_set_done(&daemon->config);
    kinds_done(daemon);
    mem_free(daemon->ns);
    mem_free(daemon->cluster_ns);
}

static void close_net(struct daemon *daemon)
{
    daemon->parts_open = 1;
    net_close(daemon->net, part_closed, daemon);
    run_until(daemon, &daemon->parts_open);
    uv_run(&daemon->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&daemon->loop) != 0)
        log_error(NULL, "the loop still had open handles at the end");
}

int daemon_run(const struct daemon_options *options, const struct scaler_registry *registry, struct err *err)
{
    struct daemon daemon = {.options = options, .registry = registry};
    uv_loop_init(&daemon.loop);
    config_set_init(&daemon.config);
    int rc = net_new(&daemon.loop, &daemon.net, err);
    if (rc < 0) {
        uv_loop_close(&daemon.loop);
        return rc;
    }
    daemon.scratch = formula_scratch_new();
    daemon.started_ms = net_now_ms(daemon.net);
    rc = open_parts(&daemon, err);
    while (rc == 0 && !daemon.drained)
        uv_run(&daemon.loop, UV_RUN_ONCE);
    daemon.stopping = true;
    if (daemon.client) {
        close_parts(&daemon);
        close_all(&daemon);
    }
    close_net(&daemon);
    formula_scratch_free(daemon.scratch);
    if (rc == 0)
        log_info(NULL, "stopped");
    return rc;
}
