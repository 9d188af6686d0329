/* Owns the credential's freshness. A token file is read on the loop: it is small, and a pod's is in memory.
 */
#include "scaler/kube/auth.h"

#include <string.h>

#include "scaler/base/clock.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/kube/exec_credential.h"
#include "scaler/kube/exec_plugin.h"
#include "scaler/kube/kubeconfig.h"
#include "scaler/kube/kubeconfig_file.h"
#include "scaler/net/net.h"
#include "scaler/net/timer.h"

#define TOKEN_FILE_MAX_AGE_MS 60000
#define PLUGIN_MIN_GAP_MS     10000 /* between runs that only a 401 asks for */

struct kube_auth {
    struct net *net;
    const struct kubeconfig *config;
    void (*changed)(void *arg);
    void *arg;
    struct exec_credential current; /* token file and plugin */
    bool have;
    bool refused;       /* current got a 401 since it was fetched */
    int64_t fetched_ms; /* last try, net clock */
    uint64_t serial, cert_serial;
    struct exec_plugin *plugin;
    struct backoff backoff;
    int64_t retry_at_ms;
    struct err error; /* why the last fetch failed */
    void (*closed)(void *arg);
    void *closed_arg;
};

struct kube_auth *kube_auth_new(struct net *net, const struct kubeconfig *config, void (*changed)(void *arg),
                                void *arg)
{
    struct kube_auth *auth = mem_zalloc(sizeof(*auth));
    *auth = (struct kube_auth){
        .net = net,
        .config = config,
        .changed = changed,
        .arg = arg,
        .serial = 1,
        .cert_serial = 1,
        .backoff = {.base_ms = 1000, .cap_ms = 60000},
    };
    return auth;
}

static void finish_close(void *arg)
{
    struct kube_auth *auth = arg;
    void (*closed)(void *) = auth->closed;
    void *closed_arg = auth->closed_arg;
    exec_credential_done(&auth->current);
    mem_free(auth);
    closed(closed_arg);
}

void kube_auth_close(struct kube_auth *auth, void (*closed)(void *arg), void *arg)
{
    auth->closed = closed;
    auth->closed_arg = arg;
    if (auth->plugin)
        exec_plugin_cancel(auth->plugin);
    else
        net_defer(auth->net, finish_close, auth);
}

/* Takes what was fetched; the serials move only if something really changed. */
static void store_fetched(struct kube_auth *auth, struct exec_credential *fetched)
{
    if (!text_eq(auth->current.cert_pem, fetched->cert_pem) ||
        !text_eq(auth->current.key_pem, fetched->key_pem))
        auth->cert_serial++;
    auth->serial++;
    exec_credential_done(&auth->current);
    auth->current = *fetched;
    *fetched = (struct exec_credential){0};
    auth->have = true;
    auth->refused = false;
    backoff_reset(&auth->backoff);
}

static int64_t note_failure(struct kube_auth *auth, const struct err *error)
{
    auth->error = *error;
    int64_t wait = backoff_next_ms(&auth->backoff);
    auth->retry_at_ms = net_now_ms(auth->net) + wait;
    return wait;
}

static int read_token(const char *path, char **ret, struct err *err)
{
    char *text;
    int rc = kubeconfig_read_text(path, &text, err);
    if (rc < 0)
        return rc;
    char *token = text_trim(text);
    mem_free_secret(text);
    /* A line break inside would be refused as a header later, with a less helpful message. */
    if (!*token || strpbrk(token, "\r\n")) {
        mem_free_secret(token);
        return err_set(err, ERR_AUTH, "%s: not a token", path);
    }
    *ret = token;
    return 0;
}

/* A file that cannot be read for a moment (it is being replaced) does not take away a token that still works.
 */
static void refresh_file(struct kube_auth *auth)
{
    int64_t now = net_now_ms(auth->net);
    if (now < auth->retry_at_ms ||
        (auth->have && !auth->refused && now - auth->fetched_ms < TOKEN_FILE_MAX_AGE_MS))
        return;
    struct exec_credential fetched = {0};
    struct err error;
    auth->fetched_ms = now;
    if (read_token(auth->config->token_file, &fetched.token, &error) < 0) {
        int64_t wait = note_failure(auth, &error);
        log_warn(NULL, "token file: %s; reading it again in %lldms", error.msg, (long long)wait);
        return;
    }
    if (auth->have && text_eq(fetched.token, auth->current.token))
        auth->refused = false;
    else
        store_fetched(auth, &fetched);
    exec_credential_done(&fetched);
}

