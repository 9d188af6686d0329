/* What a watch must survive: answers that are no lists, lines that are no events, monstrous ones, and servers
 * that never get anywhere. In no case may an object be told deleted that no complete list and no event says
 * is gone. */
#include "tests/kube/watch_fixture.h"

/* Each is no list; the old one stays as it is. */
static const char *const bad_lists[] = {
    "{\"kind\":\"Status\",\"code\":200}",
    "[]",
    "null",
    "7",
    "{}",
    "{\"items\":[]}",
    "{\"metadata\":{\"resourceVersion\":7},\"items\":[]}",
    "{\"metadata\":{\"resourceVersion\":\"\"},\"items\":[]}",
    "{\"metadata\":{\"resourceVersion\":\"9\"}}",
    "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":{}}",
    "{\"metadata\":\"resourceVersion\",\"items\":[]}",
    LIST("9", "", "7"),
    LIST("9", "", "{}"),
    LIST("9", "", OBJECT("a", "1") ",{\"metadata\":{\"name\":\"\"}}"),
    LIST("9", "", OBJECT("a", "1") ",{\"metadata\":{\"name\":[]}}"),
    LIST("9", "", "{\"metadata\":{\"name\":\"\xff\"}}"),
    "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[",
    "",
    "<html>busy</html>",
};

static void one_bad_list(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    size_t nr = (size_t)(follower - followers);
    (void)request;
    if (follower->lists == 1)
        api_reply(conn, 200, LIST("10", "", OBJECT("a", "1")));
    else if (follower->errors < 2)
        api_reply(conn, 200, bad_lists[nr]);
    else
        api_reply(conn, 200, LIST("30", "", OBJECT("b", "3")));
}

START_TEST(a_bad_list_deletes_nothing)
{
    open_client(serve);
    for (size_t i = 0; i < ARRAY_LEN(bad_lists); i++)
        follow(i, (struct kube_watch_options){0}, &collecting, one_bad_list, gone_once);
    for (size_t i = 0; i < ARRAY_LEN(bad_lists); i++) {
        expect_count(&followers[i].errors, 1);
        expect(&followers[i], "+x/a@1 S +x/b@3 -x/a S ");
        ck_assert(kube_watch_synced(followers[i].watch));
        ck_assert_msg(followers[i].errors == 2, "%s", bad_lists[i]); /* the 410, and the bad list */
        ck_assert_int_eq(followers[i].last_error, ERR_PROTOCOL);
        unfollow(&followers[i]);
    }
    close_client();
    for (size_t i = 0; i < ARRAY_LEN(bad_lists); i++)
        strbuf_done(&followers[i].told);
}
END_TEST

struct bad_line {
    const char *line;
    unsigned lists; /* in the end: 2 = it had to be listed again */
};

static const struct bad_line bad_lines[] = {
    {"{\"type\":\"ADDED\",\"object\":{}}\n", 2},
    {"{\"type\":\"ADDED\",\"object\":[]}\n", 2},
    {"{\"type\":\"ADDED\"}\n", 2},
    {"{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":7}}}\n", 2},
    {"{\"type\":\"SURPRISE\",\"object\":" OBJECT("z", "9") "}\n", 2},
    {"{\"object\":" OBJECT("z", "9") "}\n", 2},
    {"7\n", 2},
    {"null\n", 2},
    {"}}}}\n", 2},
    {"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"\xc3\x28\"}}}\n", 2},
    {"{\"type\":\"ADDED\",\"object\":" OBJECT("z", "9") "} {}\n", 2},
    {"{\"type\":\"ERROR\",\"object\":{}}\n", 2},
    {"{\"type\":\"ERROR\"}\n", 2},
    {"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":500,\"message\":\"etcd\"}}\n", 1},
    {"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":99999999999999999}}\n", 2},
};

static void one_bad_line(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)request;
    api_stream_begin(conn);
    if (follower->streams == 1)
        api_stream_send(conn, bad_lines[follower - followers].line);
    else
        api_stream_send(conn, EVENT("MODIFIED", OBJECT("a", "77")));
}

