/* Which keys of a server are not lists: remembered so that each reading is one command. */
#ifndef SCALERS_REDIS_KEY_TYPES_H
#define SCALERS_REDIS_KEY_TYPES_H

#include "scaler/base/err.h"
#include "scalers/redis/resp.h"

enum length_command { LENGTH_LLEN, LENGTH_SCARD, LENGTH_ZCARD, LENGTH_HLEN };

const char *length_command_name(enum length_command command);
/* From TYPE's reply. A missing key ("none") is LLEN's, which answers 0. ERR_INVALID: a type that has no
 * length here. */
int length_command_of(const struct redis_reply *type, enum length_command *ret, struct err *err);

struct key_type;
struct key_types {
    struct key_type *by_key; /* only what is not LENGTH_LLEN */
};
enum length_command key_types_get(const struct key_types *types, const char *key);
void key_types_set(struct key_types *types, const char *key, enum length_command command);
void key_types_done(struct key_types *types);

#endif
