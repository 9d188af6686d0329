/* The prometheus trigger over TLS, against nginx: which certificates apply when (spec/keda-scalers.md §2
 * "Request"). */
#include "tests/support/certs.h"
#include "tests/support/harness.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_prometheus;

struct nginx {
    pid_t pid;
    int open_port, strict_port, old_port; /* no client certificate; one wanted; TLS 1.2 at most */
    char *dir;
    char log[SPAWN_PATH_MAX];
};

static const char config_text[] =
    "daemon off;\nmaster_process off;\nworker_processes 1;\npid %s/pid;\nerror_log %s/error.log;\n"
    "events { worker_connections 64; }\n"
    "http {\n access_log off;\n ssl_certificate %s/server.pem;\n ssl_certificate_key %s/server.key;\n"
    " default_type application/json;\n"
    " client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4;"
    " scgi_temp_path %s/t5;\n"
    " server { listen 127.0.0.1:%d ssl; ssl_protocols TLSv1.2 TLSv1.3; location / { return 200 "
    "'{\"data\":{\"result\":[{\"value\":[1,\"7\"]}]}}'; } }\n"
    " server { listen 127.0.0.1:%d ssl; ssl_client_certificate %s/ca.pem; ssl_verify_client on;"
    " location / { return 200 '{\"data\":{\"result\":[{\"value\":[1,\"8\"]}]}}'; } }\n"
    " server { listen 127.0.0.1:%d ssl; ssl_protocols TLSv1.2;"
    " location / { return 200 '{\"data\":{\"result\":[{\"value\":[1,\"9\"]}]}}'; } }\n"
    "}\n";

static void nginx_open(struct nginx *nginx)
{
    char *dir = nginx->dir = spawn_temp_dir();
    nginx->open_port = spawn_free_port();
    nginx->strict_port = spawn_free_port();
    nginx->old_port = spawn_free_port();
    certs_make(dir);
    AUTO_FREE char *text = mem_printf(config_text, dir, dir, dir, dir, dir, dir, dir, dir, dir,
                                      nginx->open_port, nginx->strict_port, dir, nginx->old_port);
    AUTO_FREE char *path = mem_printf("%s/nginx.conf", dir);
    spawn_write_file(dir, "nginx.conf", text);
    snprintf(nginx->log, sizeof(nginx->log), "%s/log", dir);
    const char *argv[] = {"/usr/sbin/nginx", "-p", dir, "-c", path, "-e", nginx->log, NULL};
    nginx->pid = spawn_start(argv, nginx->log);
    ck_assert_msg(spawn_wait_port(nginx->pid, nginx->old_port), "nginx did not start, see %s", nginx->log);
}

static void nginx_close(struct nginx *nginx)
{
    spawn_stop(nginx->pid);
    spawn_remove_dir(nginx->dir);
}

static struct outcome read_once(int port, const char *host, const char *const *more)
{
    struct harness harness;
    struct findings findings; /* warnings are fine here */
    AUTO_FREE char *url = mem_printf("https://%s:%d", host, port);
    const char *pairs[32] = {"serverAddress", url, "query", "up", "threshold", "5"};
    for (size_t i = 0; more[i]; i++)
        pairs[6 + i] = more[i];
    harness_init(&harness);
    findings_init(&findings);
    harness.type = &scaler_prometheus;
    harness.config = config_parse(&scaler_prometheus.schema, pairs, &findings);
    ck_assert_msg(harness.config != NULL, "%s", findings.text.data);
    ck_assert_int_eq(scaler_prometheus.open(harness.net, harness.config, &harness.source, NULL), 0);
    struct outcome outcome = harness_read(&harness);
    harness_done(&harness);
    strbuf_done(&findings.text);
    return outcome;
}

#define BASIC  "authModes", "basic", "auth:username", "u"
#define MUTUAL "authModes", "tls", "auth:cert", cert, "auth:key", key

