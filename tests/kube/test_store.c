/* The ConfigMap store against a small ConfigMap server with versions, other writers and failures. */
#include "scaler/kube/store.h"
#include "tests/kube/kube_fixture.h"

static unsigned version; /* 0: no ConfigMap */
static char data[4096];  /* JSON */
static int fail_status;  /* of the next write; 0: none */
static bool silent;

static void reply_map(struct peer_conn *conn, int status)
{
    char *text = mem_printf(
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"state\",\"resourceVersion\":\"%u\"},\"data\":%s}",
        version, data);
    api_reply(conn, status, text);
    mem_free(text);
}

static void store_data(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    snprintf(data, sizeof(data), "%s", text);
    (free)(text);
    version++;
}

static void patch(struct peer_conn *conn, const char *body)
{
    json_t *ops = NULL;
    char expected[32];
    ck_assert_int_eq(json_load_bytes(body, strlen(body), &ops, NULL), 0);
    ck_assert_str_eq(json_str(json_array_get(ops, 0), "path"), "/metadata/resourceVersion");
    ck_assert_str_eq(json_str(json_array_get(ops, 1), "path"), "/data");
    snprintf(expected, sizeof(expected), "%u", version);
    if (version == 0)
        api_status(conn, 404, "no such configmap");
    else if (strcmp(json_str(json_array_get(ops, 0), "value"), expected) != 0)
        api_status(conn, 409, "the object has been modified");
    else {
        store_data(json_object_get(json_array_get(ops, 1), "value"));
        reply_map(conn, 200);
    }
    json_decref(ops);
}

static void create(struct peer_conn *conn, const char *body)
{
    json_t *map = NULL;
    ck_assert_int_eq(json_load_bytes(body, strlen(body), &map, NULL), 0);
    ck_assert_str_eq(json_str(json_object_get(map, "metadata"), "name"), "state");
    if (version != 0)
        api_status(conn, 409, "already exists");
    else {
        version = 6;
        store_data(json_object_get(map, "data"));
        reply_map(conn, 201);
    }
    json_decref(map);
}

static void serve(struct peer_conn *conn, const char *text, size_t len)
{
    struct request request;
    (void)len;
    request_read(&request, text);
    bool reads = strcmp(request.method, "GET") == 0;
    if (silent)
        return;
    if (!reads && fail_status) {
        api_status(conn, fail_status, "not now");
        fail_status = 0;
    } else if (strcmp(request.method, "POST") == 0)
        create(conn, request.body);
    else if (!reads)
        patch(conn, request.body);
    else if (version)
        reply_map(conn, 200);
    else
        api_status(conn, 404, "no such configmap");
}

struct told {
    bool done;
    int times;
    struct err error;
    char a[256];
    size_t len;
};

static struct kube_store *store;
static bool close_inside;

static void on_told(const struct text_map *map, const struct err *error, void *arg)
{
    struct told *told = arg;
    told->done = true;
    told->times++;
    ck_assert((map == NULL) == (error != NULL));
    if (error) {
        told->error = *error;
    } else {
        const char *a = text_map_get(map, "a");
        snprintf(told->a, sizeof(told->a), "%s", a ? a : "(none)");
        told->len = map->len;
    }
    if (close_inside)
        kube_store_close(store);
}

static void begin(unsigned at, const char *json)
{
    version = at;
    snprintf(data, sizeof(data), "%s", json);
    fail_status = 0;
    silent = close_inside = false;
    open_client(serve);
    store = kube_store_new(client, "shop", "state");
}

static void end(void)
{
    kube_store_close(store);
    close_client();
}

static void read_store(struct told *told)
{
    *told = (struct told){0};
    kube_store_read(store, on_told, told);
    ck_assert(!told->done);
    run_until(&told->done);
    ck_assert_int_eq(told->times, 1);
}

static void start_write(const char *a, struct told *told)
{
    struct text_map map = {0};
    struct err err = {0};
    *told = (struct told){0};
    text_map_set(&map, "a", a);
    ck_assert_msg(kube_store_write(store, &map, on_told, told, &err) == 0, "%s", err.msg);
    text_map_done(&map);
    ck_assert(!told->done);
}

static void write_store(const char *a, struct told *told)
{
    start_write(a, told);
    run_until(&told->done);
    ck_assert_int_eq(told->times, 1);
}

START_TEST(creates_when_absent)
{
    struct told told;
    begin(0, "{}");
    read_store(&told);
    ck_assert_int_eq(told.error.code, 0);
    ck_assert_uint_eq(told.len, 0);
    write_store("x\"y\n", &told);
    ck_assert_int_eq(told.error.code, 0);
    ck_assert_str_eq(data, "{\"a\":\"x\\\"y\\n\"}");
    write_store("2", &told);
    ck_assert_str_eq(told.a, "2");
    ck_assert_str_eq(api_log,
                     "GET /api/v1/namespaces/shop/configmaps/state\nPOST /api/v1/namespaces/shop/configmaps\n"
                     "PATCH /api/v1/namespaces/shop/configmaps/state\n");
    end();
}
END_TEST

START_TEST(writes_replace_everything)
{
    struct told told;
    begin(7, "{\"a\":\"1\",\"b\":\"2\"}");
    read_store(&told);
    ck_assert_uint_eq(told.len, 2);
    ck_assert_str_eq(told.a, "1");
    write_store("3", &told);
    ck_assert_str_eq(data, "{\"a\":\"3\"}");
    end();
}
END_TEST

