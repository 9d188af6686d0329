/* List + watch as a sane server lets it happen: paging, bookmarks, resuming, 410 in every place, what
 * vanished in a gap, and closing at any time. Hostile answers are test_watch_hostile.c's. */
#include "tests/kube/watch_fixture.h"

START_TEST(lists_then_follows)
{
    begin(two_pods, open_stream);
    ck_assert(!kube_watch_synced(f->watch));
    expect(f, "+x/a@1 +x/b@2 S ");
    ck_assert(kube_watch_synced(f->watch));
    expect_count(&f->streams, 1);
    api_stream_send(f->stream, EVENT("ADDED", OBJECT("c", "11")));
    expect(f, "+x/a@1 +x/b@2 S +x/c@11 ");
    /* In pieces, several at once, and repeated: late and duplicate events are not told. */
    api_stream_send(f->stream, "{\"type\":\"MODIFIED\",\"obj");
    run_for(50);
    api_stream_send(f->stream, "ect\":" OBJECT("a", "12") "}\n" EVENT("MODIFIED", OBJECT("a", "12")));
    api_stream_send(f->stream,
                    EVENT("DELETED", OBJECT("b", "13")) EVENT("DELETED", OBJECT("b", "13")) "\n\r\n");
    api_stream_send(f->stream, EVENT("BOOKMARK", OBJECT("", "14")));
    expect(f, "+x/a@1 +x/b@2 S +x/c@11 +x/a@12 -x/b ");
    ck_assert_uint_eq(f->lists, 1);
    ck_assert_uint_eq(f->errors, 0);
    end();
}
END_TEST

#define SELECTORS "&fieldSelector=metadata.name%3Da&labelSelector=app+in+%28a%2Cb%29"

static void paged(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    if (follower->lists == 1) {
        ck_assert_str_eq(request->path, PATH "?limit=2" SELECTORS);
        api_reply(conn, 200, LIST("10", ",\"continue\":\"to+k/=\"", OBJECT("a", "1") "," OBJECT("b", "2")));
        return;
    }
    ck_assert_str_eq(request->path, PATH "?limit=2&continue=to%2Bk%2F%3D" SELECTORS);
    api_reply(conn, 200, LIST("10", ",\"continue\":\"\"", OBJECT("c", "3")));
}

START_TEST(lists_in_pages)
{
    open_client(serve);
    follow(0,
           (struct kube_watch_options){
               .field_selector = "metadata.name=a", .label_selector = "app in (a,b)", .page_size = 2},
           &collecting, paged, open_stream);
    expect(f, "+x/a@1 +x/b@2 +x/c@3 S ");
    expect_count(&f->streams, 1);
    ck_assert_ptr_nonnull(
        strstr(api_log, "GET " PATH "?watch=true&allowWatchBookmarks=true&timeoutSeconds="));
    ck_assert_ptr_nonnull(strstr(api_log, "&resourceVersion=10" SELECTORS));
    ck_assert_uint_eq(f->lists, 2);
    end();
}
END_TEST

static void bookmark_then_end(struct follower *follower, struct peer_conn *conn,
                              const struct request *request)
{
    static const char *const wanted[] = {"&resourceVersion=10", "&resourceVersion=20", "&resourceVersion=21",
                                         "&resourceVersion=22"};
    unsigned nr = follower->streams;
    if (nr <= ARRAY_LEN(wanted))
        ck_assert_msg(strstr(request->path, wanted[nr - 1]) != NULL, "%u: %s", nr, request->path);
    api_stream_begin(conn);
    if (nr == 1)
        api_stream_send(conn, EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"20\"}}"));
    if (nr == 2) /* a torn last line is dropped, and comes again */
        api_stream_send(
            conn,
            EVENT("MODIFIED", OBJECT("a", "21")) "{\"type\":\"MODIFIED\",\"object\":" OBJECT("b", "22"));
    if (nr == 3)
        api_stream_send(conn, EVENT("BOOKMARK", "{\"metadata\":{}}") EVENT("MODIFIED", OBJECT("b", "22")));
    if (nr <= 3)
        api_stream_end(conn);
}

START_TEST(resumes_where_it_was)
{
    begin(two_pods, bookmark_then_end);
    expect(f, "+x/a@1 +x/b@2 S +x/a@21 +x/b@22 ");
    expect_count(&f->streams, 4);
    ck_assert_uint_eq(f->lists, 1);
    ck_assert_uint_eq(f->errors, 0);
    end();
}
END_TEST

static void torn_connection(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    if (follower->streams > 1)
        ck_assert_ptr_nonnull(strstr(request->path, "&resourceVersion=21"));
    api_stream_begin(conn);
    api_stream_send(conn, EVENT("MODIFIED", OBJECT("a", "21")) "{\"type\":\"MODI");
    if (follower->streams == 1)
        peer_send_close(conn, "");
}

