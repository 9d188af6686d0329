/* The prometheus trigger against a real Prometheus that scrapes itself. */
#include "tests/support/harness.h"
#include "tests/support/spawn.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_prometheus;

struct prometheus {
    pid_t pid;
    char *dir;
    char url[64];
    int port;
};

static void prometheus_open(struct prometheus *server)
{
    char text[512];
    server->dir = spawn_temp_dir();
    server->port = spawn_free_port();
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d", server->port);
    snprintf(text, sizeof(text),
             "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: self\n  static_configs: "
             "[{targets: ['127.0.0.1:%d']}]\n",
             server->port);
    spawn_write_file(server->dir, "prometheus.yml", text);
    AUTO_FREE char *config = mem_printf("--config.file=%s/prometheus.yml", server->dir);
    AUTO_FREE char *data = mem_printf("--storage.tsdb.path=%s/data", server->dir);
    AUTO_FREE char *listen = mem_printf("--web.listen-address=127.0.0.1:%d", server->port);
    AUTO_FREE char *log = mem_printf("%s/log", server->dir);
    const char *argv[] = {"prometheus", config, data, listen, NULL};
    server->pid = spawn_start(argv, log);
    ck_assert_msg(spawn_wait_port(server->pid, server->port), "prometheus did not start, see %s", log);
}

/* The config of the reading, in place of the harness's. */
static void use_query(struct harness *harness, const struct prometheus *server, const char *query)
{
    const char *pairs[] = {"serverAddress", server->url, "query", query, "threshold", "5", NULL};
    if (!harness->source) {
        harness_open(harness, &scaler_prometheus, pairs);
        return;
    }
    config_drop(&scaler_prometheus.schema, harness->config);
    harness->config = config_parse(&scaler_prometheus.schema, pairs, NULL);
}

/* It says 503 until it is ready. */
static void wait_ready(struct harness *harness, const struct prometheus *server)
{
    struct outcome outcome = {.code = ERR_UNAVAILABLE};
    use_query(harness, server, "vector(3)");
    for (int i = 0; i < 100 && outcome.code != 0; i++) {
        outcome = harness_read(harness);
        if (outcome.code != 0)
            harness_idle(harness, 100);
    }
    ck_assert_value(outcome, 3);
}

/* The first scrape comes within the first second or two. */
static void wait_scraped(struct harness *harness, const struct prometheus *server)
{
    struct outcome outcome = {0};
    use_query(harness, server, "up");
    for (int i = 0; i < 100; i++) {
        outcome = harness_read(harness);
        ck_assert_msg(outcome.code == 0, "%s", outcome.msg);
        if (outcome.result.state == SCALER_OK && outcome.result.value == 1)
            return;
        harness_idle(harness, 100);
    }
    ck_abort_msg("never scraped");
}

static const struct {
    const char *query;
    int code; /* 0: the state and, when OK, the value count */
    const char *piece;
    enum scaler_result_state state;
    double value;
} queries[] = {
    {"vector(3)", 0, NULL, SCALER_OK, 3},
    {"vector(-2.5)", 0, NULL, SCALER_OK, -2.5},
    {"sum(up)", 0, NULL, SCALER_OK, 1},
    {"up{job=\"nobody\"}", 0, NULL, SCALER_EMPTY, 0},
    {"vector(0)/0", 0, NULL, SCALER_NAN, 0},
    {"vector(1)/0", 0, NULL, SCALER_NAN, 0},
    {"max_over_time(up[1m])", 0, NULL, SCALER_OK, 1},
    {"3", ERR_PROTOCOL, "not the answer of an instant vector query", 0, 0},
    {"up[1m]", 0, NULL, SCALER_EMPTY, 0},
    {"prometheus_build_info or up", ERR_PROTOCOL, "series where one is wanted", 0, 0},
    {"sum(", ERR_INVALID, "HTTP status 400: invalid parameter \"query\": 1:5: parse error", 0, 0},
    {"up + on(job) group_left up{a=~\"(\"}", ERR_INVALID, "HTTP status 400", 0, 0},
};

START_TEST(real_queries)
{
    struct prometheus server;
    struct harness harness;
    prometheus_open(&server);
    harness_init(&harness);
    wait_ready(&harness, &server);
    wait_scraped(&harness, &server);
    for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
        use_query(&harness, &server, queries[i].query);
        struct outcome outcome = harness_read(&harness);
        if (queries[i].code != 0) {
            ck_assert_failed(outcome, queries[i].code, queries[i].piece);
            continue;
        }
        ck_assert_msg(outcome.code == 0, "%s: %s", queries[i].query, outcome.msg);
        ck_assert_msg(outcome.result.state == queries[i].state, "%s: state %d", queries[i].query,
                      outcome.result.state);
        if (queries[i].state == SCALER_OK)
            ck_assert_value(outcome, queries[i].value);
    }
    spawn_stop(server.pid);
    struct outcome outcome = harness_read(&harness);
    ck_assert_failed(outcome, ERR_IO, "");
    harness_done(&harness);
    spawn_remove_dir(server.dir);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, real_queries);
}

int main(void)
{
    return suite_run("prometheus server", 100, add);
}
