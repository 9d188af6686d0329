/* Pools that share connections with nobody, and those that may. */
#include "tests/net/peer.h"

static void on_request(struct peer_conn *conn, const char *text, size_t len)
{
    (void)text;
    (void)len;
    peer_reply(conn, "x");
}

/* Two pools, one request after the other: how many connections the peer has seen. */
static unsigned connections_of(const struct http_pool_options *options)
{
    struct peer peer;
    peer_listen(&peer, on_request);
    char *url = peer_url(&peer, "/");
    struct http_pool *pools[2];
    for (size_t i = 0; i < ARRAY_LEN(pools); i++) {
        struct answer answer;
        pools[i] = open_pool(options);
        ask(pools[i], &(struct http_request){.url = url}, &answer);
        ck_assert_int_eq(answer.status, 200);
        answer_done(&answer);
    }
    close_pool(pools[0]);
    close_pool(pools[1]);
    unsigned accepted = peer.accepted;
    peer_close(&peer);
    mem_free(url);
    return accepted;
}

START_TEST(own_connections_are_not_shared)
{
    ck_assert_uint_eq(connections_of(&(struct http_pool_options){.proxy = ""}), 1);
    ck_assert_uint_eq(connections_of(&(struct http_pool_options){.proxy = "", .own_connections = true}), 2);
}
END_TEST

RUN_SUITE("http_own", own_connections_are_not_shared)
