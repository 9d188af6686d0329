/* Keeps the configuration directory read: file-system events and a slow scan, loading on a worker thread, one
 * snapshot at a time. */
#ifndef SCALER_DAEMON_RELOAD_H
#define SCALER_DAEMON_RELOAD_H

#include "config/set.h"
#include "scaler/base/err.h"

struct daemon;
struct reload;

/* applied(daemon, set, diags): a new snapshot; takes set over. What stands in broken files has been carried
 * over from `previous`. */
typedef void (*reload_fn)(struct daemon *daemon, struct config_set *set_take, const struct diag_list *diags);

int reload_open(struct daemon *daemon, const char *dir, const char *default_ns,
                const struct config_set *previous, reload_fn applied, struct reload **ret, struct err *err);
void reload_now(struct reload *reload); /* SIGHUP */
void reload_close(struct reload *reload, void (*closed)(void *arg), void *arg);

#endif
