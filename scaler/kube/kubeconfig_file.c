/* Owns what the keys of a kubeconfig file mean and which entry a context leads to. Which files are read is
 * kubeconfig.c's. */
#include "scaler/kube/kubeconfig_file.h"

#include <string.h>

#include "scaler/base/base64.h"
#include "scaler/base/file.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/kube/kubeconfig.h"
#include "scaler/kube/kubeconfig_exec.h"

#define KUBECONFIG_MAX_BYTES ((size_t)8 << 20)
#define TEXT_MAX_BYTES       ((size_t)1 << 20)

/* The one place that says where in which file something is wrong. */
static int fail(const struct kubeconfig_file *file, const struct yaml_node *node, enum err_code code,
                const char *what, struct err *err)
{
    if (!node)
        return err_set(err, code, "%s: %s", file->path, what);
    return err_set(err, code, "%s:%d:%d: %s", file->path, node->line, node->column, what);
}

int kubeconfig_file_read(struct kubeconfig_file *ret, const char *path, struct err *err)
{
    char *bytes;
    size_t len;
    int rc = file_read(path, KUBECONFIG_MAX_BYTES, &bytes, &len, err);
    if (rc < 0)
        return rc;
    struct kubeconfig_file file = {0};
    int line = 0;
    int column = 0;
    rc = yaml_parse(bytes, len, &file.yaml, &line, &column, err);
    mem_free_secret(bytes);
    if (rc < 0)
        return err_wrap(err, "%s:%d:%d", path, line, column);
    file.path = mem_strdup(path);
    file.root = file.yaml.len > 0 ? file.yaml.documents[0] : NULL;
    if (file.yaml.len > 1 || (file.root && file.root->kind != YAML_MAP)) {
        rc = fail(&file, file.yaml.len > 1 ? file.yaml.documents[1] : file.root, ERR_CONFIG,
                  "a kubeconfig is one document, a map", err);
        kubeconfig_file_done(&file);
        return rc;
    }
    *ret = file;
    return 0;
}

void kubeconfig_file_done(struct kubeconfig_file *file)
{
    mem_free(file->path);
    yaml_done(&file->yaml);
    *file = (struct kubeconfig_file){0};
}

int kubeconfig_read_text(const char *path, char **ret, struct err *err)
{
    char *text;
    size_t len;
    int rc = file_read(path, TEXT_MAX_BYTES, &text, &len, err);
    if (rc < 0)
        return rc;
    if (strlen(text) == len) {
        *ret = text;
        return 0;
    }
    mem_wipe(text, len);
    mem_free(text);
    return err_set(err, ERR_CONFIG, "%s: not a text file", path);
}

/* Relative paths start at the directory of the file they are written in. */
static char *resolve_path(const struct kubeconfig_file *file, const char *path)
{
    const char *slash = strrchr(file->path, '/');
    if (path[0] == '/' || !slash)
        return mem_strdup(path);
    return mem_printf("%.*s/%s", (int)(slash - file->path), file->path, path);
}

enum field_kind {
    FIELD_TEXT,
    FIELD_FLAG,
    FIELD_PATH,     /* kept as an absolute or file-relative path */
    FIELD_PEM_FILE, /* read now, unless a FIELD_PEM_DATA row filled the place */
    FIELD_PEM_DATA, /* base64 */
    FIELD_REFUSED,
};

struct field {
    const char *key;
    enum field_kind kind;
    size_t offset;
};

/* The rows of -data come first: data beats file, as in kubectl. */
static const struct field cluster_fields[] = {
    {"server", FIELD_TEXT, offsetof(struct kubeconfig, server)},
    {"certificate-authority-data", FIELD_PEM_DATA, offsetof(struct kubeconfig, ca_pem)},
    {"certificate-authority", FIELD_PEM_FILE, offsetof(struct kubeconfig, ca_pem)},
    {"insecure-skip-tls-verify", FIELD_FLAG, offsetof(struct kubeconfig, insecure)},
    {"tls-server-name", FIELD_TEXT, offsetof(struct kubeconfig, tls_server_name)},
    {"proxy-url", FIELD_TEXT, offsetof(struct kubeconfig, proxy_url)},
};

