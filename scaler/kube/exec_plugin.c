/* Owns the process of an exec credential plugin: its environment, its two pipes, its end. What it says is
 * exec_credential.c's. */
#include "scaler/kube/exec_plugin.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scaler/kube/exec_credential.h"
#include "scaler/kube/kubeconfig.h"
#include "scaler/net/net.h"
#include "scaler/net/timer.h"

#define STDOUT_MAX_BYTES ((size_t)1 << 20)
#define STDERR_MAX_BYTES ((size_t)4 << 10)

struct exec_plugin {
    const struct kubeconfig *config;
    struct net *net;
    exec_plugin_fn done;
    void *arg;
    uv_process_t process;
    uv_pipe_t out, errors;
    unsigned handles; /* not yet closed */
    struct timer timer;
    struct strbuf out_text, error_text;
    char chunk[4096];
    bool exited, out_ended, closing;
    bool silent; /* never started: nobody waits, config may be gone */
    int64_t exit_status;
    int signal;
    struct err error; /* why it is being ended, code 0: by itself */
};

static void answer(struct exec_plugin *plugin)
{
    if (plugin->silent)
        return;
    struct exec_credential credential = {0};
    struct err *error = &plugin->error;
    const char *command = plugin->config->exec.command;
    if (error->code == 0 && (plugin->exit_status != 0 || plugin->signal != 0)) {
        AUTO_FREE char *hint = exec_credential_hint(plugin->error_text.data);
        err_set(error, ERR_AUTH, "it failed (status %lld, signal %d): %s", (long long)plugin->exit_status,
                plugin->signal, *hint ? hint : "no message");
    }
    if (error->code == 0)
        exec_credential_parse(plugin->out_text.data, plugin->out_text.len, plugin->config->exec.api_version,
                              &credential, error);
    if (error->code != 0)
        err_wrap(error, "credential plugin %s", command);
    plugin->done(error->code ? NULL : &credential, error->code ? error : NULL, plugin->arg);
    exec_credential_done(&credential);
}

static void on_closed(uv_handle_t *handle)
{
    struct exec_plugin *plugin = handle->data;
    if (--plugin->handles > 0)
        return;
    answer(plugin);
    strbuf_done_secret(&plugin->out_text);
    strbuf_done_secret(&plugin->error_text);
    mem_wipe(plugin->chunk, sizeof(plugin->chunk));
    mem_free(plugin);
}

static void close_all(struct exec_plugin *plugin)
{
    if (plugin->closing)
        return;
    plugin->closing = true;
    timer_stop(plugin->net, &plugin->timer);
    uv_close((uv_handle_t *)&plugin->process, on_closed);
    uv_close((uv_handle_t *)&plugin->out, on_closed);
    uv_close((uv_handle_t *)&plugin->errors, on_closed);
}

/* The plugin leads a process group of its own, so that its children end with it. The group is only signalled
 * while one of them is known to live: a free group number may belong to somebody else. */
static void end_early(struct exec_plugin *plugin, const struct err *why)
{
    if (plugin->closing || plugin->error.code != 0)
        return;
    plugin->error = *why;
    bool alive = !plugin->exited || !plugin->out_ended;
    if (alive && plugin->process.pid > 1)
        kill(-plugin->process.pid, SIGKILL);
    if (plugin->exited)
        close_all(plugin);
}

static void check_finished(struct exec_plugin *plugin)
{
    if (plugin->exited && (plugin->out_ended || plugin->error.code != 0))
        close_all(plugin);
}

static void on_exit_of_plugin(uv_process_t *process, int64_t status, int term_signal)
{
    struct exec_plugin *plugin = process->data;
    plugin->exited = true;
    plugin->exit_status = status;
    plugin->signal = term_signal;
    check_finished(plugin);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    (void)suggested;
    struct exec_plugin *plugin = handle->data;
    *ret = uv_buf_init(plugin->chunk, sizeof(plugin->chunk));
}

static void on_out(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct exec_plugin *plugin = stream->data;
    if (got > 0)
        strbuf_append_n(&plugin->out_text, buf->base, (size_t)got);
    if (plugin->out_text.overflow) {
        struct err why;
        err_set(&why, ERR_LIMIT, "its output is larger than %zu bytes", STDOUT_MAX_BYTES);
        end_early(plugin, &why);
    }
    if (got < 0) {
        uv_read_stop(stream);
        plugin->out_ended = true;
        check_finished(plugin);
    }
}

