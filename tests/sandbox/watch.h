/* Open watches: each a stream of events to one client. */
#ifndef TESTS_SANDBOX_WATCH_H
#define TESTS_SANDBOX_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct call;
struct sandbox;
struct watcher;

struct watches {
    struct sandbox *sandbox;
    struct watcher *first;
    size_t count;
    uint64_t opened, sent; /* watches and events since the start */
    uv_timer_t tick;       /* deadlines and bookmarks */
    int64_t bookmark_ms;
};

void watches_init(struct watches *watches, struct sandbox *sandbox, int64_t bookmark_ms);
void watches_close(struct watches *watches); /* the timer; watchers go with their connections */

/* Answers call with a stream, or with a refusal in its reply. */
void watch_open(struct call *call);

enum watch_end { WATCH_END_CLEAN, WATCH_END_GONE };
/* Ends every watch whose path contains the text, cleanly or with a 410 event (the collection's history is
 * forgotten too). Returns how many. */
size_t watches_end(struct watches *watches, const char *path, enum watch_end how);

#endif