START_TEST(a_torn_connection_is_resumed)
{
    begin(two_pods, torn_connection);
    expect_count(&f->streams, 2);
    expect(f, "+x/a@1 +x/b@2 S +x/a@21 ");
    ck_assert_uint_eq(f->lists, 1);
    ck_assert_uint_eq(f->errors, 1);
    end();
}
END_TEST

static void gone_twice(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    if (follower->streams == 2) {
        api_stream_begin(conn);
        api_stream_send(conn, EVENT("ERROR", GONE));
        return;
    }
    gone_once(follower, conn, request);
}

static void changing_list(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)request;
    if (follower->lists == 1)
        api_reply(conn, 200, LIST("10", "", OBJECT("a", "1") "," OBJECT("b", "2")));
    else if (follower->lists == 2)
        api_reply(conn, 200, LIST("20", "", OBJECT("b", "12") "," OBJECT("c", "13")));
    else
        api_reply(conn, 200, LIST("30", "", OBJECT("c", "13")));
}

START_TEST(gone_lists_again_and_finds_what_vanished)
{
    begin(changing_list, gone_twice);
    expect(f, "+x/a@1 +x/b@2 S +x/b@12 +x/c@13 -x/a S -x/b S ");
    expect_count(&f->streams, 3);
    ck_assert_uint_eq(f->errors, 2);
    ck_assert_int_eq(f->last_error, ERR_GONE);
    end();
}
END_TEST

/* The second list loses its token half way: nothing may be taken for deleted before a list is complete. */
static void expiring_pages(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    bool first = !strstr(request->path, "continue=");
    if (follower->lists == 1)
        api_reply(conn, 200, LIST("10", "", OBJECT("a", "1") "," OBJECT("b", "2") "," OBJECT("c", "3")));
    else if (follower->lists <= 5 && first)
        api_reply(conn, 200, LIST("20", ",\"continue\":\"tok\"", OBJECT("a", "1")));
    else if (follower->lists <= 5)
        api_reply(conn, 410, GONE);
    else {
        ck_assert_msg(first && strstr(request->path, "limit=0"), "%s", request->path);
        ck_assert_str_eq(follower->told.data, "+x/a@1 +x/b@2 +x/c@3 S ");
        api_reply(conn, 200, LIST("30", "", OBJECT("b", "2") "," OBJECT("c", "3")));
    }
}

START_TEST(an_expired_token_restarts_the_list)
{
    begin(expiring_pages, gone_once);
    expect(f, "+x/a@1 +x/b@2 +x/c@3 S -x/a S ");
    ck_assert_uint_eq(f->lists, 6);
    end();
}
END_TEST

static void failing_second_page(struct follower *follower, struct peer_conn *conn,
                                const struct request *request)
{
    if (follower->lists == 1)
        api_reply(conn, 200, LIST("10", ",\"continue\":\"tok\"", OBJECT("a", "1")));
    else if (follower->lists <= 3)
        api_reply(conn, 503, "{}");
    else {
        ck_assert_ptr_nonnull(strstr(request->path, "continue=tok"));
        api_reply(conn, 200, LIST("10", "", OBJECT("b", "2")));
    }
}

START_TEST(a_failed_page_is_asked_again)
{
    begin(failing_second_page, open_stream);
    expect(f, "+x/a@1 +x/b@2 S ");
    ck_assert_uint_eq(f->errors, 1);
    ck_assert_int_eq(f->last_error, ERR_UNAVAILABLE);
    end();
}
END_TEST

static void forbidden(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)follower;
    (void)request;
    api_status(conn, 403, "pods is forbidden");
}

START_TEST(forbidden_is_told)
{
    begin(forbidden, open_stream);
    expect_count(&f->errors, 1);
    ck_assert_int_eq(f->last_error, ERR_AUTH);
    ck_assert(!kube_watch_synced(f->watch));
    ck_assert_uint_eq(f->told.len, 0);
    end();
}
END_TEST

static void empty_list(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)follower;
    (void)request;
    api_reply(conn, 200, "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":null}");
}

START_TEST(an_empty_list_is_a_list)
{
    begin(empty_list, open_stream);
    expect(f, "S ");
    ck_assert_uint_eq(f->errors, 0);
    end();
}
END_TEST

static void crowd(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    struct strbuf body;
    (void)request;
    strbuf_init(&body);
    strbuf_append(&body, "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[");
    for (unsigned i = follower->lists > 1 ? 1 : 0; i < 20000; i++)
        strbuf_printf(&body, "%s{\"metadata\":{\"name\":\"n%u\",\"resourceVersion\":\"%u\"}}",
                      body.data[body.len - 1] == '[' ? "" : ",", i, i + 1);
    strbuf_append(&body, "]}");
    api_reply(conn, 200, body.data);
    strbuf_done(&body);
}