/* Read to the end even beyond the cap: a full pipe would stop the plugin. */
static void on_errors(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct exec_plugin *plugin = stream->data;
    if (got > 0)
        strbuf_append_n(&plugin->error_text, buf->base, (size_t)got);
    if (got < 0)
        uv_read_stop(stream);
}

static void on_timeout(struct timer *timer)
{
    struct exec_plugin *plugin = container_of(timer, struct exec_plugin, timer);
    struct err why;
    err_set(&why, ERR_TIMEOUT, "no answer in time");
    end_early(plugin, &why);
}

/* Our own environment, the kubeconfig's additions over it, and what the protocol tells. */
static void build_env(const struct kubeconfig *config, struct text_list *ret)
{
    AUTO_FREE char *info = exec_credential_info(config);
    struct text_map map = {0};
    for (char **at = environ; at && *at; at++) {
        const char *equals = strchr(*at, '=');
        if (!equals)
            continue;
        AUTO_FREE char *name = mem_strndup(*at, (size_t)(equals - *at));
        text_map_set(&map, name, equals + 1);
    }
    for (size_t i = 0; i < config->exec.env.len; i++)
        text_map_set(&map, config->exec.env.items[i].key, config->exec.env.items[i].value);
    text_map_set(&map, "KUBERNETES_EXEC_INFO", info);
    for (size_t i = 0; i < map.len; i++)
        text_list_add_take(ret, mem_printf("%s=%s", map.items[i].key, map.items[i].value));
    text_map_done_secret(&map);
}

static char **null_terminated(const char *first, const struct text_list *list)
{
    char **ret = mem_zalloc_array(list->len + 2, sizeof(*ret));
    size_t len = 0;
    if (first)
        ret[len++] = (char *)first;
    for (size_t i = 0; i < list->len; i++)
        ret[len++] = list->items[i];
    return ret;
}

static int spawn(struct exec_plugin *plugin)
{
    struct text_list env = {0};
    build_env(plugin->config, &env);
    AUTO_FREE char **args = null_terminated(plugin->config->exec.command, &plugin->config->exec.args);
    AUTO_FREE char **env_list = null_terminated(NULL, &env);
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&plugin->out},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&plugin->errors},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_of_plugin,
        .file = args[0],
        .args = args,
        .env = env_list,
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = stdio,
    };
    int rc = uv_spawn(net_loop(plugin->net), &plugin->process, &options);
    for (size_t i = 0; i < env.len; i++)
        mem_wipe(env.items[i], strlen(env.items[i]));
    text_list_done(&env);
    return rc;
}

int exec_plugin_start(struct net *net, const struct kubeconfig *config, int64_t timeout_ms,
                      exec_plugin_fn done, void *arg, struct exec_plugin **ret, struct err *err)
{
    struct exec_plugin *plugin = mem_zalloc(sizeof(*plugin));
    *plugin = (struct exec_plugin){.config = config, .net = net, .done = done, .arg = arg, .handles = 3};
    strbuf_init_max(&plugin->out_text, STDOUT_MAX_BYTES);
    strbuf_init_max(&plugin->error_text, STDERR_MAX_BYTES);
    uv_pipe_init(net_loop(net), &plugin->out, 0);
    uv_pipe_init(net_loop(net), &plugin->errors, 0);
    plugin->process.data = plugin->out.data = plugin->errors.data = plugin;
    int rc = spawn(plugin);
    if (rc < 0) {
        plugin->silent = true;
        close_all(plugin);
        return err_set(err, ERR_AUTH, "credential plugin %s: %s", config->exec.command, uv_strerror(rc));
    }
    uv_read_start((uv_stream_t *)&plugin->out, on_alloc, on_out);
    uv_read_start((uv_stream_t *)&plugin->errors, on_alloc, on_errors);
    timer_start(net, &plugin->timer, timeout_ms, on_timeout);
    *ret = plugin;
    return 0;
}

void exec_plugin_cancel(struct exec_plugin *plugin)
{
    struct err why;
    err_set(&why, ERR_CANCELED, "canceled");
    end_early(plugin, &why);
}
