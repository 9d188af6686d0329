/* Which file descriptors are watched, for whom. At most one watcher a descriptor. */
#ifndef SCALER_NET_SOCK_H
#define SCALER_NET_SOCK_H

#include <stdbool.h>

struct net;

/* events: UV_READABLE, UV_WRITABLE; 0 with failed set: the descriptor is in error, and no longer watched. */
typedef void (*sock_fn)(int fd, int events, bool failed, void *arg);

/* Watches fd. ours: its owner will call sock_drop before it closes fd (so it may stay armed while idle). */
int sock_watch(struct net *net, int fd, int events, sock_fn fn, void *arg);
/* Declares fd as one whose close goes through sock_drop. */
int sock_adopt(struct net *net, int fd);
/* Nobody listens any more. An adopted descriptor may stay armed: a kept-alive connection is asked again soon.
 */
void sock_unwatch(struct net *net, int fd);
/* Before fd is closed; its watcher, if any, hears nothing more. */
void sock_drop(struct net *net, int fd);

#endif
