/* Owns the resolution of a container's declared environment. */
#include "scaler/daemon/env.h"

#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"

/* A '$' with fewer than three characters after it is never looked at: upstream's quirk, kept since results
 * depend on it. */
static size_t expand_one(const char *at, const struct text_map *env, struct strbuf *out)
{
    if (strnlen(at + 1, 3) < 3) {
        strbuf_append_c(out, '$');
        return 1;
    }
    if (at[1] == '$') {
        strbuf_append_c(out, '$');
        return 2;
    }
    const char *end = at[1] == '(' ? strchr(at, ')') : NULL;
    if (!end) {
        strbuf_append_c(out, '$');
        return 1;
    }
    AUTO_FREE char *name = mem_strndup(at + 2, (size_t)(end - at - 2));
    const char *value = text_map_get(env, name);
    size_t len = (size_t)(end - at) + 1;
    if (value)
        strbuf_append(out, value);
    else
        strbuf_append_n(out, at, len);
    return len;
}

char *env_expand(const char *value, const struct text_map *env)
{
    struct strbuf out;
    strbuf_init_max(&out, (size_t)1 << 20);
    while (*value) {
        if (*value == '$') {
            value += expand_one(value, env, &out);
        } else {
            strbuf_append_c(&out, *value);
            value++;
        }
    }
    return strbuf_take(&out);
}

static json_t *find_container(json_t *pod_spec, const char *name)
{
    json_t *containers = json_object_get(pod_spec, "containers");
    if (text_empty(name))
        return json_array_get(containers, 0);
    for (size_t i = 0; i < json_array_size(containers); i++)
        if (text_eq(json_str(json_array_get(containers, i), "name"), name))
            return json_array_get(containers, i);
    return NULL;
}

/* 0 found or optional and missing (*ret NULL), 1 wait, < 0 error. */
static int fetch(struct env_source *source, bool secret, json_t *ref, const struct text_map **ret,
                 struct err *err)
{
    const char *name = json_str(ref, "name");
    *ret = NULL;
    if (text_empty(name))
        return err_set(err, ERR_CONFIG, "the container's environment refers to a %s without name",
                       secret ? "Secret" : "ConfigMap");
    switch (source->lookup(source, secret, name, ret, err)) {
    case ENV_FOUND:
        return 0;
    case ENV_WAIT:
        return 1;
    case ENV_FAILED:
        return err->code;
    case ENV_MISSING:
        break;
    }
    *ret = NULL;
    if (json_flag(ref, "optional"))
        return 0;
    return err_set(err, ERR_NOT_FOUND, "the container's environment refers to %s %s, which does not exist",
                   secret ? "Secret" : "ConfigMap", name);
}

static int add_from(json_t *from, struct env_source *source, struct text_map *env, struct err *err)
{
    const char *prefix = json_str(from, "prefix");
    json_t *secret = json_object_get(from, "secretRef"), *map = json_object_get(from, "configMapRef");
    if (!secret && !map)
        return 0;
    const struct text_map *data;
    int rc = fetch(source, secret != NULL, secret ? secret : map, &data, err);
    for (size_t i = 0; rc == 0 && data && i < data->len; i++) {
        AUTO_FREE char *key = mem_printf("%s%s", prefix ? prefix : "", data->items[i].key);
        text_map_set(env, key, data->items[i].value);
    }
    return rc;
}

/* An existing object without the key gives an empty value; a missing optional object leaves the variable
 * unset. */
static int add_value_from(const char *name, json_t *value_from, struct env_source *source,
                          struct text_map *env, struct err *err)
{
    json_t *secret = json_object_get(value_from, "secretKeyRef"),
           *map = json_object_get(value_from, "configMapKeyRef");
    if (!secret && !map)
        return 0; /* fieldRef, resourceFieldRef …: not known outside the pod */
    const struct text_map *data;
    int rc = fetch(source, secret != NULL, secret ? secret : map, &data, err);
    if (rc != 0 || !data)
        return rc;
    const char *key = json_str(secret ? secret : map, "key");
    const char *value = key ? text_map_get(data, key) : NULL;
    text_map_set(env, name, value ? value : "");
    return 0;
}

static int add_variable(json_t *variable, struct env_source *source, struct text_map *env, struct err *err)
{
    const char *name = json_str(variable, "name"), *value = json_str(variable, "value");
    if (text_empty(name))
        return 0;
    json_t *value_from = json_object_get(variable, "valueFrom");
    if (text_empty(value) && value_from)
        return add_value_from(name, value_from, source, env, err);
    AUTO_FREE char *expanded = env_expand(value ? value : "", env);
    text_map_set(env, name, expanded);
    return 0;
}

static int add_all(json_t *container, struct env_source *source, struct text_map *env, struct err *err)
{
    json_t *list = json_object_get(container, "envFrom");
    int waiting = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        int rc = add_from(json_array_get(list, i), source, env, err);
        if (rc < 0)
            return rc;
        waiting |= rc;
    }
    list = json_object_get(container, "env");
    for (size_t i = 0; i < json_array_size(list); i++) {
        int rc = add_variable(json_array_get(list, i), source, env, err);
        if (rc < 0)
            return rc;
        waiting |= rc;
    }
    return waiting;
}

int env_resolve(json_t *pod_spec, const char *container, struct env_source *source, struct text_map *ret,
                struct err *err)
{
    if (json_array_size(json_object_get(pod_spec, "containers")) == 0)
        return 0;
    json_t *found = find_container(pod_spec, container);
    if (!found)
        return err_set(err, ERR_CONFIG, "the target's pod template has no container named \"%s\"", container);
    struct text_map env = {0};
    int rc = add_all(found, source, &env, err);
    if (rc != 0)
        text_map_done_secret(&env);
    else
        *ret = env;
    return rc;
}
