/* Owns the references of (Cluster)TriggerAuthentications to Secrets and ConfigMaps among the files. */
#include "config/check_auth.h"

#include <stdio.h>

struct refs {
    const char *field;
    bool secret;
    const struct auth_key_ref *items;
    size_t len;
};

static const char *values_ns(const struct trigger_auth *auth, const char *cluster_ns)
{
    return auth->cluster ? cluster_ns : auth->meta.ns;
}

static void warn_ref(const struct trigger_auth *auth, const char *field, size_t index,
                     const struct config_mark *mark, struct diag_list *diags, const char *message)
{
    char path[96];
    (void)snprintf(path, sizeof(path), "spec.%s[%zu]", field, index);
    diag_add(diags, DIAG_WARNING, auth->meta.file, mark->line, mark->column, path, "%s", message);
}

static void check_refs(const struct config_set *set, const struct trigger_auth *auth, const char *ns,
                       const struct refs *refs, struct diag_list *diags)
{
    const char *kind = refs->secret ? "Secret" : "ConfigMap";
    for (size_t i = 0; i < refs->len; i++) {
        const struct auth_key_ref *ref = &refs->items[i];
        const struct key_values *values = config_find_values(set, refs->secret, ns, ref->name);
        char message[512];
        if (!values)
            (void)snprintf(message, sizeof(message), "%s %s/%s is not among the files; %.80s is not checked",
                           kind, ns, ref->name, ref->parameter);
        else if (!text_map_get(&values->data, ref->key))
            (void)snprintf(message, sizeof(message), "%s %s/%s has no key \"%.80s\"", kind, ns, ref->name,
                           ref->key);
        else
            continue;
        warn_ref(auth, refs->field, i, &ref->mark, diags, message);
    }
}

void check_auth_refs(const struct config_set *set, const struct trigger_auth *auth, const char *cluster_ns,
                     struct diag_list *diags)
{
    const struct refs all[] = {
        {"configMapTargetRef", false, auth->config_maps, auth->config_maps_len},
        {"secretTargetRef", true, auth->secrets, auth->secrets_len},
    };
    if (*auth->file_path) {
        diag_add(diags, DIAG_WARNING, auth->meta.file, auth->meta.mark.line, auth->meta.mark.column,
                 "spec.filePath", "not checked: the file is only known where Davit runs");
        return;
    }
    for (size_t i = 0; i < auth->env_len; i++)
        warn_ref(auth, "env", i, &auth->env[i].mark, diags,
                 "not checked: the environment of the target's container is not known here");
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        check_refs(set, auth, values_ns(auth, cluster_ns), &all[i], diags);
}

/* An object or key that is missing gives "", which overwrites too. */
static bool resolve_refs(const struct config_set *set, const char *ns, const struct refs *refs,
                         struct text_map *ret)
{
    bool unknown = false;
    for (size_t i = 0; i < refs->len; i++) {
        const struct auth_key_ref *ref = &refs->items[i];
        const struct key_values *values = config_find_values(set, refs->secret, ns, ref->name);
        const char *value = values ? text_map_get(&values->data, ref->key) : NULL;
        text_map_set(ret, ref->parameter, value ? value : "");
        unknown |= !values;
    }
    return unknown;
}

bool check_auth_resolve(const struct config_set *set, const struct trigger_auth *auth, const char *cluster_ns,
                        struct text_map *ret)
{
    const struct refs config_maps = {"", false, auth->config_maps, auth->config_maps_len};
    const struct refs secrets = {"", true, auth->secrets, auth->secrets_len};
    const char *ns = values_ns(auth, cluster_ns);
    if (*auth->file_path)
        return true;
    bool unknown = auth->env_len > 0;
    unknown |= resolve_refs(set, ns, &config_maps, ret);
    unknown |= resolve_refs(set, ns, &secrets, ret);
    return unknown;
}
