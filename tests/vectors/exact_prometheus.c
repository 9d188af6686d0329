/* exact/prom-response.jsonl: the prometheus trigger asks a server that answers as the vector says. */
#include <string.h>

#include "config/params.h"
#include "scaler/base/base64.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scalers/api.h"
#include "tests/vectors/http_peer.h"
#include "tests/vectors/runner.h"

struct reading {
    bool answered, closed;
    bool error;
    struct scaler_result result;
    char why[ERR_TEXT_MAX];
};

static void on_read(const struct scaler_result *result, const struct err *error, void *arg)
{
    struct reading *reading = arg;
    reading->answered = true;
    reading->error = error != NULL;
    if (result)
        reading->result = *result;
    else
        memcpy(reading->why, error->msg, sizeof(reading->why));
}

static void on_closed(void *arg)
{
    ((struct reading *)arg)->closed = true;
}

static bool append_body(struct vector *vector, struct strbuf *out)
{
    json_t *text = json_object_get(vector->input, "body");
    char *bytes = NULL;
    size_t len = 0;
    if (json_is_string(text)) {
        strbuf_append_n(out, json_string_value(text), json_string_length(text));
        return true;
    }
    if (base64_decode(input_str(vector->input, "body_base64"), &bytes, &len, NULL) < 0)
        return false;
    strbuf_append_n(out, bytes, len);
    mem_free(bytes);
    return true;
}

/* 204 and 304 have no body, whatever the vector holds. */
static bool write_answer(struct vector *vector, struct strbuf *out)
{
    AUTO_STRBUF struct strbuf body;
    strbuf_init(&body);
    int64_t status = input_i64(vector->input, "status", 200);
    bool bodiless = status == 204 || status == 304;
    const char *name;
    json_t *value;
    strbuf_printf(out, "HTTP/1.1 %lld Answer\r\n", (long long)status);
    json_object_foreach (json_object_get(vector->input, "headers"), name, value)
        strbuf_printf(out, "%s: %s\r\n", name, json_string_value(value));
    if (!append_body(vector, &body))
        return false;
    if (!bodiless)
        strbuf_printf(out, "Content-Length: %zu\r\n", body.len);
    strbuf_append(out, "\r\n");
    if (!bodiless)
        strbuf_append_n(out, body.data, body.len);
    return true;
}

static void on_finding(struct params_error_sink *sink, bool warning, const char *key, const char *message)
{
    (void)sink, (void)warning, (void)key, (void)message;
}

/* The trigger's config as from a manifest; NULL when it does not parse. */
static void *make_config(struct vector *vector, const struct scaler_type *type, const char *url)
{
    struct params_error_sink sink = {.add = on_finding};
    struct text_map metadata = {0};
    struct params_context context = {.metadata = &metadata};
    text_map_set(&metadata, "serverAddress", url);
    text_map_set(&metadata, "query", "up");
    text_map_set(&metadata, "threshold", "5");
    text_map_set(&metadata, "ignoreNullValues",
                 input_bool(vector->input, "ignoreNullValues", true) ? "true" : "false");
    void *config = mem_zalloc(type->schema.config_size);
    if (params_parse(&type->schema, &context, config, &sink) < 0) {
        mem_free(config);
        config = NULL;
    }
    text_map_done(&metadata);
    return config;
}

static void read_once(struct vector *vector, struct http_peer *peer, const struct scaler_type *type,
                      const void *config, struct reading *reading)
{
    struct err err = {0};
    struct scaler_source *source;
    if (type->open(peer->net, config, &source, &err) < 0) {
        vector_fail(vector, "the source does not open: %s", err.msg);
        return;
    }
    if (type->read(source, config, on_read, reading, &err) < 0)
        on_read(NULL, &err, reading);
    if (!http_peer_run(peer, &reading->answered))
        vector_fail(vector, "no answer");
    type->close(source, on_closed, reading);
    http_peer_run(peer, &reading->closed);
}

/* KEDA's outcome from the reading, as the engine makes it: what is missing is 0 or an error. */
static void compare(struct vector *vector, const struct reading *reading, bool missing_is_zero)
{
    bool missing = !reading->error && reading->result.state != SCALER_OK;
    bool error = reading->error || (missing && !missing_is_zero);
    bool empty = !reading->error && reading->result.state == SCALER_EMPTY;
    expect_bool(vector, "error", error);
    if (vector->failed && reading->error)
        vector_fail(vector, "%s", reading->why);
    expect_bool(vector, "empty_counted", empty);
    double value = missing ? 0 : reading->result.value;
    double wanted = input_double(vector->input, "value", 0);
    if (!error && value != wanted)
        vector_fail(vector, "value: expected %.17g, got %.17g", wanted, value);
}

static void run(struct vector *vector, struct http_peer *peer, const struct scaler_type *type)
{
    struct reading reading = {0};
    struct scaler_target target;
    void *config = make_config(vector, type, peer->url);
    if (!config || !write_answer(vector, &peer->answer)) {
        vector_fail(vector, "not a case for this trigger");
    } else {
        type->describe(config, &target);
        read_once(vector, peer, type, config, &reading);
    }
    if (!vector->failed)
        compare(vector, &reading, target.missing_is_zero);
    if (config)
        params_done(&type->schema, config);
    mem_free(config);
}

void vectors_prometheus(struct vector *vector)
{
    struct http_peer peer;
    if (http_peer_open(&peer))
        run(vector, &peer, scaler_find("prometheus"));
    else
        vector_fail(vector, "no server on the loopback");
    if (!http_peer_close(&peer))
        vector_fail(vector, "the loop does not end");
}
