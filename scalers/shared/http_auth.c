/* Rules and results of the shared HTTP authentication block. */
#include "scalers/shared/http_auth.h"

#include <string.h>

#include "scaler/base/base64.h"
#include "scaler/base/mem.h"
#include "scalers/shared/key.h"

/* What a mode cannot do without. */
static const struct requirement {
    const char *mode;
    const char *param;
    size_t offset;
} requirements[] = {
    {"bearer", "bearerToken", offsetof(struct http_auth, bearer_token)},
    {"basic", "username", offsetof(struct http_auth, username)},
    {"tls", "cert", offsetof(struct http_auth, tls.cert)},
    {"tls", "key", offsetof(struct http_auth, tls.key)},
    {"custom", "customAuthHeader", offsetof(struct http_auth, custom_header)},
    {"custom", "customAuthValue", offsetof(struct http_auth, custom_value)},
    {"apiKey", "apiKey", offsetof(struct http_auth, api_key)},
    {"oauth", "oauthTokenURI", offsetof(struct http_auth, oauth_token_uri)},
    {"oauth", "clientID", offsetof(struct http_auth, client_id)},
};

bool http_auth_enabled(const struct http_auth *auth)
{
    return auth->modes.len > 0;
}

bool http_auth_has(const struct http_auth *auth, const char *mode)
{
    for (size_t i = 0; i < auth->modes.len; i++) {
        if (strcmp(auth->modes.items[i], mode) == 0)
            return true;
    }
    return false;
}

static void drop_blank_scopes(struct text_list *scopes)
{
    size_t kept = 0;
    for (size_t i = 0; i < scopes->len; i++) {
        if (text_empty(scopes->items[i]))
            mem_free(scopes->items[i]);
        else
            scopes->items[kept++] = scopes->items[i];
    }
    scopes->len = kept;
}

void http_auth_check(struct http_auth *auth, const struct params_context *context,
                     struct params_error_sink *sink)
{
    drop_blank_scopes(&auth->scopes);
    if (!http_auth_enabled(auth))
        return;
    for (size_t i = 0; i < ARRAY_LEN(requirements); i++) {
        const struct requirement *need = &requirements[i];
        const char *value = *(char *const *)(const void *)((const char *)auth + need->offset);
        if (http_auth_has(auth, need->mode) && text_empty(value) && !context->auth_unknown)
            params_report(sink, NULL, "parameter %s is required by authModes %s", need->param, need->mode);
    }
    tls_params_check(&auth->tls, sink);
}

void http_auth_key_add(struct strbuf *key, const struct http_auth *auth)
{
    key_add_int(key, (int64_t)auth->modes.len);
    if (!http_auth_enabled(auth))
        return;
    for (size_t i = 0; i < auth->modes.len; i++)
        key_add(key, auth->modes.items[i]);
    const char *const fields[] = {auth->bearer_token,  auth->username,       auth->password,
                                  auth->custom_header, auth->custom_value,   auth->api_key,
                                  auth->method,        auth->key_param_name, auth->oauth_token_uri,
                                  auth->client_id,     auth->client_secret};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        key_add(key, fields[i]);
    for (size_t i = 0; i < auth->scopes.len; i++)
        key_add(key, auth->scopes.items[i]);
    key_add_map(key, &auth->endpoint_params);
    tls_params_key_add(key, &auth->tls);
}

static char *basic_value(const struct http_auth *auth)
{
    char *pair =
        mem_printf("%s:%s", auth->username ? auth->username : "", auth->password ? auth->password : "");
    char *encoded = base64_encode(pair, strlen(pair));
    char *value = mem_printf("Basic %s", encoded);
    mem_free_secret(pair);
    mem_free_secret(encoded);
    return value;
}

bool http_auth_header(const struct http_auth *auth, const char **ret_name, char **ret_value)
{
    bool bearer = http_auth_has(auth, "bearer");
    bool basic = http_auth_has(auth, "basic");
    if (!bearer && !basic && !http_auth_has(auth, "custom"))
        return false;
    *ret_name = bearer || basic ? "Authorization" : auth->custom_header;
    if (bearer)
        *ret_value = mem_printf("Bearer %s", auth->bearer_token);
    else
        *ret_value = basic ? basic_value(auth) : mem_strdup(auth->custom_value);
    return true;
}
