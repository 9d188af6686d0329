/* Owns the meaning of a user's exec section. Running the command is exec_plugin.c's. */
#include "scaler/kube/kubeconfig_exec.h"

#include <jansson.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/base/yaml.h"
#include "scaler/kube/json_dump.h"
#include "scaler/kube/kubeconfig.h"

#define EXEC_EXTENSION "client.authentication.k8s.io/exec"

static const char *const api_versions[] = {
    "client.authentication.k8s.io/v1",
    "client.authentication.k8s.io/v1beta1",
};

static int fill_args(const struct yaml_node *args, struct text_list *ret, struct err *err)
{
    if (!args || args->kind == YAML_NULL)
        return 0;
    if (args->kind != YAML_LIST)
        return err_set(err, ERR_CONFIG, "args must be a list");
    for (size_t i = 0; i < args->len; i++) {
        if (!args->items[i]->text)
            return err_set(err, ERR_CONFIG, "args[%zu] must be a text", i);
        text_list_add(ret, args->items[i]->text);
    }
    return 0;
}

static int fill_env(const struct yaml_node *env, struct text_map *ret, struct err *err)
{
    if (!env || env->kind == YAML_NULL)
        return 0;
    if (env->kind != YAML_LIST)
        return err_set(err, ERR_CONFIG, "env must be a list");
    for (size_t i = 0; i < env->len; i++) {
        const char *name = yaml_get_text(env->items[i], "name");
        const char *value = yaml_get_text(env->items[i], "value");
        if (text_empty(name))
            return err_set(err, ERR_CONFIG, "env[%zu] has no name", i);
        text_map_set(ret, name, value ? value : "");
    }
    return 0;
}

static bool known_version(const char *version)
{
    for (size_t i = 0; i < ARRAY_LEN(api_versions); i++)
        if (text_eq(api_versions[i], version))
            return true;
    return false;
}

int kubeconfig_exec_fill(const struct yaml_node *exec, struct kubeconfig *ret, struct err *err)
{
    const char *command = yaml_get_text(exec, "command");
    const char *version = yaml_get_text(exec, "apiVersion");
    if (text_empty(command))
        return err_set(err, ERR_CONFIG, "no command");
    if (!known_version(version))
        return err_set(err, ERR_UNSUPPORTED, "apiVersion must be %s or %s", api_versions[0], api_versions[1]);
    if (text_eq(yaml_get_text(exec, "interactiveMode"), "Always"))
        return err_set(err, ERR_UNSUPPORTED,
                       "interactiveMode Always needs a terminal, which a daemon has not");
    int rc = fill_args(yaml_get(exec, "args"), &ret->exec.args, err);
    if (rc < 0 || (rc = fill_env(yaml_get(exec, "env"), &ret->exec.env, err)) < 0)
        return rc;
    ret->exec.command = mem_strdup(command);
    ret->exec.api_version = mem_strdup(version);
    const struct yaml_node *provide = yaml_get(exec, "provideClusterInfo");
    ret->exec.provide_cluster_info = provide && provide->kind == YAML_BOOL && provide->boolean;
    return 0;
}

static json_t *to_json(const struct yaml_node *node);

static json_t *list_to_json(const struct yaml_node *node)
{
    json_t *list = json_array();
    for (size_t i = 0; i < node->len; i++)
        json_array_append_new(list, to_json(node->items[i]));
    return list;
}

static json_t *map_to_json(const struct yaml_node *node)
{
    json_t *map = json_object();
    for (size_t i = 0; i < node->len; i++)
        json_object_set_new(map, node->entries[i].key->text, to_json(node->entries[i].value));
    return map;
}

/* The YAML reader bounds depth and size, so plain recursion does. */
static json_t *to_json(const struct yaml_node *node)
{
    switch (node->kind) {
    case YAML_LIST:
        return list_to_json(node);
    case YAML_MAP:
        return map_to_json(node);
    case YAML_BOOL:
        return json_boolean(node->boolean);
    case YAML_INT:
        return json_integer(node->integer);
    case YAML_FLOAT:
        return json_real(node->number);
    case YAML_STRING:
        return json_string(node->text);
    default:
        return json_null();
    }
}

char *kubeconfig_exec_cluster_config(const struct yaml_node *cluster)
{
    const struct yaml_node *extensions = yaml_get(cluster, "extensions");
    if (!extensions || extensions->kind != YAML_LIST)
        return NULL;
    for (size_t i = 0; i < extensions->len; i++) {
        const struct yaml_node *body = yaml_get(extensions->items[i], "extension");
        if (!body || !text_eq(yaml_get_text(extensions->items[i], "name"), EXEC_EXTENSION))
            continue;
        json_t *json = to_json(body);
        char *text = json_dump(json);
        json_decref(json);
        return text;
    }
    return NULL;
}
