/* Owns the table from HTTP statuses to errors, and the names of verbs. */
#include "scaler/kube/answer.h"

#include <stdbool.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"

struct status_row {
    int from, to;
    enum err_code code;
};

/* The first row that fits counts. */
static const struct status_row status_rows[] = {
    {300, 399, ERR_PROTOCOL},    {401, 401, ERR_AUTH},        {403, 403, ERR_AUTH},
    {404, 404, ERR_NOT_FOUND},   {405, 406, ERR_UNSUPPORTED}, {408, 408, ERR_TIMEOUT},
    {409, 409, ERR_CONFLICT},    {410, 410, ERR_GONE},        {413, 413, ERR_LIMIT},
    {415, 415, ERR_UNSUPPORTED}, {429, 429, ERR_UNAVAILABLE}, {400, 499, ERR_INVALID},
    {500, 599, ERR_UNAVAILABLE},
};

enum err_code answer_code(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(status_rows); i++)
        if (status >= status_rows[i].from && status <= status_rows[i].to)
            return status_rows[i].code;
    return ERR_PROTOCOL;
}

/* What a failed request is told in: a Status object's message. Anything else (a proxy's HTML page) is not
 * repeated. */
static int refuse(int status, const char *body, size_t len, struct err *err)
{
    json_t *root = NULL;
    const char *message = NULL;
    if (len > 0 && json_load_bytes(body, len, &root, NULL) == 0 && text_eq(json_str(root, "kind"), "Status"))
        message = json_str(root, "message");
    int rc = err_set(err, answer_code(status), "%d%s%s", status, text_empty(message) ? "" : ": ",
                     text_empty(message) ? "" : message);
    json_decref(root);
    return rc;
}

int answer_read(int status, const char *body, size_t len, json_t **ret, struct err *err)
{
    if (status < 200 || status > 299)
        return refuse(status, body, len, err);
    json_t *root = NULL;
    if (len > 0) {
        int rc = json_load_bytes(body, len, &root, err);
        if (rc < 0)
            return err_wrap(err, "%d", status);
    }
    *ret = root;
    return 0;
}

/* After /api/v1 or /apis/GROUP/VERSION, a collection is one segment, or three of which the first is
 * "namespaces". */
static bool is_collection(const char *path)
{
    unsigned segments = 0;
    bool core = text_starts_with(path, "/api/");
    bool in_namespace = false;
    size_t prefix = core ? 2 : 3;
    for (const char *at = path; *at == '/'; segments++) {
        const char *name = at + 1;
        size_t len = strcspn(name, "/?");
        in_namespace |=
            segments == prefix && len == strlen("namespaces") && strncmp(name, "namespaces", len) == 0;
        at = name + len;
    }
    size_t rest = segments - (segments < prefix ? segments : prefix);
    return rest == 1 || (in_namespace && rest == 3);
}

static bool asks_to_watch(const char *path)
{
    const char *query = strchr(path, '?');
    const char *key = query ? strstr(query, "watch=") : NULL;
    return key && (key[-1] == '?' || key[-1] == '&');
}

static const char *const verbs[][2] = {
    {"POST", "create"},
    {"PUT", "update"},
    {"PATCH", "patch"},
    {"DELETE", "delete"},
};

const char *answer_verb(const char *method, const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i][0], method) == 0)
            return verbs[i][1];
    if (asks_to_watch(path))
        return "watch";
    return is_collection(path) ? "list" : "get";
}
