/* Byte streams over plain TCP. */
#include "scaler/net/stream.h"
#include "tests/net/peer.h"

struct client {
    struct stream *stream;
    struct strbuf in;
    bool open, closed;
    int closes;
    struct err why; /* code 0: clean */
    void (*on_data)(struct client *client);
};

static struct peer peer;

static void on_open(void *arg)
{
    struct client *client = arg;
    ck_assert(!client->open && !client->closed);
    client->open = true;
}

static void on_data(const char *bytes, size_t len, void *arg)
{
    struct client *client = arg;
    ck_assert(client->open && !client->closed);
    strbuf_append_n(&client->in, bytes, len);
    if (client->on_data)
        client->on_data(client);
}

static void on_close(const struct err *error, void *arg)
{
    struct client *client = arg;
    client->closed = true;
    client->closes++;
    client->stream = NULL;
    if (error)
        client->why = *error;
}

static const struct stream_handlers handlers = {.on_open = on_open, .on_data = on_data, .on_close = on_close};

static void connect_to(struct client *client, const struct stream_options *options)
{
    struct err err = {0};
    *client = (struct client){.on_data = client->on_data};
    strbuf_init_max(&client->in, (size_t)256 << 20);
    int rc = stream_open(test_net, options, &handlers, client, &client->stream, &err);
    ck_assert_msg(rc == 0, "%s", err.msg);
    ck_assert(!client->open && !client->closed);
}

static void connect_peer(struct client *client)
{
    connect_to(client, &(struct stream_options){.host = "127.0.0.1", .port = (uint16_t)peer.port});
}

static void listen_raw(void (*on_bytes)(struct peer_conn *, const char *, size_t))
{
    peer_listen(&peer, on_bytes);
    peer.raw = true;
}

static void wait_bytes(struct client *client, size_t len)
{
    for (int64_t end = clock_mono_ms() + 20000; client->in.len < len && clock_mono_ms() < end;) {
        ck_assert_msg(!client->closed, "closed: %s", client->why.msg);
        run_for(1);
    }
    ck_assert_uint_eq(client->in.len, len);
}

static void finish(struct client *client)
{
    if (client->stream)
        stream_close(client->stream);
    run_until(&client->closed);
    run_for(10);
    ck_assert_int_eq(client->closes, 1);
    strbuf_done(&client->in);
}

static void on_echo(struct peer_conn *conn, const char *text, size_t len)
{
    peer_send_n(conn, text, len, false);
}

/* Written before it is open, in pieces, and after: all arrives, in order. */
START_TEST(echo)
{
    struct client client = {0};
    listen_raw(on_echo);
    connect_peer(&client);
    ck_assert_int_eq(stream_write(client.stream, "ab", 2, NULL), 0);
    ck_assert_int_eq(stream_write(client.stream, "", 0, NULL), 0);
    ck_assert_int_eq(stream_write(client.stream, "c\0d", 3, NULL), 0);
    wait_bytes(&client, 5);
    ck_assert(client.open);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(stream_write(client.stream, "0123456789", 10, NULL), 0);
    wait_bytes(&client, 1005);
    ck_assert_int_eq(memcmp(client.in.data, "abc\0d0123456789", 15), 0);
    finish(&client);
    ck_assert_int_eq(client.why.code, ERR_CANCELED);
    peer_close(&peer);
}
END_TEST

/* Both directions full at once, far beyond all socket buffers. */
START_TEST(large)
{
    enum { SIZE = 8 << 20 };
    struct client client = {0};
    char *bytes = mem_alloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    listen_raw(on_echo);
    connect_peer(&client);
    ck_assert_int_eq(stream_write(client.stream, bytes, SIZE, NULL), 0);
    wait_bytes(&client, SIZE);
    ck_assert_int_eq(memcmp(client.in.data, bytes, SIZE), 0);
    finish(&client);
    mem_free(bytes);
    peer_close(&peer);
}
END_TEST

static void on_deaf(struct peer_conn *conn, const char *text, size_t len)
{
    (void)text, (void)len;
    uv_read_stop((uv_stream_t *)&conn->tcp);
}

/* A peer that does not read: the queue has an end, and closing does not wait for it. */
START_TEST(queue_limit)
{
    struct client client = {0};
    struct err err = {0};
    size_t queued = 0;
    static char block[(size_t)1 << 20];
    listen_raw(on_deaf);
    connect_peer(&client);
    ck_assert_int_eq(stream_write(client.stream, block, sizeof(block), NULL), 0);
    run_for(100);
    while (stream_write(client.stream, block, sizeof(block), &err) == 0) {
        queued += sizeof(block);
        ck_assert_uint_le(queued, STREAM_MAX_QUEUED + sizeof(block));
    }
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_uint_ge(queued, STREAM_MAX_QUEUED - 2 * sizeof(block));
    run_for(50);
    ck_assert(!client.closed);
    finish(&client);
    peer_close(&peer);
}
END_TEST

static void on_bye(struct peer_conn *conn, const char *text, size_t len)
{
    (void)len;
    if (text[0] == 'b')
        peer_send_close(conn, "bye");
    else if (text[0] == 'r')
        peer_reset(conn);
    else
        peer_hangup(conn);
}