START_TEST(certificates)
{
    struct nginx nginx;
    nginx_open(&nginx);
    AUTO_FREE char *ca = certs_read(nginx.dir, "ca.pem");
    AUTO_FREE char *other = certs_read(nginx.dir, "other-ca.pem");
    AUTO_FREE char *cert = certs_read(nginx.dir, "client.pem");
    AUTO_FREE char *key = certs_read(nginx.dir, "client.key");
    const struct {
        int port;
        const char *host;
        const char *pairs[16];
        double value; /* 0: an error with this code and text */
        int code;
        const char *piece;
    } rows[] = {
        {nginx.open_port, "127.0.0.1", {NULL}, 0, ERR_IO, "certificate"},
        {nginx.open_port, "127.0.0.1", {"unsafeSsl", "true"}, 7, 0, NULL},
        {nginx.open_port, "127.0.0.1", {"auth:ca", ca}, 0, ERR_IO, "certificate"}, /* no authModes: ca ignored
                                                                                    */
        {nginx.open_port, "127.0.0.1", {BASIC, "auth:ca", ca}, 7, 0, NULL},
        {nginx.open_port, "localhost", {BASIC, "auth:ca", ca}, 7, 0, NULL},
        {nginx.open_port, "127.0.0.2", {BASIC, "auth:ca", ca}, 0, ERR_IO, ""},
        {nginx.open_port, "127.0.0.1", {BASIC, "auth:ca", other}, 0, ERR_IO, "certificate"},
        {nginx.open_port,
         "127.0.0.1",
         {BASIC, "auth:ca", other, "unsafeSsl", "true"},
         0,
         ERR_IO,
         "certificate"},
        {nginx.open_port, "127.0.0.1", {BASIC, "unsafeSsl", "true"}, 7, 0, NULL},
        {nginx.strict_port, "127.0.0.1", {BASIC, "auth:ca", ca}, 0, ERR_INVALID, "HTTP status 400"},
        {nginx.strict_port, "127.0.0.1", {MUTUAL, "auth:ca", ca}, 8, 0, NULL},
        {nginx.strict_port, "127.0.0.1", {MUTUAL}, 0, ERR_IO, "certificate"},
        {nginx.strict_port, "127.0.0.1", {MUTUAL, "unsafeSsl", "true"}, 0, ERR_IO, "certificate"},
        {nginx.strict_port,
         "127.0.0.1",
         {BASIC, "auth:cert", cert, "auth:key", key, "unsafeSsl", "true"},
         0,
         ERR_INVALID,
         "HTTP status 400"}, /* mode tls is not among the modes, and there is no ca: no client certificate */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct outcome outcome = read_once(rows[i].port, rows[i].host, rows[i].pairs);
        if (rows[i].code == 0) {
            ck_assert_msg(outcome.code == 0, "row %zu: %s", i, outcome.msg);
            ck_assert_value(outcome, rows[i].value);
        } else {
            ck_assert_msg(outcome.code != 0, "row %zu", i);
            ck_assert_failed(outcome, rows[i].code, rows[i].piece);
        }
    }
    nginx_close(&nginx);
}
END_TEST

START_TEST(minimum_version)
{
    struct nginx nginx;
    const char *pairs[] = {"unsafeSsl", "true", NULL};
    nginx_open(&nginx);
    struct outcome outcome = read_once(nginx.old_port, "127.0.0.1", pairs);
    /* nginx opens its ports one after the other; on a busy machine this one may reset at first. */
    for (int tries = 0; outcome.code != 0 && tries < 20; tries++) {
        usleep(100000);
        outcome = read_once(nginx.old_port, "127.0.0.1", pairs);
    }
    ck_assert_value(outcome, 9);
    setenv("KEDA_HTTP_MIN_TLS_VERSION", "TLS13", 1);
    outcome = read_once(nginx.old_port, "127.0.0.1", pairs);
    ck_assert_failed(outcome, ERR_IO, "");
    outcome = read_once(nginx.open_port, "127.0.0.1", pairs);
    ck_assert_value(outcome, 7);
    setenv("KEDA_HTTP_MIN_TLS_VERSION", "TLS99", 1); /* unknown: the default */
    outcome = read_once(nginx.old_port, "127.0.0.1", pairs);
    ck_assert_value(outcome, 9);
    nginx_close(&nginx);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, certificates);
    tcase_add_test(tests, minimum_version);
}

int main(void)
{
    return suite_run("prometheus tls", 100, add);
}