static int poll_file(struct kube_auth *auth, struct kube_credential *ret, struct err *err)
{
    refresh_file(auth);
    /* Both token and tokenFile given: the file counts, the token stands in until it can be read. */
    const char *token = auth->have ? auth->current.token : auth->config->token;
    if (!token)
        return err_set(err, ERR_AUTH, "%s", auth->error.msg);
    ret->token = token;
    return 1;
}

static bool is_expired(const struct exec_credential *credential)
{
    return credential->expires_ms != 0 && clock_wall_ms() >= credential->expires_ms;
}

static void on_plugin(struct exec_credential *credential, const struct err *error, void *arg)
{
    struct kube_auth *auth = arg;
    struct err expired;
    auth->plugin = NULL;
    /* Asking again at once would get the same answer, without end. */
    if (credential && is_expired(credential)) {
        err_set(&expired, ERR_AUTH, "credential plugin %s: its credential has already expired",
                auth->config->exec.command);
        error = &expired;
    }
    if (auth->closed) {
        finish_close(auth);
        return;
    }
    if (error) {
        int64_t wait = note_failure(auth, error);
        log_warn(NULL, "%s; trying again in %lldms", error->msg, (long long)wait);
    } else if (credential) {
        store_fetched(auth, credential);
    }
    auth->changed(auth->arg);
}

static int start_plugin(struct kube_auth *auth, struct err *err)
{
    auth->fetched_ms = net_now_ms(auth->net);
    int rc = exec_plugin_start(auth->net, auth->config, EXEC_PLUGIN_TIMEOUT_MS, on_plugin, auth,
                               &auth->plugin, err);
    if (rc < 0)
        note_failure(auth, err);
    return rc;
}

static int poll_plugin(struct kube_auth *auth, struct kube_credential *ret, struct err *err)
{
    if (!auth->have || auth->refused || is_expired(&auth->current)) {
        if (auth->plugin)
            return 0;
        if (net_now_ms(auth->net) < auth->retry_at_ms)
            return err_set(err, ERR_AUTH, "%s", auth->error.msg);
        struct err error;
        if (start_plugin(auth, &error) < 0)
            return err_set(err, ERR_AUTH, "%s", error.msg);
        return 0;
    }
    ret->token = auth->current.token;
    if (auth->current.cert_pem) {
        ret->cert_pem = auth->current.cert_pem;
        ret->key_pem = auth->current.key_pem;
    }
    return 1;
}

/* A fixed token is used even if a plugin is named too, as kubectl does. */
static bool uses_plugin(const struct kube_auth *auth)
{
    return auth->config->exec.command && !auth->config->token && !auth->config->token_file;
}

int kube_auth_poll(struct kube_auth *auth, struct kube_credential *ret, struct err *err)
{
    const struct kubeconfig *config = auth->config;
    struct kube_credential credential = {
        .token = config->token,
        .username = config->username,
        .password = config->password,
        .cert_pem = config->client_cert_pem,
        .key_pem = config->client_key_pem,
    };
    int rc = config->token_file  ? poll_file(auth, &credential, err)
             : uses_plugin(auth) ? poll_plugin(auth, &credential, err)
                                 : 1;
    if (rc != 1)
        return rc;
    credential.serial = auth->serial;
    credential.cert_serial = auth->cert_serial;
    *ret = credential;
    return 1;
}

bool kube_auth_refused(struct kube_auth *auth, uint64_t serial)
{
    if (!auth->config->token_file && !uses_plugin(auth))
        return false;
    if (serial != auth->serial)
        return true; /* a newer one is here already */
    bool too_soon = net_now_ms(auth->net) - auth->fetched_ms < PLUGIN_MIN_GAP_MS;
    if (uses_plugin(auth) && auth->have && too_soon)
        return false;
    auth->refused = true;
    return true;
}
