/* Readers of replies about streams. */
#include "scalers/redis/stream_info.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/number.h"

static const char version_key[] = "redis_version:";

/* The text behind the key, if a line begins with it; up to the dot or the line's end. */
static char *find_major(const char *info)
{
    const char *line = info;
    while (line && strncmp(line, version_key, sizeof(version_key) - 1) != 0) {
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    if (!line)
        return NULL;
    line += sizeof(version_key) - 1;
    return mem_strndup(line, strcspn(line, ".\r\n"));
}

int stream_version_check(const struct redis_reply *info, struct err *err)
{
    int64_t major = 0;
    if (info->type != REDIS_TEXT && info->type != REDIS_STATUS)
        return err_set(err, ERR_PROTOCOL, "the reply to INFO is not a text");
    AUTO_FREE char *text = find_major(info->text);
    if (!text || number_parse_go_int(text, &major, NULL) < 0)
        return err_set(err, ERR_PROTOCOL, "INFO names no Redis version");
    if (major < STREAM_LAG_MAJOR)
        return err_set(err, ERR_UNSUPPORTED, "lagCount needs Redis %d or newer; the server says it is %lld",
                       STREAM_LAG_MAJOR, (long long)major);
    return 0;
}

int stream_pending_count(const struct redis_reply *reply, int64_t *ret, struct err *err)
{
    if (reply->type != REDIS_LIST || reply->len == 0 || reply->items[0]->type != REDIS_INTEGER ||
        reply->items[0]->integer < 0)
        return err_set(err, ERR_PROTOCOL, "the reply to XPENDING is not a summary");
    *ret = reply->items[0]->integer;
    return 0;
}

static bool is_text(const struct redis_reply *reply, const char *text, size_t len)
{
    return (reply->type == REDIS_TEXT || reply->type == REDIS_STATUS) && reply->len == len &&
           memcmp(reply->text, text, len) == 0;
}

/* A group is a flat list of names and values. */
static const struct redis_reply *field(const struct redis_reply *group, const char *name)
{
    if (group->type != REDIS_LIST)
        return NULL;
    for (size_t i = 0; i + 1 < group->len; i += 2) {
        if (is_text(group->items[i], name, strlen(name)))
            return group->items[i + 1];
    }
    return NULL;
}

static const struct redis_reply *find_group(const struct redis_reply *groups, const char *name)
{
    for (size_t i = 0; i < groups->len; i++) {
        const struct redis_reply *found = field(groups->items[i], "name");
        if (found && is_text(found, name, strlen(name)))
            return groups->items[i];
    }
    return NULL;
}

int stream_group_lag(const struct redis_reply *reply, const char *group, enum stream_lag *ret,
                     int64_t *ret_lag, struct err *err)
{
    if (reply->type != REDIS_LIST)
        return err_set(err, ERR_PROTOCOL, "the reply to XINFO GROUPS is not a list");
    const struct redis_reply *found = find_group(reply, group);
    if (!found) {
        *ret = STREAM_NO_GROUP;
        return 0;
    }
    const struct redis_reply *lag = field(found, "lag");
    if (!lag || (lag->type != REDIS_NIL && lag->type != REDIS_INTEGER))
        return err_set(err, ERR_PROTOCOL, "the server gives no lag for the group");
    bool known = lag->type == REDIS_INTEGER && lag->integer >= 0;
    *ret = known ? STREAM_LAG_KNOWN : STREAM_LAG_UNKNOWN;
    if (known)
        *ret_lag = lag->integer;
    return 0;
}
