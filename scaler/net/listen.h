/* Listening sockets from address texts. */
#ifndef SCALER_NET_LISTEN_H
#define SCALER_NET_LISTEN_H

#include <stdint.h>

#include "scaler/base/err.h"

/* address: "127.0.0.1:8080", "[::1]:8080", ":8080" (all addresses of both families). *ret_fd is non-blocking.
 */
int listen_open(const char *address, int *ret_fd, uint16_t *ret_port, struct err *err);

#endif
