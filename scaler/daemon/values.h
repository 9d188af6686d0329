/* Secrets and ConfigMaps in use: from the configuration directory if they are there, else watched by name in
 * the API. */
#ifndef SCALER_DAEMON_VALUES_H
#define SCALER_DAEMON_VALUES_H

#include <stdbool.h>

#include "config/set.h"
#include "scaler/kube/client.h"

struct values_cache;
struct values_ref;

enum values_state { VALUES_PENDING, VALUES_PRESENT, VALUES_ABSENT, VALUES_UNREADABLE };

struct values_cache *values_cache_new(struct kube_client *client);
void values_cache_close(struct values_cache *cache); /* all references must be gone */
/* A new snapshot of the directory: users of what changed are told. */
void values_cache_set_files(struct values_cache *cache, const struct config_set *set);

/* changed is called whenever state or data changed; never from within this call. */
struct values_ref *values_acquire(struct values_cache *cache, bool secret, const char *ns, const char *name,
                                  void (*changed)(void *arg), void *arg);
/* The same as the API has it now, whatever stands in the directory: for what is a reading, not a setting. */
struct values_ref *values_acquire_live(struct values_cache *cache, bool secret, const char *ns,
                                       const char *name, void (*changed)(void *arg), void *arg);
void values_release(struct values_ref *ref);
enum values_state values_state(const struct values_ref *ref);
const struct text_map *values_data(const struct values_ref *ref); /* empty unless VALUES_PRESENT */
const char *values_error(const struct values_ref *ref);           /* VALUES_UNREADABLE or doubtful: why */
/* It cannot be read, or has not been heard of for so long that the data may be of some time ago. */
bool values_doubtful(const struct values_ref *ref);
bool values_is(const struct values_ref *ref, bool secret, const char *ns, const char *name);

#endif
