/* Prometheus readings: `davit` asks through the trigger type, `bare` is the least that libcurl and jansson
 * can do for the same query over as many connections. usage: bench_prometheus bare|davit PORT SECONDS */
#include <curl/curl.h>
#include <jansson.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "scaler/base/text.h"
#include "scaler/net/net.h"
#include "scalers/api.h"
#include "tests/bench/bench.h"

#define DESCRIPTORS_MAX 256
#define QUERY           "sum(rate(http_requests_total{job=\"shop\"}[1m]))"

/* ---- bare ---- */

struct bare {
    struct bench bench;
    CURLM *multi;
    int epoll;
    long timeout_ms;
    unsigned running;
    uint32_t armed[DESCRIPTORS_MAX];
};

struct transfer {
    CURL *easy;
    char body[4096];
    size_t len;
};

/* A descriptor stays armed for reading between two requests: the fewest system calls curl allows. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
    struct bare *bare = arg;
    uint32_t events =
        (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    struct epoll_event event = {.events = events, .data.fd = fd};
    (void)easy, (void)unused;
    if (what == CURL_POLL_REMOVE || fd >= DESCRIPTORS_MAX || bare->armed[fd] == events)
        return 0;
    if (epoll_ctl(bare->epoll, EPOLL_CTL_MOD, fd, &event) < 0)
        epoll_ctl(bare->epoll, EPOLL_CTL_ADD, fd, &event);
    bare->armed[fd] = events;
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    ((struct bare *)arg)->timeout_ms = timeout_ms;
    return 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *transfer = arg;
    size_t len = size * n;
    if (len > sizeof(transfer->body) - transfer->len)
        return 0;
    memcpy(transfer->body + transfer->len, bytes, len);
    transfer->len += len;
    return len;
}

static double value_of(const struct transfer *transfer)
{
    json_t *root = json_loadb(transfer->body, transfer->len, 0, NULL);
    json_t *result = json_object_get(json_object_get(root, "data"), "result");
    json_t *sample = json_object_get(json_array_get(result, 0), "value");
    const char *text = json_string_value(json_array_get(sample, 1));
    double value = text ? strtod(text, NULL) : -1;
    json_decref(root);
    return value;
}

static void on_done(struct bare *bare, CURL *easy, CURLcode result)
{
    struct transfer *transfer;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    if (result != CURLE_OK || value_of(transfer) != 3)
        bench_die("bare", "a reading failed");
    bare->bench.readings++;
    transfer->len = 0;
    curl_multi_remove_handle(bare->multi, easy);
    if (bench_over(&bare->bench))
        bare->running--;
    else
        curl_multi_add_handle(bare->multi, easy);
}

static void act(struct bare *bare, curl_socket_t fd, int mask)
{
    int running, left;
    CURLMsg *message;
    curl_multi_socket_action(bare->multi, fd, mask, &running);
    while ((message = curl_multi_info_read(bare->multi, &left)))
        on_done(bare, message->easy_handle, message->data.result);
}

static void run_bare(struct bare *bare)
{
    struct epoll_event events[64];
    while (bare->running > 0) {
        int wait = bare->timeout_ms < 0 || bare->timeout_ms > 1000 ? 1000 : (int)bare->timeout_ms;
        int n = epoll_wait(bare->epoll, events, 64, wait);
        if (n == 0 || bare->timeout_ms == 0)
            act(bare, CURL_SOCKET_TIMEOUT, 0);
        for (int i = 0; i < n; i++)
            act(bare, events[i].data.fd,
                (events[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                    (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0));
    }
}

static void start_bare(struct bare *bare, struct transfer *transfer, const char *url)
{
    transfer->easy = curl_easy_init();
    curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
    curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    curl_multi_add_handle(bare->multi, transfer->easy);
    bare->running++;
}

static void bare_main(const char *port, int64_t seconds, unsigned in_flight)
{
    struct bare bare = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
    struct transfer *transfers = mem_zalloc_array(in_flight, sizeof(*transfers));
    curl_global_init(CURL_GLOBAL_DEFAULT);
    bare.multi = curl_multi_init();
    curl_multi_setopt(bare.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(bare.multi, CURLMOPT_SOCKETDATA, &bare);
    curl_multi_setopt(bare.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(bare.multi, CURLMOPT_TIMERDATA, &bare);
    char *query = curl_easy_escape(NULL, QUERY, 0);
    AUTO_FREE char *url = mem_printf("http://127.0.0.1:%s/api/v1/query?query=%s", port, query);
    curl_free(query);
    bench_start(&bare.bench, seconds);
    for (unsigned i = 0; i < in_flight; i++)
        start_bare(&bare, &transfers[i], url);
    run_bare(&bare);
    bench_stop(&bare.bench);
    for (unsigned i = 0; i < in_flight; i++)
        curl_easy_cleanup(transfers[i].easy);
    curl_multi_cleanup(bare.multi);
    curl_global_cleanup();
    mem_free(transfers);
    close(bare.epoll);
    bench_print(&bare.bench);
}

/* ---- davit ---- */

