/* TLS options after parsing: what curl's connections are set up with. Reference-counted; text of keys is not
 * kept. */
#ifndef SCALER_NET_TLS_MATERIAL_H
#define SCALER_NET_TLS_MATERIAL_H

#include <curl/curl.h>
#include <stdbool.h>

#include "scaler/base/err.h"
#include "scaler/net/tls.h"

struct net;
struct tls_material;

/* options NULL: the defaults. ERR_CONFIG names the part (ca, cert, key) that cannot be read, never its
 * content. */
int tls_material_new(struct net *net, const struct tls_options *options, struct tls_material **ret,
                     struct err *err);
struct tls_material *tls_material_ref(struct tls_material *material);
void tls_material_unref(struct tls_material *material);
/* Made from the same options: connections may be shared. */
bool tls_material_equal(const struct tls_material *a, const struct tls_material *b);
bool tls_material_has_server_name(const struct tls_material *material);
/* The material must outlive the handle and every connection it made. */
void tls_material_apply(struct tls_material *material, CURL *easy);

#endif
