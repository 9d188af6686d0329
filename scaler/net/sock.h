/* Which file descriptors are watched, for whom. At most one watcher a descriptor. */
#ifndef SCALER_NET_SOCK_H
#define SCALER_NET_SOCK_H

#include <stdbool.h>

struct net;

/* events: UV_READABLE, UV_WRITABLE; 0 with failed set: the descriptor is in error, and no longer watched. */
typedef void (*sock_fn)(int fd, int events, bool failed, void *arg);

int sock_watch(struct net *net, int fd, int events, sock_fn fn, void *arg);
/* Nobody listens any more. keep: whoever closes fd calls sock_drop before, so it may stay armed meanwhile. */
void sock_unwatch(struct net *net, int fd, bool keep);
void sock_drop(struct net *net, int fd);
/* fd is new. If it was watched, the one before it was closed without a word: the watch moves to the new one.
 */
void sock_opened(struct net *net, int fd);

#endif