START_TEST(a_bad_line_is_survived)
{
    open_client(serve);
    for (size_t i = 0; i < ARRAY_LEN(bad_lines); i++)
        follow(i, (struct kube_watch_options){0}, &collecting, two_pods, one_bad_line);
    for (size_t i = 0; i < ARRAY_LEN(bad_lines); i++) {
        bool listed_again = bad_lines[i].lists == 2;
        expect(&followers[i], listed_again ? "+x/a@1 +x/b@2 S S +x/a@77 " : "+x/a@1 +x/b@2 S +x/a@77 ");
        ck_assert_uint_eq(followers[i].errors, 1);
        ck_assert_uint_eq(followers[i].lists, bad_lines[i].lists);
        unfollow(&followers[i]);
    }
    close_client();
    for (size_t i = 0; i < ARRAY_LEN(bad_lines); i++)
        strbuf_done(&followers[i].told);
}
END_TEST

static void large_object(struct strbuf *line, int kib)
{
    strbuf_append(line,
                  "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"z\",\"annotations\":{\"a\":\"");
    for (int i = 0; i < kib; i++)
        strbuf_printf(line, "%1024d", i);
    strbuf_append(line, "\"}}}}\n");
}

static void fits(struct strbuf *line)
{
    large_object(line, 3 << 10);
}

static void too_large(struct strbuf *line)
{
    large_object(line, 5 << 10);
}

static void endless(struct strbuf *line)
{
    for (int i = 0; i < 6 << 10; i++)
        strbuf_printf(line, "%1024d", i);
}

static void deep(struct strbuf *line)
{
    strbuf_append(line, "{\"type\":\"ADDED\",\"object\":");
    for (int i = 0; i < 100000; i++)
        strbuf_append(line, "{\"a\":");
    strbuf_append_c(line, '\n');
}

/* Within the line's size, a hundred times that as a tree. */
static void bushy(struct strbuf *line)
{
    strbuf_append(line, "{\"type\":\"ADDED\",\"object\":{\"a\":[");
    for (int i = 0; i < 1300000; i++)
        strbuf_append(line, "[],");
    strbuf_append(line, "[]]}}\n");
}

struct monster {
    void (*make)(struct strbuf *line);
    const char *told;
    unsigned errors;
};

static const struct monster monsters[] = {
    {fits, "+x/a@1 +x/b@2 S +/z@ ", 0}, {too_large, "+x/a@1 +x/b@2 S S ", 1},
    {endless, "+x/a@1 +x/b@2 S S ", 1}, {deep, "+x/a@1 +x/b@2 S S ", 1},
    {bushy, "+x/a@1 +x/b@2 S S ", 1},
};

static void one_monster(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    struct strbuf line;
    (void)request;
    api_stream_begin(conn);
    if (follower->streams > 1)
        return;
    strbuf_init(&line);
    monsters[follower - followers].make(&line);
    api_stream_send_n(conn, line.data, line.len);
    strbuf_done(&line);
}

START_TEST(a_monstrous_line_is_survived)
{
    open_client(serve);
    for (size_t i = 0; i < ARRAY_LEN(monsters); i++)
        follow(i, (struct kube_watch_options){0}, &collecting, two_pods, one_monster);
    for (size_t i = 0; i < ARRAY_LEN(monsters); i++) {
        expect(&followers[i], monsters[i].told);
        ck_assert_uint_eq(followers[i].errors, monsters[i].errors);
        unfollow(&followers[i]);
    }
    close_client();
    for (size_t i = 0; i < ARRAY_LEN(monsters); i++)
        strbuf_done(&followers[i].told);
}
END_TEST

static void refuse(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)request;
    if (follower->lists == 1)
        api_status(conn, 504, "too large resource version");
    else
        api_stream_begin(conn);
}

START_TEST(a_stream_that_is_always_refused_ends_in_a_new_list)
{
    begin(two_pods, refuse);
    expect(f, "+x/a@1 +x/b@2 S S ");
    ck_assert_uint_eq(f->errors, 3);
    end();
}
END_TEST

static void hang_up(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)request;
    if (follower->errors < 3) {
        peer_hangup(conn);
        return;
    }
    api_stream_begin(conn);
    api_stream_send(conn, EVENT("ADDED", OBJECT("c", "11")));
}

START_TEST(a_server_that_went_away_is_not_listed_again)
{
    begin(two_pods, hang_up);
    expect(f, "+x/a@1 +x/b@2 S +x/c@11 ");
    ck_assert_uint_eq(f->lists, 1);
    ck_assert_int_eq(f->last_error, ERR_IO);
    end();
}
END_TEST

static void nothing_to_say(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)follower;
    (void)request;
    api_reply(conn, 200, "");
}

