/* What Redis says of its streams: the server's version, pending entries, the lag of a group. Pure. */
#ifndef SCALERS_REDIS_STREAM_INFO_H
#define SCALERS_REDIS_STREAM_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scalers/redis/resp.h"

/* The first version that counts lags. */
#define STREAM_LAG_MAJOR 7

/* From INFO's text: an error when the version is missing, unreadable or older than STREAM_LAG_MAJOR. */
int stream_version_check(const struct redis_reply *info, struct err *err);

/* From XPENDING's summary. */
int stream_pending_count(const struct redis_reply *reply, int64_t *ret, struct err *err);

enum stream_lag { STREAM_LAG_KNOWN, STREAM_LAG_UNKNOWN, STREAM_NO_GROUP };
/* From XINFO GROUPS. Unknown: the server itself cannot tell (entries were deleted). */
int stream_group_lag(const struct redis_reply *reply, const char *group, enum stream_lag *ret,
                     int64_t *ret_lag, struct err *err);

#endif