struct davit {
    struct bench bench;
    uv_loop_t loop;
    struct net *net;
    const struct scaler_type *type;
    void *config;
    struct scaler_source *source;
    unsigned running;
};

static void on_net_closed(void *arg)
{
    (void)arg;
}

static void on_source_closed(void *arg)
{
    net_close(((struct davit *)arg)->net, on_net_closed, NULL);
}

static void on_reading(const struct scaler_result *result, const struct err *error, void *arg);

static void read_once(struct davit *davit)
{
    struct err err = {0};
    if (davit->type->read(davit->source, davit->config, on_reading, davit, &err) < 0)
        bench_die("read", err.msg);
}

static void on_reading(const struct scaler_result *result, const struct err *error, void *arg)
{
    struct davit *davit = arg;
    if (error || result->state != SCALER_OK || result->value != 3)
        bench_die("davit", error ? error->msg : "a wrong value");
    davit->bench.readings++;
    if (!bench_over(&davit->bench))
        read_once(davit);
    else if (--davit->running == 0)
        davit->type->close(davit->source, on_source_closed, davit);
}

static void davit_main(const struct scaler_type *type, const char *port, int64_t seconds)
{
    struct davit davit = {.type = type, .running = type->max_in_flight};
    struct text_map metadata = {0};
    struct err err = {0};
    AUTO_FREE char *address = mem_printf("http://127.0.0.1:%s", port);
    text_map_set(&metadata, "serverAddress", address);
    text_map_set(&metadata, "query", QUERY);
    text_map_set(&metadata, "threshold", "5");
    davit.config = bench_config(&type->schema, &metadata, NULL);
    uv_loop_init(&davit.loop);
    if (net_new(&davit.loop, &davit.net, &err) < 0 ||
        type->open(davit.net, davit.config, &davit.source, &err) < 0)
        bench_die("open", err.msg);
    bench_start(&davit.bench, seconds);
    for (unsigned i = 0; i < type->max_in_flight; i++)
        read_once(&davit);
    uv_run(&davit.loop, UV_RUN_DEFAULT);
    bench_stop(&davit.bench);
    if (uv_loop_close(&davit.loop) != 0)
        bench_die("davit", "handles are left open");
    params_done(&type->schema, davit.config);
    mem_free(davit.config);
    text_map_done(&metadata);
    bench_print(&davit.bench);
}

int main(int argc, char **argv)
{
    const struct scaler_type *type = scaler_find("prometheus");
    if (argc != 4 || !type)
        bench_die("usage", "bench_prometheus bare|davit PORT SECONDS");
    int64_t seconds = bench_number(argv[3], 1, 600);
    if (strcmp(argv[1], "bare") == 0)
        bare_main(argv[2], seconds, type->max_in_flight);
    else
        davit_main(type, argv[2], seconds);
    return 0;
}
