/* The command `explain` with its output kept, against a server that gives one answer to everybody. */
#ifndef TESTS_CLI_EXPLAIN_RUN_H
#define TESTS_CLI_EXPLAIN_RUN_H

#include "scaler/base/file.h"
#include "scaler/cli/explain.h"
#include "tests/base/suite.h"
#include "tests/support/spawn.h"

#define ARGS_MAX 8

/* ---- a server of one answer: a child that dies with the test ---- */

struct server {
    pid_t pid;
    int port;
    char *requests; /* path of a file: the first line of each request */
};

/* Nothing is freed: the child only ever ends by a signal. */
static inline void serve(int listener, const char *answer, size_t len, const char *requests)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    int log = open(requests, O_WRONLY | O_CREAT | O_APPEND, 0600);
    for (;;) {
        char request[8192];
        size_t used = 0;
        int fd = accept(listener, NULL, NULL);
        ssize_t got = 1;
        while (fd >= 0 && got > 0 && used < sizeof request - 1) {
            got = read(fd, request + used, sizeof request - 1 - used);
            used += got > 0 ? (size_t)got : 0;
            request[used] = '\0';
            if (strstr(request, "\r\n\r\n"))
                break;
        }
        if (write(log, request, strcspn(request, "\r")) < 0 || write(log, "\n", 1) < 0)
            _exit(1);
        for (size_t sent = 0; sent < len;) {
            ssize_t wrote = write(fd, answer + sent, len - sent);
            if (wrote <= 0)
                break;
            sent += (size_t)wrote;
        }
        close(fd);
    }
}

static inline struct server server_start(const char *answer, size_t len, const char *dir)
{
    struct sockaddr_in address = spawn_loopback(0);
    socklen_t address_len = sizeof address;
    struct server server = {.requests = mem_printf("%s/requests", dir)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &address_len), 0);
    server.port = ntohs(address.sin_port);
    fflush(NULL);
    server.pid = fork();
    ck_assert_int_ge(server.pid, 0);
    if (server.pid == 0)
        serve(listener, answer, len, server.requests);
    close(listener);
    return server;
}

static inline void server_stop(struct server *server)
{
    kill(server->pid, SIGKILL);
    ck_assert_int_eq(waitpid(server->pid, NULL, 0), server->pid);
    mem_free(server->requests);
}

static inline char *with_head(const char *status, const char *body)
{
    return mem_printf("HTTP/1.1 %s\r\nContent-Type: application/json\r\nConnection: close\r\n"
                      "Content-Length: %zu\r\n\r\n%s",
                      status, strlen(body), body);
}

/* ---- the command, its output kept ---- */

struct said {
    int code;
    char *out, *err;
};

static inline int redirect(int fd, const char *path)
{
    int saved = dup(fd), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(saved, 0);
    ck_assert_int_ge(to, 0);
    ck_assert_int_ge(dup2(to, fd), 0);
    close(to);
    return saved;
}

static inline char *restore(int fd, int saved, const char *path)
{
    char *text;
    size_t len;
    ck_assert_int_ge(dup2(saved, fd), 0);
    close(saved);
    ck_assert_int_eq(file_read(path, 1 << 24, &text, &len, NULL), 0);
    return text;
}

static inline struct said run(const char *dir, bool plugin, const char *const *args)
{
    AUTO_FREE char *out = mem_printf("%s/out", dir), *err = mem_printf("%s/err", dir);
    char *argv[ARGS_MAX + 2] = {mem_strdup("explain")};
    int argc = 1;
    for (; argc <= ARGS_MAX && args[argc - 1]; argc++)
        argv[argc] = mem_strdup(args[argc - 1]);
    fflush(NULL);
    int saved_out = redirect(STDOUT_FILENO, out), saved_err = redirect(STDERR_FILENO, err);
    struct said said = {.code = cli_explain(argc, argv, plugin)};
    fflush(NULL);
    said.out = restore(STDOUT_FILENO, saved_out, out);
    said.err = restore(STDERR_FILENO, saved_err, err);
    for (int i = 0; i < argc; i++)
        mem_free(argv[i]);
    return said;
}

static inline void forget(struct said *said)
{
    mem_free(said->out);
    mem_free(said->err);
}

/* Asks a server that answers so. */
static inline struct said asked(const char *dir, const char *answer, size_t len, const char *object,
                                const char *more)
{
    struct server server = server_start(answer, len, dir);
    AUTO_FREE char *url = mem_printf("http://127.0.0.1:%d/", server.port);
    const char *const args[ARGS_MAX] = {"--server", url, object, more};
    struct said said = run(dir, false, args);
    server_stop(&server);
    return said;
}

#define DECISION                                                                                             \
    "{\"at\":\"2026-11-22T12:03:10.000Z\",\"since\":\"2026-11-22T12:03:10.000Z\",\"count\":1,"               \
    "\"current\":5,\"desired\":8,\"highest\":8,\"highest_trigger\":0,\"reason\":\"scaled-up\","              \
    "\"active\":true,\"error\":false,\"write\":\"written\",\"limited_by\":[],\"steps\":[],\"triggers\":["    \
    "{\"name\":\"queue\",\"type\":\"redis\",\"state\":\"ok\",\"value\":76,\"active\":true,"                  \
    "\"proposal\":8,\"at\":\"2026-11-22T12:03:10.000Z\"}]}"
#define OBJECT(name, decisions)                                                                              \
    "{\"davit\":\"0.1.0\",\"now\":\"2026-11-22T12:03:14.000Z\",\"objects\":[{\"namespace\":\"shop\","        \
    "\"name\":\"" name "\",\"target\":{\"kind\":\"Deployment\",\"name\":\"worker\"},\"phase\":\"running\","  \
    "\"problem\":null,\"replicas\":8,\"min\":1,\"max\":20,\"decisions\":" decisions                          \
    "}],\"same\":1,\"near\":[]}"

static const char *const good_text =
    "shop/worker scales Deployment worker, now at 8 replicas.  (12:03:14 UTC)\n"
    "\n"
    "5 → 8 replicas at 12:03:10 (4 s ago), written: more work.\n"
    "  queue (redis): 76, read 4 s ago → 8\n"
    "  Highest: queue, 8.\n"
    "  Result: 8 (min 1, max 20).\n";

#endif
