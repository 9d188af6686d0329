/* A kubeconfig file's text: which entries a context leads to, and that what is refused leaks no secret. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/kube/exec_credential.h"
#include "scaler/kube/kubeconfig.h"
#include "scaler/kube/kubeconfig_file.h"
#include "tests/fuzz/fuzz.h"

/* As kubeconfig_file_read, without the file. */
static bool read_text(const char *bytes, size_t len, struct kubeconfig_file *ret)
{
    struct err err = {0};
    int line, column;
    *ret = (struct kubeconfig_file){0};
    if (yaml_parse(bytes, len, &ret->yaml, &line, &column, &err) < 0)
        return false;
    ret->root = ret->yaml.len > 0 ? ret->yaml.documents[0] : NULL;
    if (ret->yaml.len > 1 || (ret->root && ret->root->kind != YAML_MAP)) {
        yaml_done(&ret->yaml);
        return false;
    }
    ret->path = mem_strdup("/nonexistent/config"); /* relative paths in it lead nowhere */
    return true;
}

static void check_config(const struct kubeconfig *config)
{
    struct kubeconfig copy;
    FUZZ_CHECK(config->server && config->server[0]);
    FUZZ_CHECK(config->server[strlen(config->server) - 1] != '/');
    kubeconfig_copy(&copy, config);
    FUZZ_CHECK(strcmp(copy.server, config->server) == 0);
    if (config->exec.command && config->exec.command[0])
        mem_free(exec_credential_info(&copy));
    kubeconfig_done(&copy);
}

/* Credentials of the text at hand that stand in it once, so that no message can mean something else. */
struct secrets {
    const char *text;
    const char *items[16];
    size_t len;
};

static void note_secret(struct secrets *secrets, const char *value)
{
    const char *first = value && strlen(value) >= 12 ? strstr(secrets->text, value) : NULL;
    if (first && !strstr(first + 1, value) && !strchr(value, '/') && secrets->len < ARRAY_LEN(secrets->items))
        secrets->items[secrets->len++] = value;
}

static void find_secrets(struct secrets *secrets, const struct yaml_node *file)
{
    static const char *const keys[] = {"token", "password", "client-key-data"};
    const struct yaml_node *users = yaml_get(file, "users");
    for (size_t i = 0; users && users->kind == YAML_LIST && i < users->len; i++)
        for (size_t k = 0; k < ARRAY_LEN(keys); k++)
            note_secret(secrets, yaml_get_text(yaml_get(users->items[i], "user"), keys[k]));
}

static void resolve(const struct kubeconfig_file *files, size_t len, const char *context,
                    const struct secrets *secrets)
{
    struct kubeconfig config = {0};
    struct err err = {0};
    if (kubeconfig_file_resolve(files, len, context, &config, &err) == 0) {
        check_config(&config);
    } else {
        FUZZ_CHECK(err.code < 0 && err.msg[0]);
        for (size_t i = 0; i < secrets->len; i++)
            FUZZ_CHECK(!strstr(err.msg, secrets->items[i]));
    }
    kubeconfig_done(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kubeconfig_file files[2];
    const char *bytes = (const char *)data;
    AUTO_FREE char *text = mem_strndup(bytes, size);
    struct secrets secrets = {.text = text};
    if (!read_text(bytes, size, &files[0]))
        return 0;
    if (size <= 16384)
        find_secrets(&secrets, files[0].root);
    resolve(files, 1, NULL, &secrets);
    resolve(files, 1, "other", &secrets);
    size_t half = size / 2;
    if (read_text(bytes + half, size - half, &files[1])) {
        resolve(files, 2, NULL, &secrets);
        kubeconfig_file_done(&files[1]);
    }
    kubeconfig_file_done(&files[0]);
    return 0;
}
