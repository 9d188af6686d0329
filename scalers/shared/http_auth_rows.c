/* The rows of the shared HTTP authentication block. */
#include "scalers/shared/http_auth.h"

#include <stddef.h>

static const char *const mode_choices[] = {"apiKey", "basic", "tls", "bearer", "custom", "oauth", NULL};
static const char *const mode_exclusive[] = {"bearer", "basic", "oauth", NULL};
static const char *const method_choices[] = {"header", "query", NULL};

#define AUTH_ONLY                                                                                            \
    {                                                                                                        \
        PARAM_FROM_AUTH                                                                                      \
    }
#define METADATA_AUTH                                                                                        \
    {                                                                                                        \
        PARAM_FROM_METADATA, PARAM_FROM_AUTH                                                                 \
    }
#define AT(member) offsetof(struct http_auth, member)

const struct param_row http_auth_rows[] = {
    {.names = {"authModes", "authMode"},
     .type = PARAM_LIST,
     .from = METADATA_AUTH,
     .choices = mode_choices,
     .exclusive = mode_exclusive,
     .doc = "Ways to authenticate; at most one of bearer, basic and oauth. Without it every other "
            "authentication parameter is "
            "ignored.",
     .offset = AT(modes)},
    {.names = {"bearerToken", "token"},
     .type = PARAM_STRING,
     .from = AUTH_ONLY,
     .secret = true,
     .doc = "Token of mode bearer.",
     .offset = AT(bearer_token)},
    {.names = {"username"},
     .type = PARAM_STRING,
     .from = AUTH_ONLY,
     .doc = "User of mode basic.",
     .offset = AT(username)},
    {.names = {"password"},
     .type = PARAM_STRING,
     .from = AUTH_ONLY,
     .secret = true,
     .doc = "Password of mode basic; may be empty.",
     .offset = AT(password)},
    {.names = {"ca"},
     .type = PARAM_STRING,
     .from = AUTH_ONLY,
     .doc = "Certificate authorities (PEM text), trusted besides the system's; ignored without authModes.",
     .offset = AT(tls.ca)},
    {.names = {"cert"},
     .type = PARAM_STRING,
     .from = AUTH_ONLY,
     .doc = "Client certificate (PEM text) of mode tls.",
     .offset = AT(tls.cert)},
    {.names = {"key"},
     .type = PARAM_STRING,
     .from = AUTH_ONLY,
     .secret = true,
     .doc = "Private key (PEM text) of mode tls.",
     .offset = AT(tls.key)},
    {.names = {"customAuthHeader"},
     .type = PARAM_STRING,
     .from = AUTH_ONLY,
     .doc = "Header name of mode custom.",
     .offset = AT(custom_header)},
    {.names = {"customAuthValue"},
     .type = PARAM_STRING,
     .from = AUTH_ONLY,
     .secret = true,
     .doc = "Header value of mode custom.",
     .offset = AT(custom_value)},
    {.names = {"apiKey"},
     .type = PARAM_STRING,
     .from = METADATA_AUTH,
     .secret = true,
     .doc = "Key of mode apiKey.",
     .offset = AT(api_key)},
    {.names = {"method"},
     .type = PARAM_STRING,
     .from = METADATA_AUTH,
     .choices = method_choices,
     .doc = "Where the key of mode apiKey goes; `header` if not given.",
     .offset = AT(method)},
    {.names = {"keyParamName"},
     .type = PARAM_STRING,
     .from = METADATA_AUTH,
     .doc = "Name of the header or query parameter of mode apiKey.",
     .offset = AT(key_param_name)},
    {.names = {"oauthTokenURI"},
     .type = PARAM_STRING,
     .from = AUTH_ONLY,
     .doc = "Token endpoint of mode oauth.",
     .offset = AT(oauth_token_uri)},
    {.names = {"clientID"},
     .type = PARAM_STRING,
     .from = AUTH_ONLY,
     .doc = "Client of mode oauth.",
     .offset = AT(client_id)},
    {.names = {"clientSecret"},
     .type = PARAM_STRING,
     .from = AUTH_ONLY,
     .secret = true,
     .doc = "Client secret of mode oauth.",
     .offset = AT(client_secret)},
    {.names = {"scopes", "scope"},
     .type = PARAM_LIST,
     .from = AUTH_ONLY,
     .doc = "Scopes of mode oauth.",
     .offset = AT(scopes)},
    {.names = {"endpointParams"},
     .type = PARAM_URL_VALUES,
     .from = AUTH_ONLY,
     .secret = true,
     .doc = "Further parameters for the token endpoint of mode oauth.",
     .offset = AT(endpoint_params)},
};
