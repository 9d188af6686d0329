/* Is the daemon ready to scale? */
#ifndef SCALER_DAEMON_READINESS_H
#define SCALER_DAEMON_READINESS_H

struct daemon;

const char *daemon_not_ready(const struct daemon *daemon); /* what is missing; NULL: ready */

#endif
