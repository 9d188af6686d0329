/* Error replies by their first word. */
#include "scalers/redis/failure.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scalers/shared/quote.h"

static const struct failure {
    const char *word;
    enum err_code code;
    const char *hint; /* NULL: the server's own text says enough */
} failures[] = {
    {"NOAUTH", ERR_AUTH, "the server wants a password"},
    {"WRONGPASS", ERR_AUTH, NULL},
    {"NOPERM", ERR_AUTH, NULL},
    {"DENIED", ERR_AUTH, NULL},
    {"LOADING", ERR_UNAVAILABLE, NULL},
    {"MASTERDOWN", ERR_UNAVAILABLE, NULL},
    {"CLUSTERDOWN", ERR_UNAVAILABLE, NULL},
    {"TRYAGAIN", ERR_UNAVAILABLE, NULL},
    {"BUSY", ERR_UNAVAILABLE, NULL},
    {"READONLY", ERR_UNAVAILABLE, NULL},
    {"MISCONF", ERR_UNAVAILABLE, NULL},
    {"OOM", ERR_UNAVAILABLE, NULL},
    {"UNKILLABLE", ERR_UNAVAILABLE, NULL},
    {"MOVED", ERR_UNSUPPORTED, "the server is a node of a Redis Cluster: use a redis-cluster trigger"},
    {"ASK", ERR_UNSUPPORTED, "the server is a node of a Redis Cluster: use a redis-cluster trigger"},
    {"CROSSSLOT", ERR_UNSUPPORTED, "the server is a node of a Redis Cluster: use a redis-cluster trigger"},
    {"WRONGTYPE", ERR_INVALID, "the key does not hold what this trigger counts"},
    {"NOGROUP", ERR_NOT_FOUND, NULL},
};
static const struct failure other = {"ERR", ERR_INVALID, NULL};

static size_t word_len(const char *text)
{
    size_t len = 0;
    while (len < 32 && (isupper((unsigned char)text[len]) || text[len] == '_'))
        len++;
    return text[len] == ' ' || text[len] == '\0' ? len : 0;
}

bool redis_failure_is(const struct redis_reply *reply, const char *word)
{
    return reply->type == REDIS_ERROR && word_len(reply->text) == strlen(word) &&
           text_starts_with(reply->text, word);
}

static const struct failure *find(const struct redis_reply *reply)
{
    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        if (redis_failure_is(reply, failures[i].word))
            return &failures[i];
    }
    return &other;
}

/* Refused connections come as a plain ERR. */
static enum err_code code_of(const struct failure *failure, const struct redis_reply *reply)
{
    return strstr(reply->text, "max number of clients") ? ERR_UNAVAILABLE : failure->code;
}

int redis_failure(const struct redis_reply *reply, const char *const *secrets, size_t secrets_len,
                  struct err *err)
{
    const struct failure *failure = find(reply);
    char quoted[QUOTE_MAX + 1];
    quote_untrusted(quoted, sizeof(quoted), reply->text, reply->len, secrets, secrets_len);
    if (failure->hint)
        return err_set(err, failure->code, "%s (%s)", failure->hint, quoted);
    return err_set(err, code_of(failure, reply), "%s", *quoted ? quoted : "an error without a text");
}

int redis_failure_word(const struct redis_reply *reply, const char *command, struct err *err)
{
    const struct failure *failure = find(reply);
    size_t len = word_len(reply->text);
    char word[33];
    snprintf(word, sizeof(word), "%.*s", (int)len, len > 0 ? reply->text : "");
    enum err_code code = code_of(failure, reply);
    if (code == ERR_INVALID)
        code = ERR_AUTH;
    return err_set(err, code, "%s was refused (%s)", command, len > 0 ? word : "no code");
}
