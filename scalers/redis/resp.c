/* RESP2. hiredis parses; what it builds is ours, because its own lists are allocated by the size a peer
 * merely claims. */
#include "scalers/redis/resp.h"

#include <hiredis/hiredis.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"

struct resp_reader {
    redisReader *raw;
    size_t items_left, bytes_left; /* for the reply being read */
};

static struct redis_reply *reply_new(enum redis_reply_type type, size_t text_len)
{
    struct redis_reply *reply = mem_alloc(sizeof(*reply) + text_len + 1);
    *reply = (struct redis_reply){.type = type};
    return reply;
}

/* Hangs a value into its list; returns it, as hiredis wants. */
static struct redis_reply *attach(const redisReadTask *task, struct redis_reply *reply)
{
    if (task->parent) {
        struct redis_reply *list = task->parent->obj;
        list->items[task->idx] = reply;
    }
    return reply;
}

/* A reply's first value comes with no parent. */
static struct resp_reader *reader_of(const redisReadTask *task)
{
    struct resp_reader *reader = task->privdata;
    if (!task->parent) {
        reader->items_left = RESP_REPLY_MAX_ITEMS;
        reader->bytes_left = RESP_REPLY_MAX_BYTES;
    }
    return reader;
}

/* NULL, here and below, makes hiredis give up on the stream. */
static void *on_string(const redisReadTask *task, char *bytes, size_t len)
{
    enum redis_reply_type type = task->type == REDIS_REPLY_ERROR    ? REDIS_ERROR
                                 : task->type == REDIS_REPLY_STATUS ? REDIS_STATUS
                                                                    : REDIS_TEXT;
    struct resp_reader *reader = reader_of(task);
    if (len > reader->bytes_left)
        return NULL;
    reader->bytes_left -= len;
    struct redis_reply *reply = reply_new(type, len);
    memcpy(reply->text, bytes, len);
    reply->text[len] = '\0';
    reply->len = len;
    return attach(task, reply);
}

static void *create_list(const redisReadTask *task, size_t items)
{
    struct resp_reader *reader = reader_of(task);
    if (items > reader->items_left)
        return NULL;
    reader->items_left -= items;
    struct redis_reply *reply = reply_new(REDIS_LIST, 0);
    reply->items = mem_zalloc_array(items, sizeof(*reply->items));
    reply->len = items;
    return attach(task, reply);
}

static void *on_integer(const redisReadTask *task, long long value)
{
    struct redis_reply *reply = reply_new(REDIS_INTEGER, 0);
    reply->integer = value;
    return attach(task, reply);
}

static void *on_nil(const redisReadTask *task)
{
    return attach(task, reply_new(REDIS_NIL, 0));
}

static void on_free(void *reply)
{
    redis_reply_free(reply);
}

#if HIREDIS_MAJOR >= 1
static void *on_list(const redisReadTask *task, size_t items)
{
    return create_list(task, items);
}

/* RESP3 values, which nobody asked for. */
static void *on_double(const redisReadTask *task, double value, char *text, size_t len)
{
    (void)task, (void)value, (void)text, (void)len;
    return NULL;
}

static void *on_bool(const redisReadTask *task, int value)
{
    (void)task, (void)value;
    return NULL;
}
#else
static void *on_list(const redisReadTask *task, int items)
{
    return items < 0 ? NULL : create_list(task, (size_t)items);
}
#endif

static redisReplyObjectFunctions functions = {
    .createString = on_string,
    .createArray = on_list,
    .createInteger = on_integer,
    .createNil = on_nil,
#if HIREDIS_MAJOR >= 1
    .createDouble = on_double,
    .createBool = on_bool,
#endif
    .freeObject = on_free,
};

/* Nesting is bounded by hiredis (7 or 9 levels), and so is the recursion. */
void redis_reply_free(struct redis_reply *reply)
{
    if (!reply)
        return;
    for (size_t i = 0; reply->items && i < reply->len; i++)
        redis_reply_free(reply->items[i]);
    mem_free(reply->items);
    mem_free(reply);
}

struct resp_reader *resp_reader_new(void)
{
    struct resp_reader *reader = mem_zalloc(sizeof(*reader));
    reader->raw = redisReaderCreateWithFunctions(&functions);
    reader->raw->privdata = reader;
    return reader;
}

void resp_reader_free(struct resp_reader *reader)
{
    if (!reader)
        return;
    redisReaderFree(reader->raw);
    mem_free(reader);
}

/* hiredis' texts quote bytes of the peer; ours do not. */
static int broken(struct err *err)
{
    return err_set(err, ERR_PROTOCOL,
                   "the answer is not what the Redis protocol says, or larger than it can be");
}

int resp_reader_feed(struct resp_reader *reader, const char *bytes, size_t len, struct err *err)
{
    if (reader->raw->len - reader->raw->pos + len > RESP_REPLY_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "one reply is larger than %zu bytes", RESP_REPLY_MAX_BYTES);
    return redisReaderFeed(reader->raw, bytes, len) == REDIS_OK ? 0 : broken(err);
}

int resp_reader_next(struct resp_reader *reader, struct redis_reply **ret, struct err *err)
{
    void *reply = NULL;
    if (redisReaderGetReply(reader->raw, &reply) != REDIS_OK)
        return broken(err);
    *ret = reply;
    return 0;
}

int redis_reply_integer(const struct redis_reply *reply, int64_t *ret, struct err *err)
{
    if (reply->type == REDIS_INTEGER) {
        *ret = reply->integer;
        return 0;
    }
    bool text = reply->type == REDIS_TEXT || reply->type == REDIS_STATUS;
    if (!text || strlen(reply->text) != reply->len || number_parse_go_int(reply->text, ret, NULL) < 0)
        return err_set(err, ERR_PROTOCOL, "the reply is not an integer");
    return 0;
}

/* "$12\r\n" and the like, without printf: this is the path of every reading. */
static void append_header(struct strbuf *out, char mark, size_t value)
{
    char text[24];
    size_t at = sizeof(text);
    text[--at] = '\n';
    text[--at] = '\r';
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    text[--at] = mark;
    strbuf_append_n(out, text + at, sizeof(text) - at);
}

void resp_append_command(struct strbuf *out, const struct redis_arg *args, size_t args_len)
{
    append_header(out, '*', args_len);
    for (size_t i = 0; i < args_len; i++) {
        append_header(out, '$', args[i].len);
        strbuf_append_n(out, args[i].bytes, args[i].len);
        strbuf_append_n(out, "\r\n", 2);
    }
}
