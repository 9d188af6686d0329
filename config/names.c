/* Owns the shapes of Kubernetes names. */
#include "config/names.h"

#include <stdbool.h>
#include <string.h>

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_label(const char *text, size_t len)
{
    if (len == 0 || !is_lower_alnum(text[0]) || !is_lower_alnum(text[len - 1]))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_lower_alnum(text[i]) && text[i] != '-')
            return false;
    return true;
}

static bool is_subdomain(const char *text, size_t len)
{
    if (len > NAME_SUBDOMAIN_MAX)
        return false;
    while (len > 0) {
        const char *dot = memchr(text, '.', len);
        size_t label = dot ? (size_t)(dot - text) : len;
        if (!is_label(text, label))
            return false;
        if (!dot)
            return true;
        text = dot + 1;
        len -= label + 1;
    }
    return false;
}

const char *name_check_subdomain(const char *text)
{
    if (is_subdomain(text, strlen(text)))
        return NULL;
    return "must be a DNS name: lower-case letters, digits, '-' and '.', at most 253 characters";
}

const char *name_check_label(const char *text)
{
    size_t len = strlen(text);
    if (len <= NAME_LABEL_MAX && is_label(text, len))
        return NULL;
    return "must be a DNS label: lower-case letters, digits and '-', at most 63 characters";
}

const char *name_check_api_version(const char *text)
{
    if (!*text)
        return NULL;
    const char *slash = strchr(text, '/');
    const char *version = slash ? slash + 1 : text;
    if ((!slash || is_subdomain(text, (size_t)(slash - text))) && !name_check_label(version))
        return NULL;
    return "must be an API version such as apps/v1";
}

const char *name_check_kind(const char *text)
{
    size_t len = strlen(text);
    size_t alnum = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    if (len == 0 || (len <= NAME_LABEL_MAX && alnum == len && (*text < '0' || *text > '9')))
        return NULL;
    return "must be a kind such as Deployment";
}
