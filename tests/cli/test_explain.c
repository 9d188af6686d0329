/* The command `explain`: options, whom it asks, and answers of servers that are no Davit, or a hostile one.
 */
#include <jansson.h>

#include "scaler/base/file.h"
#include "scaler/base/json.h"
#include "scaler/base/strbuf.h"
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
static void serve(int listener, const char *answer, size_t len, const char *requests)
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

static struct server server_start(const char *answer, size_t len, const char *dir)
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

static void server_stop(struct server *server)
{
    kill(server->pid, SIGKILL);
    ck_assert_int_eq(waitpid(server->pid, NULL, 0), server->pid);
    mem_free(server->requests);
}

static char *with_head(const char *status, const char *body)
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

static int redirect(int fd, const char *path)
{
    int saved = dup(fd), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(saved, 0);
    ck_assert_int_ge(to, 0);
    ck_assert_int_ge(dup2(to, fd), 0);
    close(to);
    return saved;
}

static char *restore(int fd, int saved, const char *path)
{
    char *text;
    size_t len;
    ck_assert_int_ge(dup2(saved, fd), 0);
    close(saved);
    ck_assert_int_eq(file_read(path, 1 << 24, &text, &len, NULL), 0);
    return text;
}

static struct said run(const char *dir, bool plugin, const char *const *args)
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

static void forget(struct said *said)
{
    mem_free(said->out);
    mem_free(said->err);
}

