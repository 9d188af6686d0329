/* Kubernetes' protobuf bodies, as far as kubectl (1.32 and newer) sends them: what `kubectl create`,
 * `autoscale` and `auth can-i` make. Answers are always JSON, which these clients accept as well. */
#ifndef TESTS_SANDBOX_PROTO_H
#define TESTS_SANDBOX_PROTO_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"

/* ERR_INVALID: broken; ERR_UNSUPPORTED: a kind or field that proto_schema.c does not have (nothing is dropped
 * silently). New reference. */
int proto_decode(const char *bytes, size_t len, json_t **ret, struct err *err);

enum proto_type {
    PROTO_SKIP,     /* nothing a client may write */
    PROTO_TEXT,     /* "" is absent */
    PROTO_INT,      /* 0 is absent */
    PROTO_INT_PTR,  /* 0 is a value */
    PROTO_BOOL,     /* false is absent */
    PROTO_MESSAGE,  /* an empty one is absent */
    PROTO_QUANTITY, /* a message that holds a text */
    PROTO_TEXT_MAP,
    PROTO_BYTES_MAP, /* base64 in JSON */
};

struct proto_message;

struct proto_field {
    uint32_t number;
    const char *key;
    enum proto_type type;
    bool repeated;
    const struct proto_message *message;
};

struct proto_message {
    const struct proto_field *fields;
    size_t count;
};

/* proto_schema.c; NULL: unknown kind. */
const struct proto_message *proto_find(const char *api_version, const char *kind);

#endif
