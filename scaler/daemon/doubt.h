/* When what a watch told is not believed any more: a torn stream is nothing, one that keeps failing leaves a
 * picture of some time ago. */
#ifndef SCALER_DAEMON_DOUBT_H
#define SCALER_DAEMON_DOUBT_H

#include <stdbool.h>
#include <stdint.h>

struct doubt { /* zero-initialised: none */
    unsigned errors;
    int64_t error_ms, until_ms;
};

void doubt_clear(struct doubt *doubt); /* something was heard */
/* The watch has failed; it tries again in in_ms. */
void doubt_error(struct doubt *doubt, int64_t now_ms, int64_t in_ms);
bool doubt_holds(const struct doubt *doubt, int64_t now_ms);

#endif
