/* What Redis' error replies mean to us. */
#ifndef SCALERS_REDIS_FAILURE_H
#define SCALERS_REDIS_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

#include "scaler/base/err.h"
#include "scalers/redis/resp.h"

/* The first word of an error reply ("WRONGTYPE") is this one. */
bool redis_failure_is(const struct redis_reply *reply, const char *word);

/* Fills err from an error reply; returns its code. The reply's text is quoted unless it repeats one of the
 * secrets. */
int redis_failure(const struct redis_reply *reply, const char *const *secrets, size_t secrets_len,
                  struct err *err);

/* The same with the first word only: for commands that carry a credential, which servers like to repeat. */
int redis_failure_word(const struct redis_reply *reply, const char *command, struct err *err);

#endif
