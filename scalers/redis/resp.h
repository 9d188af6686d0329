/* RESP2: commands as bytes, and replies from bytes (hiredis' reader with our own, capped, reply values). */
#ifndef SCALERS_REDIS_RESP_H
#define SCALERS_REDIS_RESP_H

#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scaler/base/strbuf.h"

enum redis_reply_type { REDIS_TEXT, REDIS_STATUS, REDIS_ERROR, REDIS_INTEGER, REDIS_NIL, REDIS_LIST };

struct redis_reply {
    enum redis_reply_type type;
    int64_t integer;
    size_t len; /* bytes of text, or items */
    struct redis_reply **items;
    char text[]; /* NUL-terminated */
};

/* Per reply: text of all its values together, items of all its lists together. The largest honest replies
 * (XINFO GROUPS of thousands of groups) stay below; what a peer can make us search again and again is bounded
 * by it too. */
#define RESP_REPLY_MAX_BYTES ((size_t)4 << 20)
#define RESP_REPLY_MAX_ITEMS ((size_t)1 << 18)

struct resp_reader;

struct resp_reader *resp_reader_new(void);
void resp_reader_free(struct resp_reader *reader);
/* ERR_PROTOCOL or ERR_LIMIT: the stream is beyond repair. Feed at most RESP_FEED_MAX bytes, then take all
 * replies. */
#define RESP_FEED_MAX ((size_t)16 << 10)
int resp_reader_feed(struct resp_reader *reader, const char *bytes, size_t len, struct err *err);
/* *ret NULL: no whole reply yet. The caller frees it. */
int resp_reader_next(struct resp_reader *reader, struct redis_reply **ret, struct err *err);
void redis_reply_free(struct redis_reply *reply);

/* The integer of an integer reply, or of a text that is one. */
int redis_reply_integer(const struct redis_reply *reply, int64_t *ret, struct err *err);

struct redis_arg {
    const char *bytes;
    size_t len;
};
void resp_append_command(struct strbuf *out, const struct redis_arg *args, size_t args_len);

#endif