START_TEST(many_objects)
{
    begin(crowd, gone_once);
    expect_count(&f->synced, 2);
    const char *first_sync = strstr(f->told.data, "S ");
    ck_assert_str_eq(first_sync, "S -/n0 S ");
    end();
}
END_TEST

/* Closing the watch from inside each of its handlers: nothing is told after it. */
static const char *close_at;

static void close_if(struct follower *follower, const char *what)
{
    if (strcmp(close_at, what) == 0)
        kube_watch_close(follower->watch);
}

static void closing_object(json_t *object, void *arg)
{
    on_object(object, arg);
    close_if(arg, f->streams ? "event" : "object");
}

static void closing_deleted(const char *ns, const char *name, void *arg)
{
    on_deleted(ns, name, arg);
    close_if(arg, f->lists > 1 ? "vanished" : "deleted");
}

static void closing_synced(void *arg)
{
    on_synced(arg);
    close_if(arg, "synced");
}

static void closing_error(const struct err *error, int64_t in_ms, void *arg)
{
    on_error(error, in_ms, arg);
    close_if(arg, "error");
}

struct close_case {
    const char *at;
    const char *told;
};

static const struct close_case close_cases[] = {
    {"object", "+x/a@1 "},
    {"synced", "+x/a@1 +x/b@2 S "},
    {"event", "+x/a@1 +x/b@2 S +x/c@11 "},
    {"deleted", "+x/a@1 +x/b@2 S +x/c@11 -x/b "},
    {"error", "+x/a@1 +x/b@2 S +x/c@11 -x/b "},
    {"vanished", "+x/a@1 +x/b@2 S +x/c@11 -x/b -x/a "},
};

static void shrinking_list(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    if (follower->lists == 1)
        two_pods(follower, conn, request);
    else
        api_reply(conn, 200, LIST("20", "", OBJECT("c", "11")));
}

static void eventful(struct follower *follower, struct peer_conn *conn, const struct request *request)
{
    (void)request;
    api_stream_begin(conn);
    if (follower->streams == 1)
        api_stream_send(conn, EVENT("ADDED", OBJECT("c", "11")) EVENT("DELETED", OBJECT("b", "12"))
                                  EVENT("ERROR", GONE));
}

START_TEST(closing_inside_a_handler)
{
    static const struct kube_watch_handlers closing = {closing_object, closing_deleted, closing_synced,
                                                       closing_error};
    close_at = close_cases[_i].at;
    open_client(serve);
    follow(0, (struct kube_watch_options){0}, &closing, shrinking_list, eventful);
    expect(f, close_cases[_i].told);
    run_for(300);
    ck_assert_str_eq(f->told.data, close_cases[_i].told);
    close_client();
    strbuf_done(&f->told);
}
END_TEST

START_TEST(closes_at_any_time)
{
    for (int64_t ms = 0; ms < 60; ms += 5) {
        begin(two_pods, bookmark_then_end);
        run_for(ms);
        end();
    }
}
END_TEST

START_TEST(closes_with_a_list_under_way)
{
    begin(never, never);
    expect_count(&f->lists, 1);
    end();
}
END_TEST

START_TEST(the_client_may_be_closed_first)
{
    bool closed = false;
    begin(two_pods, open_stream);
    expect_count(&f->streams, 1);
    kube_client_close(client, on_flag, &closed);
    run_for(50);
    ck_assert_uint_eq(f->errors, 0);
    kube_watch_close(f->watch);
    run_until(&closed);
    peer_close(&api);
    strbuf_done(&f->told);
}
END_TEST

START_TEST(refuses_a_bad_path)
{
    struct err err = {0};
    struct kube_watch_options options = {.path = "pods"};
    struct kube_watch *watch;
    open_client(serve);
    ck_assert_int_eq(kube_watch_open(client, &options, &collecting, f, &watch, &err), ERR_INVALID);
    close_client();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        lists_then_follows,
        lists_in_pages,
        resumes_where_it_was,
        a_torn_connection_is_resumed,
        gone_lists_again_and_finds_what_vanished,
        an_expired_token_restarts_the_list,
        a_failed_page_is_asked_again,
        forbidden_is_told,
        an_empty_list_is_a_list,
        many_objects,
        closes_at_any_time,
        closes_with_a_list_under_way,
        the_client_may_be_closed_first,
        refuses_a_bad_path,
    };
    const struct looped_test looped[] = {{closing_inside_a_handler, ARRAY_LEN(close_cases)}};
    return run_watch_suite("watch", tests, ARRAY_LEN(tests), looped, ARRAY_LEN(looped));
}
