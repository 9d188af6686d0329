/* Names that resemble one: for a person who mistyped. Pure. */
#ifndef SCALER_DAEMON_NEAR_H
#define SCALER_DAEMON_NEAR_H

/* How far an object's id ("namespace/name") is from the wanted one (the same, or a name alone). 0: it is that
 * one (a name alone: in any namespace); NEAR_FAR: they have nothing in common, not even the namespace. Cheap
 * enough for thousands. */
#define NEAR_FAR 100
int near_distance(const char *wanted, const char *id);

#endif