static const struct field user_fields[] = {
    {"client-certificate-data", FIELD_PEM_DATA, offsetof(struct kubeconfig, client_cert_pem)},
    {"client-certificate", FIELD_PEM_FILE, offsetof(struct kubeconfig, client_cert_pem)},
    {"client-key-data", FIELD_PEM_DATA, offsetof(struct kubeconfig, client_key_pem)},
    {"client-key", FIELD_PEM_FILE, offsetof(struct kubeconfig, client_key_pem)},
    {"token", FIELD_TEXT, offsetof(struct kubeconfig, token)},
    {"tokenFile", FIELD_PATH, offsetof(struct kubeconfig, token_file)},
    {"username", FIELD_TEXT, offsetof(struct kubeconfig, username)},
    {"password", FIELD_TEXT, offsetof(struct kubeconfig, password)},
    {"as", FIELD_REFUSED, 0},
    {"as-uid", FIELD_REFUSED, 0},
    {"as-groups", FIELD_REFUSED, 0},
    {"as-user-extra", FIELD_REFUSED, 0},
    {"auth-provider", FIELD_REFUSED, 0},
};

static const struct field context_fields[] = {
    {"namespace", FIELD_TEXT, offsetof(struct kubeconfig, ns)},
};

static int decode_pem(const char *text, char **ret, struct err *err)
{
    char *pem;
    size_t len;
    int rc = base64_decode(text, &pem, &len, err);
    if (rc < 0)
        return rc;
    if (len > TEXT_MAX_BYTES || strlen(pem) != len) {
        mem_wipe(pem, len);
        mem_free(pem);
        return err_set(err, ERR_CONFIG, "not a PEM text");
    }
    *ret = pem;
    return 0;
}

static int fill_text(const struct kubeconfig_file *file, const struct field *field, const char *text,
                     char **ret, struct err *err)
{
    if (text_empty(text) || *ret)
        return 0;
    if (field->kind == FIELD_PEM_DATA)
        return decode_pem(text, ret, err);
    if (field->kind == FIELD_TEXT) {
        *ret = mem_strdup(text);
        return 0;
    }
    char *path = resolve_path(file, text);
    if (field->kind == FIELD_PATH) {
        *ret = path;
        return 0;
    }
    int rc = kubeconfig_read_text(path, ret, err);
    mem_free(path);
    return rc;
}

static int fill_field(const struct kubeconfig_file *file, const struct field *field,
                      const struct yaml_node *value, struct kubeconfig *ret, struct err *err)
{
    void *place = (char *)ret + field->offset;
    if (field->kind == FIELD_REFUSED) {
        AUTO_FREE char *what = mem_printf("%s is not supported", field->key);
        return fail(file, value, ERR_UNSUPPORTED, what, err);
    }
    if (field->kind == FIELD_FLAG) {
        if (value->kind != YAML_BOOL)
            return fail(file, value, ERR_CONFIG, "expected true or false", err);
        *(bool *)place = value->boolean;
        return 0;
    }
    if (value->kind == YAML_LIST || value->kind == YAML_MAP)
        return fail(file, value, ERR_CONFIG, "expected a text", err);
    int rc = fill_text(file, field, value->text, place, err);
    return rc < 0 ? err_wrap(err, "%s:%d:%d: %s", file->path, value->line, value->column, field->key) : 0;
}

/* An entry found by name: which file it is in matters for relative paths and messages. */
struct entry {
    const struct kubeconfig_file *file;
    const struct yaml_node *body;
};

