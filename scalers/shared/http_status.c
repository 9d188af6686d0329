/* Statuses and header names. */
#include "scalers/shared/http_status.h"

#include <string.h>

int http_status_fail(int status, struct err *err)
{
    enum err_code code = ERR_PROTOCOL;
    if (status == 401 || status == 403)
        code = ERR_AUTH;
    else if (status == 404)
        code = ERR_NOT_FOUND;
    else if (status == 429 || status >= 500)
        code = ERR_UNAVAILABLE;
    else if (status == 400 || status == 422)
        code = ERR_INVALID;
    return err_set(err, code, "HTTP status %d", status);
}

bool http_header_name_ok(const char *name)
{
    static const char token[] =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return *name != '\0' && name[strspn(name, token)] == '\0';
}