START_TEST(a_write_without_reading_looks_first)
{
    struct told told;
    begin(7, "{\"a\":\"1\"}");
    write_store("3", &told);
    ck_assert_int_eq(told.error.code, 0);
    ck_assert_str_eq(data, "{\"a\":\"3\"}");
    end();
}
END_TEST

START_TEST(another_writer_is_a_conflict_once)
{
    struct told told;
    begin(7, "{}");
    read_store(&told);
    version = 9;
    write_store("mine", &told);
    ck_assert_int_eq(told.error.code, ERR_CONFLICT);
    ck_assert_str_eq(data, "{}");
    write_store("mine", &told);
    ck_assert_int_eq(told.error.code, 0);
    ck_assert_str_eq(data, "{\"a\":\"mine\"}");
    end();
}
END_TEST

START_TEST(a_deleted_map_is_a_conflict_then_created)
{
    struct told told;
    begin(7, "{}");
    read_store(&told);
    version = 0;
    write_store("1", &told);
    ck_assert_int_eq(told.error.code, ERR_CONFLICT);
    write_store("1", &told);
    ck_assert_int_eq(told.error.code, 0);
    end();
}
END_TEST

START_TEST(a_lost_race_to_create_is_a_conflict)
{
    struct told told;
    begin(0, "{}");
    read_store(&told);
    version = 5;
    write_store("1", &told);
    ck_assert_int_eq(told.error.code, ERR_CONFLICT);
    write_store("1", &told);
    ck_assert_int_eq(told.error.code, 0);
    end();
}
END_TEST

START_TEST(a_missing_namespace_is_not_a_conflict)
{
    struct told told;
    begin(0, "{}");
    read_store(&told);
    fail_status = 404;
    write_store("1", &told);
    ck_assert_int_eq(told.error.code, ERR_NOT_FOUND);
    end();
}
END_TEST

START_TEST(after_a_failed_write_the_version_is_read_again)
{
    struct told told;
    begin(7, "{}");
    read_store(&told);
    fail_status = 403;
    write_store("1", &told);
    ck_assert_int_eq(told.error.code, ERR_AUTH);
    version = 20;
    write_store("1", &told);
    ck_assert_int_eq(told.error.code, 0);
    end();
}
END_TEST

START_TEST(one_write_at_a_time)
{
    struct told told;
    struct text_map map = {0};
    struct err err = {0};
    begin(7, "{}");
    start_write("1", &told);
    ck_assert_int_eq(kube_store_write(store, &map, on_told, &told, &err), ERR_CONFLICT);
    run_until(&told.done);
    ck_assert_int_eq(told.times, 1);
    end();
}
END_TEST

START_TEST(too_much_is_refused)
{
    struct text_map map = {0};
    struct told told = {0};
    struct err err = {0};
    char *large = mem_alloc((1 << 20) + 1);
    memset(large, 'x', 1 << 20);
    large[1 << 20] = '\0';
    text_map_set(&map, "a", large);
    begin(7, "{}");
    ck_assert_int_eq(kube_store_write(store, &map, on_told, &told, &err), ERR_LIMIT);
    end();
    ck_assert(!told.done);
    text_map_done(&map);
    mem_free(large);
}
END_TEST

static const char *const bad_maps[] = {"7", "[]", "\"a\""};

START_TEST(bad_maps_are_errors)
{
    for (size_t i = 0; i < ARRAY_LEN(bad_maps); i++) {
        struct told told;
        begin(7, bad_maps[i]);
        read_store(&told);
        ck_assert_int_eq(told.error.code, ERR_PROTOCOL);
        write_store("1", &told);
        ck_assert_int_eq(told.error.code, ERR_PROTOCOL);
        end();
    }
}
END_TEST

START_TEST(odd_values_are_left_out)
{
    struct told told;
    begin(7, "{\"a\":7,\"b\":\"2\",\"c\":null}");
    read_store(&told);
    ck_assert_uint_eq(told.len, 1);
    ck_assert_str_eq(told.a, "(none)");
    end();
}
END_TEST

START_TEST(closing_answers_what_is_under_way)
{
    struct told reading = {0}, writing;
    begin(7, "{}");
    silent = true;
    kube_store_read(store, on_told, &reading);
    start_write("1", &writing);
    run_for(20);
    end();
    ck_assert_int_eq(reading.times, 1);
    ck_assert_int_eq(reading.error.code, ERR_CANCELED);
    ck_assert_int_eq(writing.times, 1);
    ck_assert_int_eq(writing.error.code, ERR_CANCELED);
}
END_TEST

START_TEST(closing_inside_an_answer)
{
    struct told told;
    begin(7, "{}");
    close_inside = true;
    read_store(&told);
    close_client();
}
END_TEST

START_TEST(a_closing_client_is_answered_later)
{
    struct told told = {0};
    bool closed = false;
    begin(7, "{}");
    kube_client_close(client, on_flag, &closed);
    kube_store_read(store, on_told, &told);
    ck_assert(!told.done);
    while (!told.done && !closed)
        run_for(1);
    ck_assert_int_eq(told.error.code, ERR_CANCELED);
    kube_store_close(store);
    run_until(&closed);
    peer_close(&api);
}
END_TEST

RUN_SUITE("store", creates_when_absent, writes_replace_everything, a_write_without_reading_looks_first,
          another_writer_is_a_conflict_once, a_deleted_map_is_a_conflict_then_created,
          a_lost_race_to_create_is_a_conflict, a_missing_namespace_is_not_a_conflict,
          after_a_failed_write_the_version_is_read_again, one_write_at_a_time, too_much_is_refused,
          bad_maps_are_errors, odd_values_are_left_out, closing_answers_what_is_under_way,
          closing_inside_an_answer, a_closing_client_is_answered_later)