static int fill_fields(const struct entry *entry, const struct field *fields, size_t len,
                       struct kubeconfig *ret, struct err *err)
{
    for (size_t i = 0; i < len; i++) {
        const struct yaml_node *value = yaml_get(entry->body, fields[i].key);
        if (!value || value->kind == YAML_NULL)
            continue;
        int rc = fill_field(entry->file, &fields[i], value, ret, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int find_in_file(const struct kubeconfig_file *file, const char *list_key, const char *item_key,
                        const char *name, struct entry *ret, struct err *err)
{
    const struct yaml_node *list = yaml_get(file->root, list_key);
    if (!list || list->kind == YAML_NULL)
        return 0;
    if (list->kind != YAML_LIST)
        return fail(file, list, ERR_CONFIG, "expected a list", err);
    for (size_t i = 0; i < list->len; i++) {
        if (!text_eq(yaml_get_text(list->items[i], "name"), name))
            continue;
        const struct yaml_node *body = yaml_get(list->items[i], item_key);
        if (!body || body->kind != YAML_MAP)
            return fail(file, list->items[i], ERR_CONFIG, "the entry has no body", err);
        *ret = (struct entry){file, body};
        return 0;
    }
    return 0;
}

static int find_entry(const struct kubeconfig_file *files, size_t files_len, const char *item_key,
                      const char *name, struct entry *ret, struct err *err)
{
    AUTO_FREE char *list_key = mem_printf("%ss", item_key);
    struct entry found = {0};
    for (size_t i = 0; i < files_len && !found.body; i++) {
        int rc = find_in_file(&files[i], list_key, item_key, name, &found, err);
        if (rc < 0)
            return rc;
    }
    if (!found.body)
        return err_set(err, ERR_CONFIG, "%s: no %s named \"%s\"", files[0].path, item_key, name);
    *ret = found;
    return 0;
}

static const char *current_context(const struct kubeconfig_file *files, size_t files_len)
{
    for (size_t i = 0; i < files_len; i++) {
        const char *name = yaml_get_text(files[i].root, "current-context");
        if (!text_empty(name))
            return name;
    }
    return NULL;
}

static int check_server(const struct entry *cluster, struct kubeconfig *config, struct err *err)
{
    if (!config->server)
        return fail(cluster->file, cluster->body, ERR_CONFIG, "the cluster has no server", err);
    if (!text_starts_with(config->server, "https://") && !text_starts_with(config->server, "http://"))
        return fail(cluster->file, cluster->body, ERR_CONFIG, "server must begin with https:// or http://",
                    err);
    if (config->insecure && config->ca_pem)
        return fail(cluster->file, cluster->body, ERR_CONFIG,
                    "insecure-skip-tls-verify and a certificate authority exclude each other", err);
    for (size_t len = strlen(config->server); len > 0 && config->server[len - 1] == '/'; len--)
        config->server[len - 1] = '\0';
    return 0;
}

static int check_user(const struct entry *user, const struct kubeconfig *config, struct err *err)
{
    if ((config->token || config->token_file) && config->username)
        return fail(user->file, user->body, ERR_CONFIG, "a token and a username exclude each other", err);
    if (!config->client_cert_pem != !config->client_key_pem)
        return fail(user->file, user->body, ERR_CONFIG,
                    "a client certificate needs its key, and the key its certificate", err);
    return 0;
}

static int fill_cluster(const struct entry *cluster, struct kubeconfig *ret, struct err *err)
{
    int rc = fill_fields(cluster, cluster_fields, ARRAY_LEN(cluster_fields), ret, err);
    if (rc < 0)
        return rc;
    ret->exec.cluster_config = kubeconfig_exec_cluster_config(cluster->body);
    return check_server(cluster, ret, err);
}

static int fill_user(const struct entry *user, struct kubeconfig *ret, struct err *err)
{
    int rc = fill_fields(user, user_fields, ARRAY_LEN(user_fields), ret, err);
    if (rc < 0 || (rc = check_user(user, ret, err)) < 0)
        return rc;
    const struct yaml_node *exec = yaml_get(user->body, "exec");
    if (!exec || exec->kind == YAML_NULL)
        return 0;
    rc = kubeconfig_exec_fill(exec, ret, err);
    if (rc < 0)
        return err_wrap(err, "%s:%d:%d: exec", user->file->path, exec->line, exec->column);
    /* A command with a slash is a path as in any other field; a bare name is looked for in PATH. */
    if (strchr(ret->exec.command, '/')) {
        char *path = resolve_path(user->file, ret->exec.command);
        mem_free(ret->exec.command);
        ret->exec.command = path;
    }
    return 0;
}

int kubeconfig_file_resolve(const struct kubeconfig_file *files, size_t files_len, const char *context,
                            struct kubeconfig *ret, struct err *err)
{
    if (text_empty(context))
        context = current_context(files, files_len);
    if (!context)
        return err_set(err, ERR_CONFIG, "%s: no current-context, and none was asked for", files[0].path);
    struct entry entry;
    int rc = find_entry(files, files_len, "context", context, &entry, err);
    if (rc < 0 || (rc = fill_fields(&entry, context_fields, ARRAY_LEN(context_fields), ret, err)) < 0)
        return rc;
    ret->context = mem_strdup(context);
    const char *cluster = yaml_get_text(entry.body, "cluster");
    const char *user = yaml_get_text(entry.body, "user");
    if (text_empty(cluster))
        return fail(entry.file, entry.body, ERR_CONFIG, "the context names no cluster", err);
    if ((rc = find_entry(files, files_len, "cluster", cluster, &entry, err)) < 0 ||
        (rc = fill_cluster(&entry, ret, err)) < 0)
        return rc;
    if (text_empty(user))
        return 0;
    if ((rc = find_entry(files, files_len, "user", user, &entry, err)) < 0)
        return rc;
    return fill_user(&entry, ret, err);
}
