/* The authentication block that HTTP triggers share (spec/keda-scalers.md §1.9): rows, rules, the header that
 * results. */
#ifndef SCALERS_SHARED_HTTP_AUTH_H
#define SCALERS_SHARED_HTTP_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "config/params.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "scalers/shared/tls_params.h"

struct http_auth {
    struct text_list modes; /* empty: authentication is off and the rest of the block is ignored */
    char *bearer_token;
    char *username, *password;
    struct tls_params tls;
    char *custom_header, *custom_value;
    char *api_key, *method, *key_param_name;
    char *oauth_token_uri, *client_id, *client_secret;
    struct text_list scopes;
    struct text_map endpoint_params;
};

/* For a param_group whose offset is that of a struct http_auth. */
#define HTTP_AUTH_ROWS_LEN 17
extern const struct param_row http_auth_rows[HTTP_AUTH_ROWS_LEN];

/* What each mode requires. Also takes blank scopes away. */
void http_auth_check(struct http_auth *auth, const struct params_context *context,
                     struct params_error_sink *sink);
bool http_auth_enabled(const struct http_auth *auth);
bool http_auth_has(const struct http_auth *auth, const char *mode);
/* Everything that makes two connections differ; nothing but a mark when authentication is off. */
void http_auth_key_add(struct strbuf *key, const struct http_auth *auth);

/* The one header of bearer, basic and custom, in this order. False: none. *ret_value is the caller's
 * (mem_free_secret). */
bool http_auth_header(const struct http_auth *auth, const char **ret_name, char **ret_value);

#endif
