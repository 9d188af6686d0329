/* Owns the saved texts that no object has claimed. */
#include "scaler/daemon/saved_text.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/daemon/state_codec.h"

struct saved_text *saved_text_find(struct saved_text *texts, const char *key)
{
    struct saved_text *found = NULL;
    HASH_FIND_STR(texts, key, found);
    return found;
}

void saved_text_put(struct saved_text **texts, const char *key, const char *text)
{
    struct saved_text *saved = mem_zalloc(sizeof *saved);
    saved_text_drop(texts, saved_text_find(*texts, key));
    saved->key = mem_strdup(key);
    saved->text = mem_strdup(text);
    saved->hash = text_hash(key, strlen(key));
    HASH_ADD_KEYPTR(hh, *texts, saved->key, strlen(saved->key), saved);
}

void saved_text_drop(struct saved_text **texts, struct saved_text *text)
{
    if (!text)
        return;
    HASH_DEL(*texts, text);
    mem_free(text->key);
    mem_free(text->text);
    mem_free(text);
}

void saved_text_drop_all(struct saved_text **texts)
{
    struct saved_text *text, *next;
    HASH_ITER (hh, *texts, text, next)
        saved_text_drop(texts, text);
}

bool saved_text_is_older(struct saved_text *text, int64_t now_ms, int64_t age_ms)
{
    if (text->saved_ms == 0) {
        struct saved_object saved;
        struct history history;
        history_init(&history);
        text->saved_ms =
            state_decode(text->text, now_ms, 0, &saved, &history, NULL) < 0 ? -1 : saved.saved_ms;
        history_done(&history);
    }
    return text->saved_ms < 0 || now_ms - text->saved_ms > age_ms;
}
