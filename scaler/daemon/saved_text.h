/* What was saved of objects that have not come yet, by key: read at start, claimed one by one. */
#ifndef SCALER_DAEMON_SAVED_TEXT_H
#define SCALER_DAEMON_SAVED_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

struct saved_text {
    UT_hash_handle hh;
    char *key; /* "ns_name" */
    char *text;
    uint64_t hash;    /* of the key */
    int64_t saved_ms; /* 0: not looked at yet; -1: cannot be read */
};

struct saved_text *saved_text_find(struct saved_text *texts, const char *key);
/* A second text of a key takes the place of the first. Both strings are copied. */
void saved_text_put(struct saved_text **texts, const char *key, const char *text);
void saved_text_drop(struct saved_text **texts, struct saved_text *text); /* NULL is fine */
void saved_text_drop_all(struct saved_text **texts);
bool saved_text_is_older(struct saved_text *text, int64_t now_ms, int64_t age_ms); /* or cannot be read */

#endif
