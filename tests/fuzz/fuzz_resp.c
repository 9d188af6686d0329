/* What a Redis server answers: whole and torn at any place it must mean the same. The first two bytes say
 * where it is torn, the rest is the stream. */
#include <stdbool.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scalers/redis/cluster_map.h"
#include "scalers/redis/failure.h"
#include "scalers/redis/key_types.h"
#include "scalers/redis/resp.h"
#include "scalers/redis/stream_info.h"
#include "tests/fuzz/fuzz.h"

struct result {
    uint64_t hash; /* of all replies */
    unsigned replies;
    bool broken;
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(1099511628211);
}

static uint64_t hash_reply(const struct redis_reply *reply, uint64_t hash)
{
    hash = mix(hash, (uint64_t)reply->type);
    hash = mix(hash, (uint64_t)reply->integer);
    hash = mix(hash, reply->len);
    bool text = reply->type == REDIS_TEXT || reply->type == REDIS_STATUS || reply->type == REDIS_ERROR;
    FUZZ_CHECK(!text || reply->text[reply->len] == '\0');
    for (size_t i = 0; text && i < reply->len; i++)
        hash = mix(hash, (unsigned char)reply->text[i]);
    for (size_t i = 0; reply->type == REDIS_LIST && i < reply->len; i++)
        hash = hash_reply(reply->items[i], hash);
    return hash;
}

static int check_range(void *arg, const struct cluster_range *range, struct err *err)
{
    (void)err;
    FUZZ_CHECK(range->host && range->port > 0 && range->first < CLUSTER_SLOTS && range->last < CLUSTER_SLOTS);
    ++*(size_t *)arg;
    return 0;
}

/* As a cluster's map, and as an answer about streams. */
static void use_as_others(const struct redis_reply *reply)
{
    struct err err = {0};
    enum stream_lag kind;
    int64_t number = 0;
    size_t ranges = 0;
    FUZZ_CHECK(cluster_slots_each(reply, check_range, &ranges, &err) == 0 || err.msg[0]);
    FUZZ_CHECK(cluster_shards_each(reply, false, check_range, &ranges, &err) == 0 || err.msg[0]);
    FUZZ_CHECK(stream_version_check(reply, &err) == 0 || err.msg[0]);
    FUZZ_CHECK(stream_pending_count(reply, &number, &err) < 0 || number >= 0);
    FUZZ_CHECK(stream_group_lag(reply, "g", &kind, &number, &err) < 0 || number >= 0);
}

static void use_redirect(const struct redis_reply *reply)
{
    AUTO_FREE char *host = NULL;
    struct err err = {0};
    uint16_t slot = 0, port = 0;
    if (cluster_redirect_parse(reply, &slot, &host, &port, &err) == 0)
        FUZZ_CHECK(host && slot < CLUSTER_SLOTS && port > 0);
    else
        FUZZ_CHECK(!host && err.msg[0]);
}

/* What the trigger does with a reply. */
static void use(const struct redis_reply *reply)
{
    static const char *const secrets[] = {"secret", ""};
    int64_t number;
    enum length_command command;
    struct err err = {0};
    int rc = redis_reply_integer(reply, &number, &err);
    FUZZ_CHECK(rc == 0 || err.msg[0]);
    FUZZ_CHECK(length_command_of(reply, &command, &err) == 0 || err.msg[0]);
    use_as_others(reply);
    if (reply->type != REDIS_ERROR)
        return;
    use_redirect(reply);
    FUZZ_CHECK(redis_failure(reply, secrets, ARRAY_LEN(secrets), &err) < 0);
    FUZZ_CHECK(!strstr(err.msg, "secret"));
    FUZZ_CHECK(redis_failure_word(reply, "AUTH", &err) < 0);
    (void)redis_failure_is(reply, "WRONGTYPE");
}

static bool take_replies(struct resp_reader *reader, struct result *result)
{
    for (;;) {
        struct redis_reply *reply = NULL;
        struct err err = {0};
        if (resp_reader_next(reader, &reply, &err) < 0) {
            FUZZ_CHECK(err.code < 0 && err.msg[0]);
            result->broken = true;
            return false;
        }
        if (!reply)
            return true;
        use(reply);
        result->hash = hash_reply(reply, result->hash);
        result->replies++;
        redis_reply_free(reply);
    }
}

/* piece: the largest; 0: as large as can be. */
static struct result read_stream(const char *bytes, size_t len, size_t piece, uint64_t seed)
{
    struct result result = {.hash = UINT64_C(14695981039346656037)};
    struct resp_reader *reader = resp_reader_new();
    struct err err = {0};
    size_t at = 0;
    while (at < len && !result.broken) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        size_t want = piece ? 1 + (size_t)(seed >> 33) % piece : RESP_FEED_MAX;
        want = want < len - at ? want : len - at;
        result.broken = resp_reader_feed(reader, bytes + at, want, &err) < 0;
        at += want;
        if (!result.broken && !take_replies(reader, &result))
            break;
    }
    resp_reader_free(reader);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const char *bytes = (const char *)data + 2;
    struct result whole = read_stream(bytes, size - 2, 0, 0);
    struct result torn = read_stream(bytes, size - 2, 1 + data[0] % 40U, data[1]);
    struct result single = read_stream(bytes, size - 2, 1, 0);
    FUZZ_CHECK(whole.hash == torn.hash && whole.replies == torn.replies && whole.broken == torn.broken);
    FUZZ_CHECK(whole.hash == single.hash && whole.broken == single.broken);
    return 0;
}