START_TEST(a_server_that_ends_every_stream_is_not_hammered)
{
    begin(two_pods, nothing_to_say);
    expect(f, "+x/a@1 +x/b@2 S ");
    run_for(1000);
    ck_assert_uint_ge(f->streams, 1);
    ck_assert_uint_le(f->streams, 3);
    end();
}
END_TEST

static void too_large_page(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    if (follower->lists == 1) {
        peer_send(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
        return;
    }
    ck_assert_msg(strstr(request->path, "limit=250") != NULL, "%s", request->path);
    two_pods(follower, conn, request);
}

START_TEST(too_large_pages_get_smaller)
{
    begin(too_large_page, open_stream);
    expect(f, "+x/a@1 +x/b@2 S ");
    ck_assert_int_eq(f->last_error, ERR_LIMIT);
    end();
}
END_TEST

/* A list whose every page promises another is not followed at full speed forever without an end being
 * possible; closing works. */
static void endless_pages(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)follower;
    (void)request;
    api_reply(conn, 200, LIST("10", ",\"continue\":\"more\"", OBJECT("a", "1")));
}

START_TEST(an_endless_list_never_syncs)
{
    begin(endless_pages, open_stream);
    expect_count(&f->lists, 50);
    ck_assert_str_eq(f->told.data, "+x/a@1 ");
    ck_assert(!kube_watch_synced(f->watch));
    end();
}
END_TEST

#define THREE_EVENTS                                                                                         \
    EVENT("ADDED", OBJECT("c", "11"))                                                                        \
    EVENT("MODIFIED", OBJECT("a", "12"))                                                                     \
    EVENT("DELETED", OBJECT("b", "1"                                                                         \
                                 "3"))

static void byte_by_byte(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)follower;
    (void)request;
    api_stream_begin(conn);
    for (const char *at = THREE_EVENTS; *at; at++)
        api_stream_send_n(conn, at, 1);
}

START_TEST(pieces_of_any_size_are_put_together)
{
    begin(two_pods, byte_by_byte);
    expect(f, "+x/a@1 +x/b@2 S +x/c@11 +x/a@12 -x/b ");
    ck_assert_uint_eq(f->errors, 0);
    end();
}
END_TEST

/* One byte of a valid stream changed, at a place and to a value that differ for every stream. No single byte
 * makes another event a deletion. */
static void mutated(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    static unsigned long seed = 1;
    char text[] = EVENT("ADDED", OBJECT("c", "11")) EVENT("BOOKMARK", OBJECT("a", "12"))
        EVENT("MODIFIED", OBJECT("b", "13"));
    (void)follower;
    (void)request;
    seed = seed * 6364136223846793005ul + 1442695040888963407ul;
    text[(seed >> 33) % strlen(text)] = (char)(seed >> 24);
    api_stream_begin(conn);
    api_stream_send_n(conn, text, sizeof(text) - 1);
    api_stream_end(conn);
}

START_TEST(mutations_are_survived)
{
    open_client(serve);
    for (size_t i = 0; i < FOLLOWERS_MAX; i++)
        follow(i, (struct kube_watch_options){0}, &collecting, two_pods, mutated);
    run_for(3000);
    unsigned streams = 0;
    for (size_t i = 0; i < FOLLOWERS_MAX; i++) {
        streams += followers[i].streams;
        ck_assert_msg(strstr(followers[i].told.data, "-x/a ") == NULL, "%s", followers[i].told.data);
        ck_assert_ptr_null(strstr(followers[i].told.data, "-x/b "));
        unfollow(&followers[i]);
    }
    ck_assert_uint_ge(streams, 2 * FOLLOWERS_MAX);
    close_client();
    for (size_t i = 0; i < FOLLOWERS_MAX; i++)
        strbuf_done(&followers[i].told);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_bad_list_deletes_nothing,
        a_bad_line_is_survived,
        a_monstrous_line_is_survived,
        a_stream_that_is_always_refused_ends_in_a_new_list,
        a_server_that_went_away_is_not_listed_again,
        a_server_that_ends_every_stream_is_not_hammered,
        too_large_pages_get_smaller,
        an_endless_list_never_syncs,
        pieces_of_any_size_are_put_together,
        mutations_are_survived,
    };
    return run_watch_suite("watch_hostile", tests, ARRAY_LEN(tests), NULL, 0);
}
