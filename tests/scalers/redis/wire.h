/* RESP texts as replies. */
#ifndef TESTS_SCALERS_REDIS_WIRE_H
#define TESTS_SCALERS_REDIS_WIRE_H

#include <check.h>
#include <string.h>

#include "scalers/redis/resp.h"

/* The one reply that the text is; redis_reply_free it. */
static inline struct redis_reply *wire_reply(const char *text)
{
    struct err err = {0};
    struct redis_reply *reply = NULL;
    struct resp_reader *reader = resp_reader_new();
    ck_assert_int_eq(resp_reader_feed(reader, text, strlen(text), &err), 0);
    ck_assert_msg(resp_reader_next(reader, &reply, &err) == 0, "%s", err.msg);
    ck_assert_msg(reply != NULL, "not a whole reply: %s", text);
    resp_reader_free(reader);
    return reply;
}

#endif