/* The peer's end: what it sent before is still delivered. */
START_TEST(peer_ends)
{
    static const struct {
        const char *request, *in;
        int code;
    } rows[] = {{"b", "bye", 0}, {"h", "", 0}, {"r", "", ERR_IO}};
    listen_raw(on_bye);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client client = {0};
        connect_peer(&client);
        stream_write(client.stream, rows[i].request, 1, NULL);
        run_until(&client.closed);
        ck_assert_int_eq(client.why.code, rows[i].code);
        ck_assert_str_eq(client.in.data, rows[i].in);
        finish(&client);
    }
    peer_close(&peer);
}
END_TEST

START_TEST(cannot_connect)
{
    static const struct {
        const char *host;
        uint16_t port;
        int code;
    } rows[] = {{"127.0.0.1", 1, ERR_IO}, {"::1", 1, ERR_IO}, {"no-such-host.invalid", 6379, ERR_IO}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client client = {0};
        connect_to(&client, &(struct stream_options){.host = rows[i].host, .port = rows[i].port});
        ck_assert_int_eq(stream_write(client.stream, "x", 1, NULL), 0);
        run_until(&client.closed);
        ck_assert(!client.open);
        ck_assert_msg(client.why.code == rows[i].code, "%s: %s", rows[i].host, client.why.msg);
        finish(&client);
    }
}
END_TEST

/* A name with several addresses of which the first refuses (localhost: ::1 first, the peer on 127.0.0.1
 * only). */
START_TEST(next_address)
{
    struct client client = {0};
    listen_raw(on_echo);
    connect_to(&client, &(struct stream_options){.host = "localhost", .port = (uint16_t)peer.port});
    stream_write(client.stream, "x", 1, NULL);
    wait_bytes(&client, 1);
    finish(&client);
    peer_close(&peer);
}
END_TEST

/* The host becomes part of a URL: it must not become more of it. */
START_TEST(bad_hosts)
{
    static const char *const hosts[] = {NULL,  "",       "a/b",   "a@b",  "a?b",   "a#b",
                                        "a b", "a\r\nb", "[::1]", "a\\b", "a\x7f", "\xff\x01"};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct client client = {0};
        struct err err = {0};
        struct stream_options options = {.host = hosts[i], .port = 1};
        ck_assert_int_eq(stream_open(test_net, &options, &handlers, &client, &client.stream, &err),
                         ERR_CONFIG);
        ck_assert_ptr_null(client.stream);
    }
    run_for(10);
}
END_TEST

/* An environment with proxies does not concern streams. */
START_TEST(no_proxies)
{
    struct client client = {0};
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    listen_raw(on_echo);
    connect_peer(&client);
    stream_write(client.stream, "x", 1, NULL);
    wait_bytes(&client, 1);
    finish(&client);
    peer_close(&peer);
}
END_TEST

START_TEST(close_at_each_stage)
{
    static const int64_t delays[] = {-1, 0, 1, 5, 30};
    listen_raw(on_deaf);
    for (size_t i = 0; i < ARRAY_LEN(delays); i++) {
        struct client client = {0};
        connect_peer(&client);
        stream_write(client.stream, "x", 1, NULL);
        if (delays[i] >= 0)
            run_for(delays[i]);
        struct stream *stream = client.stream;
        stream_close(stream);
        stream_close(stream); /* twice is once */
        ck_assert_int_eq(stream_write(stream, "x", 1, NULL), ERR_CANCELED);
        ck_assert(!client.closed);
        run_until(&client.closed);
        ck_assert_int_eq(client.why.code, ERR_CANCELED);
        finish(&client);
    }
    struct client client = {0};
    connect_to(&client, &(struct stream_options){.host = "no-such-host.invalid", .port = 1});
    uv_run(&test_loop, UV_RUN_NOWAIT);
    bool looking = client.stream != NULL; /* the resolver may have said no already */
    if (looking)
        stream_close(client.stream);
    run_until(&client.closed);
    ck_assert_int_eq(client.why.code, looking ? ERR_CANCELED : ERR_IO);
    finish(&client);
    peer_close(&peer);
}
END_TEST

static void on_data_close(struct client *client)
{
    stream_close(client->stream);
    client->on_data = NULL;
}

static void on_data_write(struct client *client)
{
    if (client->in.len < 1000)
        ck_assert_int_eq(stream_write(client->stream, "x", 1, NULL), 0);
}

START_TEST(act_in_handlers)
{
    struct client closing = {.on_data = on_data_close}, writing = {.on_data = on_data_write};
    listen_raw(on_echo);
    connect_peer(&closing);
    connect_peer(&writing);
    stream_write(closing.stream, "x", 1, NULL);
    stream_write(writing.stream, "x", 1, NULL);
    run_until(&closing.closed);
    ck_assert_uint_eq(closing.in.len, 1);
    wait_bytes(&writing, 1000);
    finish(&closing);
    finish(&writing);
    peer_close(&peer);
}
END_TEST

/* More streams than one multi carries, alive at once. */
START_TEST(many)
{
    enum { MANY = 100 };
    struct client *clients = mem_zalloc_array(MANY, sizeof(*clients));
    listen_raw(on_echo);
    for (int i = 0; i < MANY; i++)
        connect_peer(&clients[i]);
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < MANY; i++)
            stream_write(clients[i].stream, "hello", 5, NULL);
        for (int i = 0; i < MANY; i++)
            wait_bytes(&clients[i], (size_t)round * 5);
    }
    for (int i = 0; i < MANY; i++)
        finish(&clients[(i * 3) % MANY]);
    mem_free(clients);
    peer_close(&peer);
}
END_TEST

RUN_SUITE("stream", echo, large, queue_limit, peer_ends, cannot_connect, next_address, bad_hosts, no_proxies,
          close_at_each_stage, act_in_handlers, many)
