/* Events: what is sent, what becomes a series, what is held back, and that nothing of it ever blocks. */
#include "scaler/kube/event_bucket.h"
#include "scaler/kube/events.h"
#include "tests/kube/kube_fixture.h"

static struct kube_events *events;
static unsigned created, patched;
static int answer_status;
static json_t *last; /* body */

static void serve(struct peer_conn *conn, const char *text, size_t len)
{
    struct request request;
    (void)len;
    request_read(&request, text);
    json_decref(last);
    last = NULL;
    ck_assert_int_eq(json_load_bytes(request.body, strlen(request.body), &last, NULL), 0);
    if (strcmp(request.method, "POST") == 0)
        created++;
    else
        patched++;
    if (answer_status)
        api_reply(conn, answer_status, "{}");
}

static const struct kube_object_ref web = {"keda.sh/v1alpha1", "ScaledObject", "shop", "web", "u-1"};

static void begin(void)
{
    created = patched = 0;
    answer_status = 201;
    open_client(serve);
    events = kube_events_new(client, "davit", "davit-0");
}

static void end(void)
{
    kube_events_close(events);
    close_client();
    json_decref(last);
    last = NULL;
}

static void expect_text(const char *key, const char *text)
{
    ck_assert_pstr_eq(json_str(last, key), text);
}

START_TEST(creates_an_event)
{
    char when[64];
    begin();
    kube_event(events, &web, true, "KEDAScalerFailed", "no answer \"from\" redis\n");
    ck_assert_uint_eq(created, 0);
    run_for(50);
    ck_assert_uint_eq(created, 1);
    ck_assert_str_eq(api_log, "POST /apis/events.k8s.io/v1/namespaces/shop/events\n");
    expect_text("kind", "Event");
    expect_text("apiVersion", "events.k8s.io/v1");
    expect_text("reason", "KEDAScalerFailed");
    expect_text("action", "KEDAScalerFailed");
    expect_text("type", "Warning");
    expect_text("note", "no answer \"from\" redis\n");
    expect_text("reportingController", "davit");
    expect_text("reportingInstance", "davit-0");
    ck_assert_str_eq(json_str(json_object_get(last, "regarding"), "uid"), "u-1");
    ck_assert_int_eq(sscanf(json_str(last, "eventTime"), "%63s", when), 1);
    ck_assert_uint_eq(strlen(when), strlen("2026-01-02T03:04:05.000000Z"));
    ck_assert_ptr_eq(strstr(json_str(json_object_get(last, "metadata"), "name"), "web."),
                     json_str(json_object_get(last, "metadata"), "name"));
    end();
}
END_TEST

START_TEST(repetitions_become_a_series)
{
    begin();
    for (int i = 0; i < 3; i++) {
        kube_event(events, &web, false, "KEDAScaleTargetActivated", "from 0 to 3");
        run_for(50);
    }
    ck_assert_uint_eq(created, 1);
    ck_assert_uint_eq(patched, 1); /* the third one waits for the series' pace */
    ck_assert_int_eq(json_i64(json_object_get(last, "series"), "count", 0), 2);
    ck_assert_uint_eq(strlen(json_str(json_object_get(last, "series"), "lastObservedTime")),
                      strlen("2026-01-02T03:04:05.000000Z"));
    kube_event(events, &web, true, "KEDAScaleTargetActivated", "from 0 to 3");
    kube_event(events, &web, false, "KEDAScaleTargetActivated", "from 0 to 4");
    run_for(50);
    ck_assert_uint_eq(created, 3);
    end();
}
END_TEST

START_TEST(a_vanished_series_starts_anew)
{
    begin();
    kube_event(events, &web, false, "A", "a");
    run_for(50);
    answer_status = 404;
    kube_event(events, &web, false, "A", "a");
    run_for(50);
    answer_status = 201;
    kube_event(events, &web, false, "A", "a");
    run_for(50);
    ck_assert_uint_eq(created, 2);
    ck_assert_uint_eq(patched, 1);
    end();
}
END_TEST

START_TEST(one_object_cannot_flood)
{
    char message[32];
    struct kube_object_ref other = web;
    other.name = "other";
    begin();
    for (int i = 0; i < 100; i++) {
        snprintf(message, sizeof(message), "no. %d", i);
        kube_event(events, &web, true, "A", message);
    }
    kube_event(events, &other, true, "A", "b");
    run_for(300);
    ck_assert_uint_eq(created, 26);
    end();
}
END_TEST

START_TEST(all_objects_together_cannot_flood)
{
    static char names[500][16];
    begin();
    for (int i = 0; i < 500; i++) {
        struct kube_object_ref ref = web;
        snprintf(names[i], sizeof(names[i]), "n%d", i);
        ref.name = names[i];
        kube_event(events, &ref, true, "A", "b");
    }
    run_for(600);
    ck_assert_uint_ge(created, 200);
    ck_assert_uint_le(created, 210);
    end();
}
END_TEST

START_TEST(long_texts_are_cut)
{
    char *note = mem_zalloc(5001);
    for (int i = 0; i < 2500; i++)
        memcpy(note + 2 * i, "\u00e9", 2);
    struct kube_object_ref ref = {"v1", "Node", "", "n", NULL};
    begin();
    kube_event(events, &ref, false, "A", note);
    run_for(50);
    ck_assert_ptr_nonnull(strstr(api_log, "/namespaces/default/events"));
    ck_assert_uint_eq(strlen(json_str(last, "note")), 1000);
    ck_assert_ptr_null(json_object_get(json_object_get(last, "regarding"), "uid"));
    mem_free(note);
    end();
}
END_TEST

START_TEST(closes_with_events_under_way)
{
    begin();
    answer_status = 0;
    for (int i = 0; i < 10; i++) {
        struct kube_object_ref ref = web;
        ref.kind = i % 2 ? "A" : "B";
        kube_event(events, &ref, true, "A", "b");
    }
    run_for(20);
    kube_event(events, &web, true, "A", "b");
    end();
}
END_TEST

START_TEST(a_closing_client_swallows_events)
{
    bool closed = false;
    begin();
    kube_client_close(client, on_flag, &closed);
    kube_event(events, &web, true, "A", "b");
    kube_events_close(events);
    run_until(&closed);
    ck_assert_uint_eq(created, 0);
    peer_close(&api);
}
END_TEST

START_TEST(buckets_refill)
{
    static const struct event_rate rate = {.burst = 2, .refill_ms = 100};
    struct event_bucket bucket;
    event_bucket_init(&bucket, &rate, 1000);
    ck_assert(event_bucket_full(&bucket, &rate, 1000));
    ck_assert(event_bucket_take(&bucket, &rate, 1000));
    ck_assert(event_bucket_take(&bucket, &rate, 1000));
    ck_assert(!event_bucket_take(&bucket, &rate, 1099));
    ck_assert(event_bucket_has(&bucket, &rate, 1100));
    ck_assert(event_bucket_take(&bucket, &rate, 1100));
    ck_assert(!event_bucket_full(&bucket, &rate, 1299));
    ck_assert(event_bucket_full(&bucket, &rate, 1300));
    ck_assert(event_bucket_full(&bucket, &rate, 999999999));
}
END_TEST

RUN_SUITE("events", creates_an_event, repetitions_become_a_series, a_vanished_series_starts_anew,
          one_object_cannot_flood, all_objects_together_cannot_flood, long_texts_are_cut,
          closes_with_events_under_way, a_closing_client_swallows_events, buckets_refill)
