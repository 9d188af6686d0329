/* What must survive a restart — cooldown, stabilization history, failure counts — in ConfigMaps of the
 * daemon's namespace. Written only on change and at most every 10 s; spread over several ConfigMaps when
 * there are many objects (a ConfigMap holds 1 MiB). */
#ifndef SCALER_DAEMON_STATE_H
#define SCALER_DAEMON_STATE_H

#include "scaler/engine/decide.h"

struct daemon;
struct object;
struct state;

struct state *state_new(struct daemon *daemon);
/* Reads what was saved; then loaded(daemon) is called once, also when there is nothing or saving is off.
 * Tries until the API answers. */
void state_load(struct state *state, void (*loaded)(struct daemon *daemon));
void state_restore(struct state *state, struct object *object);
void state_note(struct state *state, struct object *object,
                const struct decision *decision);             /* after each decision */
void state_touch(struct state *state, struct object *object); /* worth saving */
void state_forget(struct state *state, struct object *object);
/* Saves what is unsaved, then done(daemon); the caller bounds the time. */
void state_flush(struct state *state, void (*done)(struct daemon *daemon));
void state_close(struct state *state); /* no more reads and writes; their ends may still come until the API
                                          client is closed */
void state_free(struct state *state);

#endif
