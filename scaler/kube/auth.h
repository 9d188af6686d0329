/* Who we are to the API server, kept fresh: a fixed token, a token file, or what an exec plugin says. */
#ifndef SCALER_KUBE_AUTH_H
#define SCALER_KUBE_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "scaler/base/err.h"

struct kube_auth;
struct kubeconfig;
struct net;

struct kube_credential {
    const char *token;               /* NULL: none */
    const char *username, *password; /* NULL: none */
    const char *cert_pem, *key_pem;  /* NULL: none */
    uint64_t serial;                 /* changes whenever anything above does */
    uint64_t cert_serial;            /* changes when the certificate does: connections are bound to it */
};

/* config is borrowed as long as auth lives. changed(arg) comes when a poll may answer otherwise than before;
 * never from within a call. */
struct kube_auth *kube_auth_new(struct net *net, const struct kubeconfig *config, void (*changed)(void *arg),
                                void *arg);
/* A plugin under way is killed. closed comes in a later turn. */
void kube_auth_close(struct kube_auth *auth, void (*closed)(void *arg), void *arg);

/* 1: *ret is valid until the next call. 0: a plugin runs, changed follows. < 0: no credential to be had now.
 */
int kube_auth_poll(struct kube_auth *auth, struct kube_credential *ret, struct err *err);
/* The server refused (401) the credential with that serial. true: another try is worth it, after polling
 * again. */
bool kube_auth_refused(struct kube_auth *auth, uint64_t serial);

#endif
