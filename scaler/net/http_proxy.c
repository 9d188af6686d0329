/* Owns the choice of a proxy. The environment is read once per pool, as Go's HTTP client (which users'
 * manifests were written for) reads it: upper and lower case names, never a proxy for loopback. curl would
 * only accept http_proxy in lower case, and search the environment for every request. */
#include <stdlib.h>
#include <strings.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/net/http_internal.h"

struct http_proxy {
    char *http, *https; /* never NULL; "": none */
    char *bypass;
};

static const char *env_either(const char *lower, const char *upper)
{
    const char *value = getenv(lower);
    if (text_empty(value))
        value = getenv(upper);
    return value ? value : "";
}

static char *env_bypass(void)
{
    const char *list = env_either("no_proxy", "NO_PROXY");
    if (text_eq(list, "*"))
        return mem_strdup(list);
    return mem_printf("%s%slocalhost,127.0.0.0/8,::1", list, *list ? "," : "");
}

struct http_proxy *http_proxy_new(const char *option)
{
    struct http_proxy *proxy = mem_zalloc(sizeof(*proxy));
    proxy->http = mem_strdup(option ? option : env_either("http_proxy", "HTTP_PROXY"));
    proxy->https = mem_strdup(option ? option : env_either("https_proxy", "HTTPS_PROXY"));
    bool from_env = !option && (*proxy->http || *proxy->https);
    proxy->bypass = from_env ? env_bypass() : mem_strdup("");
    return proxy;
}

void http_proxy_free(struct http_proxy *proxy)
{
    if (!proxy)
        return;
    mem_free_secret(proxy->http); /* may hold user-info */
    mem_free_secret(proxy->https);
    mem_free(proxy->bypass);
    mem_free(proxy);
}

const char *http_proxy_for(const struct http_proxy *proxy, const char *url)
{
    return strncasecmp(url, "https:", 6) == 0 ? proxy->https : proxy->http;
}

const char *http_proxy_bypass(const struct http_proxy *proxy)
{
    return proxy->bypass;
}
