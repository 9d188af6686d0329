/* Unpacks gzip as it comes in, with the outcome that Go's HTTP client has: one member after another, and
 * nothing but members. Internal to this room. */
#ifndef SCALER_NET_GUNZIP_H
#define SCALER_NET_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

struct gunzip;

/* Given the unpacked bytes piece by piece; false ends the work. */
typedef bool (*gunzip_sink_fn)(const char *bytes, size_t len, void *arg);

struct gunzip *gunzip_new(void);
void gunzip_free(struct gunzip *gunzip); /* NULL is fine */
/* GUNZIP_STOPPED: by the sink. After GUNZIP_BROKEN or GUNZIP_STOPPED only gunzip_free may follow. */
enum gunzip_result { GUNZIP_GOOD, GUNZIP_BROKEN, GUNZIP_STOPPED };
enum gunzip_result gunzip_feed(struct gunzip *gunzip, const char *bytes, size_t len, gunzip_sink_fn sink,
                               void *arg);
/* What has been fed ends where a member ends. */
bool gunzip_is_whole(const struct gunzip *gunzip);

#endif
