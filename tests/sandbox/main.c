/* davit-sandbox: an in-memory Kubernetes API, for trying Davit without a cluster and as its test double. Owns
 * start and end. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "scaler/base/mem.h"
#include "tests/sandbox/kubeconfig.h"
#include "tests/sandbox/options.h"
#include "tests/sandbox/sandbox.h"

static const int stop_signals[] = {SIGTERM, SIGINT};

struct program {
    struct sandbox sandbox;
    uv_loop_t loop;
    uv_signal_t signals[ARRAY_LEN(stop_signals)];
    bool stopping;
};

static void on_web_closed(void *arg)
{
    struct program *program = arg;
    watches_close(&program->sandbox.watches);
    workloads_close(&program->sandbox.workloads);
}

static void stop(struct program *program)
{
    if (program->stopping)
        return;
    program->stopping = true;
    for (size_t i = 0; i < ARRAY_LEN(stop_signals); i++)
        uv_close((uv_handle_t *)&program->signals[i], NULL);
    if (program->sandbox.web)
        web_close(program->sandbox.web, on_web_closed, program);
    else
        on_web_closed(program);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    stop(handle->data);
}

/* Benches open thousands of connections. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void init(struct program *program)
{
    struct sandbox *sandbox = &program->sandbox;
    uv_loop_init(&program->loop);
    sandbox->loop = &program->loop;
    sandbox->token = mem_strdup(sandbox->options.token);
    store_init(&sandbox->store, (size_t)sandbox->options.history);
    watches_init(&sandbox->watches, sandbox, sandbox->options.bookmark_ms);
    workloads_init(&sandbox->workloads, sandbox);
    for (size_t i = 0; i < ARRAY_LEN(stop_signals); i++) {
        uv_signal_init(&program->loop, &program->signals[i]);
        program->signals[i].data = program;
        uv_signal_start(&program->signals[i], on_signal, stop_signals[i]);
    }
}

static void done(struct program *program)
{
    struct sandbox *sandbox = &program->sandbox;
    workloads_done(&sandbox->workloads);
    store_done(&sandbox->store);
    stats_done(&sandbox->stats);
    faults_clear(&sandbox->faults);
    web_free(sandbox->web);
    mem_free_secret(sandbox->token);
    options_done(&sandbox->options);
}

static int start(struct sandbox *sandbox, struct err *err)
{
    const struct options *options = &sandbox->options;
    struct web_options web = {.address = options->listen,
                              .cert_file = options->cert_file,
                              .key_file = options->key_file,
                              .handler = api_on_request,
                              .refuse = api_on_refuse,
                              .arg = sandbox};
    write_make_namespace(sandbox, "default");
    write_make_namespace(sandbox, "kube-system");
    for (size_t i = 0; i < options->load.len; i++)
        if (load_file(sandbox, options->load.items[i], err) != 0)
            return err->code;
    if (web_open(sandbox->loop, &web, &sandbox->web, err) != 0)
        return err->code;
    if (options->kubeconfig_out && kubeconfig_write(sandbox, options->kubeconfig_out, err) != 0)
        return err->code;
    printf("listening on %s://%s:%u\n", options->cert_file ? "https" : "http", web_host(sandbox->web),
           web_port(sandbox->web));
    fflush(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    static struct program program;
    struct err err = {0};
    int code = options_parse(&program.sandbox.options, argc, argv, &err);
    if (code) {
        if (code < 0)
            fprintf(stderr, "davit-sandbox: %s\n", err.msg);
        options_done(&program.sandbox.options);
        return code < 0 ? 2 : 0;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    init(&program);
    code = start(&program.sandbox, &err);
    if (code) {
        fprintf(stderr, "davit-sandbox: %s\n", err.msg);
        stop(&program);
    }
    uv_run(&program.loop, UV_RUN_DEFAULT);
    bool clean = uv_loop_close(&program.loop) == 0;
    done(&program);
    return code || !clean ? 1 : 0;
}
