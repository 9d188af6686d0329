/* What connection.c and link.c share: a connection outlives its links, one after the other. */
#ifndef SCALERS_REDIS_INTERNAL_H
#define SCALERS_REDIS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/strbuf.h"
#include "scaler/net/stream.h"
#include "scaler/net/timer.h"
#include "scalers/redis/connection.h"

enum link_state { LINK_CONNECTING, LINK_AUTH, LINK_ROLE, LINK_SELECT, LINK_READY };

/* One stream, from stream_open to its on_close. */
struct redis_link {
    struct redis_connection *connection;
    struct stream *stream;
    struct resp_reader *reader;
    enum link_state state;
    bool reported; /* the stream has said on_close */
};

struct redis_connection {
    struct net *net;
    char *host;
    uint16_t port;
    struct redis_login *login;
    int64_t database;
    bool master;

    struct redis_link *link;            /* the current one, or NULL */
    unsigned links;                     /* not yet closed, the current one included */
    struct redis_request *head, **tail; /* sent or to be sent, in order */
    struct strbuf out;                  /* bytes of the last of them, not yet given to the stream */
    struct timer timer;                 /* runs while head is there */
    bool flush_deferred;
    bool closing, canceled;
    void (*closed)(void *arg);
    void *closed_arg;
};

/* link.c */
int redis_link_open(struct redis_connection *connection, struct err *err);
/* The stream's on_close still comes; the connection has no link from now on. */
void redis_link_drop(struct redis_link *link);

/* connection.c, called by link.c */
void redis_connection_flush(struct redis_connection *connection);
void redis_connection_answer(struct redis_connection *connection, const struct redis_reply *reply);
/* Drops the link and answers everything that waits. */
void redis_connection_fail(struct redis_connection *connection, const struct err *error);
void redis_connection_watch(struct redis_connection *connection);
void redis_connection_link_gone(struct redis_connection *connection);

#endif
