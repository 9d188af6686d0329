/* Redis readings, batches of 100: `davit` asks through the trigger type, `bare` is a blocking socket (or
 * OpenSSL on it) and hiredis' reader. usage: bench_redis bare|davit PORT SECONDS [CA-FILE] (with it: TLS) */
#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scaler/base/file.h"
#include "scaler/net/net.h"
#include "scalers/api.h"
#include "tests/bench/bench.h"

#define BATCH 100

/* ---- bare ---- */

struct bare {
    struct bench bench;
    int fd;
    SSL *tls; /* NULL: plain */
    redisReader *reader;
};

static int connect_loopback(const char *port)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)bench_number(port, 1, 65535))};
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        bench_die("bare", "cannot connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static SSL *tls_on(SSL_CTX *context, int fd, const char *ca_file)
{
    SSL *tls = SSL_new(context);
    if (SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1 || SSL_set_fd(tls, fd) != 1)
        bench_die("bare", "TLS cannot be set up");
    SSL_set_verify(tls, SSL_VERIFY_PEER, NULL);
    if (SSL_connect(tls) != 1)
        bench_die("bare", "TLS handshake failed");
    return tls;
}

static void put(struct bare *bare, const char *bytes, size_t len)
{
    size_t sent = 0;
    if (bare->tls ? SSL_write_ex(bare->tls, bytes, len, &sent) != 1 || sent != len
                  : write(bare->fd, bytes, len) != (ssize_t)len)
        bench_die("bare", "cannot write");
}

static void get(struct bare *bare)
{
    static char bytes[65536];
    size_t len = 0;
    if (bare->tls) {
        if (SSL_read_ex(bare->tls, bytes, sizeof(bytes), &len) != 1)
            bench_die("bare", "cannot read");
    } else {
        ssize_t got = read(bare->fd, bytes, sizeof(bytes));
        if (got <= 0)
            bench_die("bare", "cannot read");
        len = (size_t)got;
    }
    redisReaderFeed(bare->reader, bytes, len);
}

static void take_batch(struct bare *bare)
{
    for (unsigned taken = 0; taken < BATCH;) {
        void *reply = NULL;
        if (redisReaderGetReply(bare->reader, &reply) != REDIS_OK)
            bench_die("bare", "not Redis");
        if (!reply) {
            get(bare);
            continue;
        }
        if (((redisReply *)reply)->type != REDIS_REPLY_INTEGER)
            bench_die("bare", "a reading failed");
        freeReplyObject(reply);
        taken++;
    }
    bare->bench.readings += BATCH;
}

static void bare_main(const char *port, int64_t seconds, const char *ca_file)
{
    struct bare bare = {.fd = connect_loopback(port), .reader = redisReaderCreate()};
    SSL_CTX *context = ca_file ? SSL_CTX_new(TLS_client_method()) : NULL;
    struct strbuf commands;
    strbuf_init(&commands);
    for (unsigned i = 0; i < BATCH; i++)
        strbuf_printf(&commands, "*2\r\n$4\r\nLLEN\r\n$8\r\nqueue-%02u\r\n", i);
    if (ca_file)
        bare.tls = tls_on(context, bare.fd, ca_file);
    bench_start(&bare.bench, seconds);
    while (!bench_over(&bare.bench)) {
        put(&bare, commands.data, commands.len);
        take_batch(&bare);
    }
    bench_stop(&bare.bench);
    SSL_free(bare.tls);
    SSL_CTX_free(context);
    redisReaderFree(bare.reader);
    close(bare.fd);
    strbuf_done(&commands);
    bench_print(&bare.bench);
}

/* ---- davit ---- */

struct davit {
    struct bench bench;
    uv_loop_t loop;
    struct net *net;
    const struct scaler_type *type;
    void *configs[BATCH];
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

static void read_batch(struct davit *davit)
{
    struct err err = {0};
    davit->running = BATCH;
    for (unsigned i = 0; i < BATCH; i++)
        if (davit->type->read(davit->source, davit->configs[i], on_reading, davit, &err) < 0)
            bench_die("read", err.msg);
}

static void on_reading(const struct scaler_result *result, const struct err *error, void *arg)
{
    struct davit *davit = arg;
    if (error || result->state != SCALER_OK)
        bench_die("davit", error ? error->msg : "no value");
    davit->bench.readings++;
    if (--davit->running > 0)
        return;
    if (bench_over(&davit->bench))
        davit->type->close(davit->source, on_source_closed, davit);
    else
        read_batch(davit);
}

static void make_configs(struct davit *davit, const char *port, const char *ca_file)
{
    struct text_map metadata = {0}, auth = {0};
    struct err err = {0};
    AUTO_FREE char *address = mem_printf("127.0.0.1:%s", port);
    text_map_set(&metadata, "address", address);
    if (ca_file) {
        AUTO_FREE char *ca = NULL;
        size_t len;
        if (file_read(ca_file, 1 << 20, &ca, &len, &err) < 0)
            bench_die("CA", err.msg);
        text_map_set(&metadata, "enableTLS", "true");
        text_map_set(&auth, "ca", ca);
    }
    for (unsigned i = 0; i < BATCH; i++) {
        AUTO_FREE char *name = mem_printf("queue-%02u", i);
        text_map_set(&metadata, "listName", name);
        davit->configs[i] = bench_config(&davit->type->schema, &metadata, &auth);
    }
    text_map_done(&metadata);
    text_map_done(&auth);
}

static void davit_main(const struct scaler_type *type, const char *port, int64_t seconds, const char *ca_file)
{
    struct davit davit = {.type = type};
    struct err err = {0};
    make_configs(&davit, port, ca_file);
    uv_loop_init(&davit.loop);
    if (net_new(&davit.loop, &davit.net, &err) < 0 ||
        type->open(davit.net, davit.configs[0], &davit.source, &err) < 0)
        bench_die("open", err.msg);
    bench_start(&davit.bench, seconds);
    read_batch(&davit);
    uv_run(&davit.loop, UV_RUN_DEFAULT);
    bench_stop(&davit.bench);
    if (uv_loop_close(&davit.loop) != 0)
        bench_die("davit", "handles are left open");
    for (unsigned i = 0; i < BATCH; i++) {
        params_done(&type->schema, davit.configs[i]);
        mem_free(davit.configs[i]);
    }
    bench_print(&davit.bench);
}

int main(int argc, char **argv)
{
    const struct scaler_type *type = scaler_find("redis");
    if (argc < 4 || argc > 5 || !type)
        bench_die("usage", "bench_redis bare|davit PORT SECONDS [CA-FILE]");
    int64_t seconds = bench_number(argv[3], 1, 600);
    const char *ca_file = argc == 5 ? argv[4] : NULL;
    if (strcmp(argv[1], "bare") == 0)
        bare_main(argv[2], seconds, ca_file);
    else
        davit_main(type, argv[2], seconds, ca_file);
    return 0;
}