/* Asks a server that answers so. */
static struct said asked(const char *dir, const char *answer, size_t len, const char *object,
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

static const char good_text[] = "shop/worker scales Deployment worker, now at 8 replicas.  (12:03:14 UTC)\n"
                                "\n"
                                "5 → 8 replicas at 12:03:10 (4 s ago), written: more work.\n"
                                "  queue (redis): 76, read 4 s ago → 8\n"
                                "  Highest: queue, 8.\n"
                                "  Result: 8 (min 1, max 20).\n";

/* ---- answers ---- */

static const struct {
    const char *status, *body;
    int code;
    const char *out, *err; /* all of out; a part of err */
} answers[] = {
    {"200 OK", OBJECT("worker", "[" DECISION "]"), 0, good_text, ""},
    {"200 OK", OBJECT("worker", "null"), 0,
     "shop/worker scales Deployment worker, now at 8 replicas.  (12:03:14 UTC)\n\nNo decision yet.\n", ""},
    {"200 OK",
     "{\"davit\":\"0\",\"now\":null,\"objects\":[],\"same\":0,\"near\":[\"shop/worker\",\"shop/works\"]}", 1,
     "", "Davit knows no object shop/worker; there is shop/worker, shop/works\n"},
    {"200 OK", "{\"davit\":\"0\",\"now\":null,\"objects\":[],\"same\":0,\"near\":[]}", 1, "",
     "Davit knows no object shop/worker\n"},
    {"200 OK",
     "{\"davit\":\"0\",\"now\":null,\"objects\":[],\"same\":2,\"near\":[\"a/worker\",\"b/worker\"]}", 1, "",
     "there are 2 objects named shop/worker; which one? a/worker, b/worker\n"},
    {"404 Not Found", "404 page not found", 1, "", "HTTP status 404: is it Davit"},
    {"200 OK", "", 1, "", "not an answer of Davit"},
    {"200 OK", "<html>", 1, "", "not an answer of Davit"},
    {"200 OK", "[]", 1, "", "not an answer of Davit"},
    {"200 OK", "7", 1, "", "not an answer of Davit"},
    {"200 OK", "{}", 1, "", "not an answer of Davit: it does not say so"},
    {"200 OK", "{\"davit\":7,\"objects\":[{}]}", 1, "", "not an answer of Davit"},
    {"200 OK", "{\"davit\":\"0\",\"objects\":{}}", 1, "", "not an answer of Davit"},
    {"200 OK", "{\"davit\":\"0\",\"objects\":[7]}", 1, "", "object is no object"},
    {"200 OK", "{\"davit\":\"0\",\"objects\":[{}]}", 1, "",
     "not an answer of Davit: object.namespace is missing"},
    {"200 OK", "{\"davit\":\"0\",\"now\":5,\"objects\":[{}]}", 1, "", "answer.now is not a text"},
    {"200 OK", "{\"davit\":\"0\",\"now\":\"yesterday\",\"objects\":[{}]}", 1, "", "answer.now is not a time"},
    {"200 OK", "{\"davit\":\"0\",\"objects\":[{\"target\":{},\"namespace\":[],\"name\":1}]}", 1, "",
     "object.namespace is not a text"},
    {"200 OK", OBJECT("worker", "{}"), 1, "", "object.decisions is not a list"},
    {"200 OK", OBJECT("worker", "[null]"), 1, "", "decision is no object"},
    {"200 OK", OBJECT("worker", "[{}]"), 1, "", "decision.current is missing"},
    {"200 OK", OBJECT("worker", "[{\"current\":1e99}]"), 1, "", "decision.current is not a whole number"},
    {"200 OK", OBJECT("worker", "[{\"current\":99999999999}]"), 1, "", "decision.current is not a whole"},
    {"200 OK", OBJECT("worker", "[{\"current\":1,\"desired\":1,\"reason\":\"because\"}]"), 1, "",
     "decision.reason is a word this version does not know"},
    {"200 OK",
     OBJECT("worker", "[{\"current\":1,\"desired\":1,\"reason\":\"nothing\",\"write\":\"written\","
                      "\"highest\":3,\"highest_trigger\":2000000000}]"),
     0,
     "shop/worker scales Deployment worker, now at 8 replicas.  (12:03:14 UTC)\n\nStays at 1 replica: that "
     "is what is needed.  Looked at 1970-01-01 00:00:00 (20779 d 12 h ago).\n  Highest: a trigger, 3.\n"
     "  Result: 1 (min 1, max 20).\n",
     ""},
    {"200 OK",
     OBJECT("worker", "[{\"current\":1,\"desired\":1,\"reason\":\"nothing\",\"write\":\"written\","
                      "\"steps\":[1]}]"),
     1, "", "step is no object"},
    {"200 OK",
     OBJECT("worker", "[{\"current\":1,\"desired\":1,\"reason\":\"nothing\",\"write\":\"written\","
                      "\"steps\":[{},{},{},{},{},{},{},{},{}]}]"),
     1, "", "decision.steps is not a list of a size"},
    {"200 OK",
     OBJECT("worker", "[{\"current\":1,\"desired\":1,\"reason\":\"nothing\",\"write\":\"written\","
                      "\"triggers\":[{\"state\":\"fine\"}]}]"),
     1, "", "trigger.state is a word"},
};

START_TEST(answers_of_all_kinds)
{
    AUTO_FREE char *answer = with_head(answers[_i].status, answers[_i].body);
    char *dir = spawn_temp_dir();
    struct said said = asked(dir, answer, strlen(answer), "shop/worker", NULL);
    ck_assert_msg(said.code == answers[_i].code, "%d: %s", said.code, said.err);
    ck_assert_msg(strcmp(said.out, answers[_i].out) == 0, "%s", said.out);
    ck_assert_msg(strstr(said.err, answers[_i].err) != NULL, "%s", said.err);
    ck_assert_int_eq(said.err[0] == '\0', said.code == 0);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

/* Cut at every length: never a crash, never a screen. */
START_TEST(a_torn_answer)
{
    AUTO_FREE char *answer = with_head("200 OK", OBJECT("worker", "[" DECISION "]"));
    char *dir = spawn_temp_dir();
    for (size_t len = 0; len < strlen(answer); len += 83) {
        struct said said = asked(dir, answer, len, "shop/worker", NULL);
        ck_assert_int_eq(said.code, 1);
        ck_assert_str_eq(said.out, "");
        ck_assert_uint_gt(strlen(said.err), 20);
        forget(&said);
    }
    spawn_remove_dir(dir);
}
END_TEST

START_TEST(a_huge_answer)
{
    AUTO_STRBUF struct strbuf body;
    strbuf_init(&body);
    strbuf_append(&body, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"davit\":\"");
    while (body.len < (5u << 20))
        strbuf_append(&body,
                      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    char *dir = spawn_temp_dir();
    struct said said = asked(dir, body.data, body.len, "shop/worker", NULL);
    ck_assert_int_eq(said.code, 1);
    ck_assert_msg(strstr(said.err, "larger than") != NULL || strstr(said.err, "bytes") != NULL, "%s",
                  said.err);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

/* A terminal must not obey what a server says. */
START_TEST(control_characters_do_not_reach_the_terminal)
{
    AUTO_FREE char *answer = with_head("200 OK", OBJECT("a\\u001b[2J\\u0007b\\u009b\\nc", "[" DECISION "]"));
    char *dir = spawn_temp_dir();
    struct said said = asked(dir, answer, strlen(answer), "shop/worker", NULL);
    ck_assert_int_eq(said.code, 0);
    ck_assert_msg(strncmp(said.out, "shop/a?[2J?b??c scales", 22) == 0, "%s", said.out);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

START_TEST(json_is_the_object)
{
    AUTO_FREE char *answer = with_head("200 OK", OBJECT("worker", "[" DECISION "," DECISION "]"));
    char *dir = spawn_temp_dir();
    struct said said = asked(dir, answer, strlen(answer), "worker", "--output=json");
    AUTO_JSON json_t *root = json_loads(said.out, 0, NULL);
    ck_assert_int_eq(said.code, 0);
    ck_assert_str_eq(json_str(root, "name"), "worker");
    ck_assert_str_eq(json_str(root, "now"), "2026-11-22T12:03:14.000Z");
    ck_assert_uint_eq(json_array_size(json_object_get(root, "decisions")), 2);
    forget(&said);
    said = asked(dir, answer, strlen(answer), "worker", "--last=1");
    ck_assert_str_eq(said.out, good_text);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

/* ---- whom it asks ---- */

static char *kubeconfig(const char *dir, int port)
{
    AUTO_FREE char *text = mem_printf(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
        "clusters: [{name: c, cluster: {server: \"http://127.0.0.1:%d\"}}]\nusers: [{name: u, user: {}}]\n"
        "contexts: [{name: c, context: {cluster: c, user: u, namespace: shop}}]\n",
        port);
    spawn_write_file(dir, "config", text);
    return mem_printf("%s/config", dir);
}

static const struct {
    const char *args[4]; /* besides the kubeconfig */
    const char *path;
} paths[] = {
    {{"shop/worker"}, "/api/v1/namespaces/shop/services/davit:http/proxy/decisions?find=shop%2Fworker"},
    {{"worker"}, "/api/v1/namespaces/shop/services/davit:http/proxy/decisions?find=shop%2Fworker"},
    {{"-n", "other", "worker"},
     "/api/v1/namespaces/other/services/davit:http/proxy/decisions?find=other%2Fworker"},
    {{"--service", "ops/d:8080", "shop/worker"},
     "/api/v1/namespaces/ops/services/d:8080/proxy/decisions?find=shop%2Fworker"},
    {{"--service=ops/d", "a b/../c?d=e"},
     "/api/v1/namespaces/ops/services/d/proxy/decisions?find=a+b%2F..%2Fc%3Fd%3De"},
};

static void ask_kube(bool plugin)
{
    AUTO_FREE char *answer = with_head("200 OK", OBJECT("worker", "[" DECISION "]"));
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char *dir = spawn_temp_dir();
        struct server server = server_start(answer, strlen(answer), dir);
        AUTO_FREE char *config = kubeconfig(dir, server.port), *asked_for = NULL;
        const char *args[ARGS_MAX] = {paths[i].args[0], paths[i].args[1], paths[i].args[2]};
        size_t len;
        for (len = 0; args[len]; len++)
            continue;
        if (!plugin) {
            args[len++] = "--kubeconfig";
            args[len] = config;
        }
        ck_assert_int_eq(setenv("KUBECONFIG", config, 1), 0);
        struct said said = run(dir, plugin, args);
        ck_assert_msg(said.code == 0, "%s", said.err);
        ck_assert_str_eq(said.out, good_text);
        ck_assert_int_eq(file_read(server.requests, 1 << 16, &asked_for, &len, NULL), 0);
        AUTO_FREE char *wanted = mem_printf("GET %s HTTP/1.1\n", paths[i].path);
        ck_assert_str_eq(asked_for, wanted);
        forget(&said);
        server_stop(&server);
        spawn_remove_dir(dir);
    }
}

START_TEST(through_the_api_server)
{
    ask_kube(false);
}
END_TEST

START_TEST(as_plugin_of_kubectl)
{
    ask_kube(true);
}
END_TEST

START_TEST(no_service_is_told_with_both_places)
{
    AUTO_FREE char *answer =
        with_head("404 Not Found",
                  "{\"kind\":\"Status\",\"code\":404,\"message\":\"services \\\"davit\\\" not found\"}");
    char *dir = spawn_temp_dir();
    struct server server = server_start(answer, strlen(answer), dir);
    AUTO_FREE char *config = kubeconfig(dir, server.port), *asked_for = NULL;
    const char *const args[ARGS_MAX] = {"--kubeconfig", config, "worker"};
    size_t len;
    struct said said = run(dir, false, args);
    ck_assert_int_eq(said.code, 1);
    ck_assert_msg(strstr(said.err, "no Davit behind service shop/davit:http nor davit/davit:http") &&
                      strstr(said.err, "services \"davit\" not found"),
                  "%s", said.err);
    ck_assert_int_eq(file_read(server.requests, 1 << 16, &asked_for, &len, NULL), 0);
    ck_assert_msg(strstr(asked_for, "GET /api/v1/namespaces/davit/services/davit:http/proxy/"), "%s",
                  asked_for);
    forget(&said);
    server_stop(&server);
    spawn_remove_dir(dir);
}
END_TEST

START_TEST(the_environment_names_the_server)
{
    AUTO_FREE char *answer = with_head("200 OK", OBJECT("worker", "[" DECISION "]"));
    char *dir = spawn_temp_dir();
    struct server server = server_start(answer, strlen(answer), dir);
    AUTO_FREE char *url = mem_printf("http://127.0.0.1:%d", server.port);
    const char *const args[ARGS_MAX] = {"worker"};
    ck_assert_int_eq(setenv("DAVIT_SERVER", url, 1), 0);
    struct said said = run(dir, false, args);
    ck_assert_msg(said.code == 0, "%s", said.err);
    ck_assert_str_eq(said.out, good_text);
    forget(&said);
    server_stop(&server);
    spawn_remove_dir(dir);
}
END_TEST

START_TEST(nobody_there)
{
    char *dir = spawn_temp_dir();
    AUTO_FREE char *url = mem_printf("http://user:hunter2@127.0.0.1:%d", spawn_free_port());
    const char *const args[ARGS_MAX] = {"--server", url, "worker"};
    struct said said = run(dir, false, args);
    ck_assert_int_eq(said.code, 1);
    ck_assert_msg(strstr(said.err, "127.0.0.1") && !strstr(said.err, "hunter2"), "%s", said.err);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

static const struct {
    const char *args[6];
    int code;
    const char *err; /* a part */
} usages[] = {
    {{"--help"}, 0, ""},
    {{NULL}, 2, "which object?"},
    {{"a", "b"}, 2, "one object at a time"},
    {{"--nonsense", "a"}, 2, "see `davit explain --help`"},
    {{"--last", "0", "a"}, 2, "--last: \"0\" is not a number from 1 to 64"},
    {{"-o", "xml", "a"}, 2, "-o: \"xml\" is neither text nor json"},
    {{"--at", "5", "a"}, 2, "--at goes with --from"},
    {{"--at", "soon", "--from", "x"}, 2, "--at: \"soon\" is not a number of seconds"},
    {{"--from", "x", "a"}, 2, "--from goes with --at and --last only"},
    {{"--server", "http://127.0.0.1:1", "--context", "c", "a"}, 2, "one of them"},
    {{"--server", "ftp://127.0.0.1:1", "a"}, 1, "http"},
    {{"--server", "", "a"}, 1, "davit explain: "},
    {{"--kubeconfig", "/nowhere/config", "a"}, 1, "/nowhere/config"},
    {{"--from", "/nowhere/lines"}, 1, "/nowhere/lines"},
};

START_TEST(usage_and_mistakes)
{
    char *dir = spawn_temp_dir();
    struct said said = run(dir, false, usages[_i].args);
    ck_assert_msg(said.code == usages[_i].code, "%d: %s", said.code, said.err);
    ck_assert_msg(strstr(said.err, usages[_i].err) != NULL, "%s", said.err);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

/* ---- a simulation's lines ---- */

#define LINE(t, replicas, desired, reason, limits)                                                           \
    "{\"t\":" t ",\"replicas\":" replicas ",\"desired\":" desired ",\"active\":true,\"reason\":\"" reason    \
    "\",\"limited_by\":[" limits "],\"triggers\":{\"queue\":{\"state\":\"ok\",\"value\":76,"                 \
    "\"proposal\":8}},\"steps\":[]}\n"
#define LINES                                                                                                \
    LINE("0", "5", "5", "nothing", "")                                                                       \
    LINE("15", "5", "8", "scaled-up", "\"max\"")                                                             \
    LINE("30", "8", "8", "nothing", "") LINE("45.5", "8", "8", "nothing", "")

static const struct {
    const char *lines, *at;
    int code;
    const char *said;
} simulations[] = {
    {LINES, NULL, 0,
     "A simulation, now at 8 replicas.  (t=45.5 s)\n"
     "\n"
     "Stays at 8 replicas: that is what is needed.  Looked at t=45.5 s, 2 times alike since t=30 s.\n"
     "  queue: 76 → 8\n"
     "  Highest: queue, 8.\n"
     "  Result: 8.\n"
     "\n"
     "Before:\n"
     "  t=15 s  5 → 8: more work (queue 76 → 8); limited by max\n"
     "  t=0 s  stays 5: that is what is needed (queue 76 → 8)\n"},
    {LINES, "29", 0,
     "A simulation, now at 5 replicas.  (t=15 s)\n"
     "\n"
     "5 → 8 replicas at t=15 s, written: more work.\n"
     "  queue: 76 → 8\n"
     "  Highest: queue, 8.\n"
     "  Result: 8.\n"
     "\n"
     "Before:\n"
     "  t=0 s  stays 5: that is what is needed (queue 76 → 8)\n"},
    {LINES, "-1", 1, "no decision at that time"},
    {"", NULL, 1, "no decision at that time"},
    {"\n\n", NULL, 1, "no decision at that time"},
    {LINES "{\"t\":", NULL, 1,
     "line 1 from the end is not of `davit simulate -o jsonl`: it is no JSON object"},
    {"{}\n" LINES, NULL, 1, "line 5 from the end is not of `davit simulate -o jsonl`: it has no time t"},
    {"{\"t\":1e300}\n", NULL, 1, "it has no time t"},
    {"{\"t\":1,\"at\":\"x\"}\n", NULL, 1, "at is no time"},
    {"{\"t\":1}\n", NULL, 1, "its fields are not those of a decision"},
    {"{\"t\":1,\"replicas\":1,\"desired\":1,\"reason\":\"nothing\",\"triggers\":{\"a\":7}}\n", NULL, 1,
     "its fields are not those of a decision"},
    {"{\"t\":1,\"replicas\":1,\"desired\":1,\"reason\":\"nothing\",\"triggers\":[]}\n", NULL, 0,
     "A simulation, now at 1 replica.  (t=1 s)\n\nStays at 1 replica: that is what is needed.  Looked at t=1 "
     "s.\n  Result: 1.\n"},
};

START_TEST(lines_of_a_simulation)
{
    char *dir = spawn_temp_dir();
    AUTO_FREE char *path = mem_printf("%s/lines", dir);
    const char *const args[ARGS_MAX] = {"--from", path, simulations[_i].at ? "--at" : NULL,
                                        simulations[_i].at};
    spawn_write_file(dir, "lines", simulations[_i].lines);
    struct said said = run(dir, false, args);
    ck_assert_msg(said.code == simulations[_i].code, "%d: %s", said.code, said.err);
    if (said.code == 0)
        ck_assert_msg(strcmp(said.out, simulations[_i].said) == 0, "%s", said.out);
    else
        ck_assert_msg(strstr(said.err, simulations[_i].said) != NULL && !said.out[0], "%s", said.err);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain");
    SUITE_ADD_LOOP(suite, answers_of_all_kinds, answers);
    SUITE_ADD(suite, a_torn_answer);
    SUITE_ADD(suite, a_huge_answer);
    SUITE_ADD(suite, control_characters_do_not_reach_the_terminal);
    SUITE_ADD(suite, json_is_the_object);
    SUITE_ADD(suite, through_the_api_server);
    SUITE_ADD(suite, as_plugin_of_kubectl);
    SUITE_ADD(suite, no_service_is_told_with_both_places);
    SUITE_ADD(suite, the_environment_names_the_server);
    SUITE_ADD(suite, nobody_there);
    SUITE_ADD_LOOP(suite, usage_and_mistakes, usages);
    SUITE_ADD_LOOP(suite, lines_of_a_simulation, simulations);
    return suite_run(suite);
}
