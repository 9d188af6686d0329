/* Owns TriggerAuthentication and ClusterTriggerAuthentication (spec/keda-engine.md §5). Where the values then
 * come from is the daemon's; here only what is asked for. */
#include <stdio.h>
#include <string.h>

#include "config/kinds.h"
#include "config/meta.h"
#include "config/names.h"
#include "scaler/base/mem.h"

#define AUTH_AT(member) offsetof(struct trigger_auth, member)
#define REF_AT(member)  offsetof(struct auth_key_ref, member)
#define REFS_MAX        1000

static const struct field object_ref_fields[] = {
    {"parameter", FIELD_STRING, .required = true, .non_empty = true, .offset = REF_AT(parameter)},
    {"name", FIELD_STRING, .required = true, .non_empty = true, .offset = REF_AT(name),
     .check = name_check_subdomain},
    {"key", FIELD_STRING, .required = true, .non_empty = true, .offset = REF_AT(key)},
};

static const struct field env_ref_fields[] = {
    {"parameter", FIELD_STRING, .required = true, .non_empty = true, .offset = REF_AT(parameter)},
    {"name", FIELD_STRING, .required = true, .non_empty = true, .offset = REF_AT(name)},
    {"containerName", FIELD_STRING, .offset = REF_AT(container)},
};

static struct auth_key_ref *read_refs(struct walk *walk, const struct yaml_node *node,
                                      const struct field *fields, size_t fields_len, size_t *ret_len)
{
    if (!walk_expect(walk, node, YAML_LIST))
        return NULL;
    if (node->len > REFS_MAX) {
        walk_error(walk, node, "has %zu items, more than %d", node->len, REFS_MAX);
        return NULL;
    }
    struct auth_key_ref *refs = mem_zalloc_array(node->len, sizeof(*refs));
    *ret_len = node->len;
    for (size_t i = 0; i < node->len; i++) {
        size_t before = walk_enter_index(walk, i);
        refs[i].mark = walk_mark(walk, node->items[i]);
        refs[i].key = mem_strdup("");
        refs[i].container = mem_strdup("");
        walk_fields(walk, node->items[i], fields, fields_len, &refs[i]);
        walk_leave(walk, before);
    }
    return refs;
}

static void read_secrets(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct trigger_auth *auth = out;
    auth->secrets =
        read_refs(walk, node, object_ref_fields, ARRAY_LEN(object_ref_fields), &auth->secrets_len);
}

static void read_config_maps(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct trigger_auth *auth = out;
    auth->config_maps =
        read_refs(walk, node, object_ref_fields, ARRAY_LEN(object_ref_fields), &auth->config_maps_len);
}

static void read_env(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct trigger_auth *auth = out;
    auth->env = read_refs(walk, node, env_ref_fields, ARRAY_LEN(env_ref_fields), &auth->env_len);
}

/* what: "" for the field as a whole. Of several the first is named: using the object is refused either way.
 */
static void set_unsupported(struct walk *walk, const struct yaml_node *node, struct trigger_auth *auth,
                            const char *what)
{
    const char *space = *what ? " " : "";
    walk_warn(walk, node, "%s%sis not supported by this version; triggers that use this object are refused",
              what, space);
    if (!*auth->unsupported) {
        mem_free(auth->unsupported);
        auth->unsupported = mem_printf("%s%s%s", walk->path.data, space, what);
    }
}

static void read_unsupported(struct walk *walk, const struct yaml_node *node, void *out)
{
    bool empty = (node->kind == YAML_LIST || node->kind == YAML_MAP) && node->len == 0;
    if (!empty)
        set_unsupported(walk, node, out, "");
}

/* The provider none says that there is no identity; every other one is a cloud's. */
static void read_provider(struct walk *walk, const struct yaml_node *node, void *out)
{
    char what[64];
    if (!walk_expect(walk, node, YAML_STRING) || !*node->text || strcmp(node->text, "none") == 0)
        return;
    (void)snprintf(what, sizeof(what), "\"%.32s\"", node->text);
    set_unsupported(walk, node, out, what);
}

static const struct field identity_fields[] = {
    {"provider", FIELD_CUSTOM, .required = true, .read = read_provider},
    FIELD_KNOWN("identityId"),
    FIELD_KNOWN("identityTenantId"),
    FIELD_KNOWN("identityAuthorityHost"),
    FIELD_KNOWN("roleArn"),
    FIELD_KNOWN("externalID"),
    FIELD_KNOWN("identityOwner"),
};

static bool climbs(const char *path)
{
    while (path) {
        if (strncmp(path, "..", 2) == 0 && (path[2] == '/' || !path[2]))
            return true;
        path = strchr(path, '/');
        path = path ? path + 1 : NULL;
    }
    return false;
}

static void read_file_path(struct walk *walk, const struct yaml_node *node, void *out)
{
    struct trigger_auth *auth = out;
    if (!walk_expect(walk, node, YAML_STRING))
        return;
    if (!auth->cluster) {
        walk_error(walk, node, "is only possible in a ClusterTriggerAuthentication");
    } else if (*node->text == '/' || climbs(node->text)) {
        walk_error(walk, node, "must be a relative path without \"..\"");
    } else {
        mem_free(auth->file_path);
        auth->file_path = mem_strdup(node->text);
    }
}

static const struct field spec_fields[] = {
    {"secretTargetRef", FIELD_CUSTOM, .read = read_secrets},
    {"configMapTargetRef", FIELD_CUSTOM, .read = read_config_maps},
    {"env", FIELD_CUSTOM, .read = read_env},
    {"filePath", FIELD_CUSTOM, .read = read_file_path},
    {"podIdentity", FIELD_MAP, .fields = identity_fields, .fields_len = ARRAY_LEN(identity_fields)},
    {"hashiCorpVault", FIELD_CUSTOM, .read = read_unsupported},
    {"azureKeyVault", FIELD_CUSTOM, .read = read_unsupported},
    {"gcpSecretManager", FIELD_CUSTOM, .read = read_unsupported},
    {"awsSecretManager", FIELD_CUSTOM, .read = read_unsupported},
    {"boundServiceAccountToken", FIELD_CUSTOM, .read = read_unsupported},
    {"oauth2", FIELD_CUSTOM, .read = read_unsupported},
};

static const struct field document_fields[] = {
    FIELD_KNOWN("apiVersion"),
    FIELD_KNOWN("kind"),
    FIELD_KNOWN("metadata"), /* meta_read */
    {"spec", FIELD_MAP, .required = true, .fields = spec_fields, .fields_len = ARRAY_LEN(spec_fields)},
    FIELD_KNOWN("status"),
};

struct trigger_auth *trigger_auth_build(struct walk *walk, const struct yaml_node *document,
                                        const char *default_ns, bool cluster)
{
    const struct meta_rules rules = {
        .cluster_scoped = cluster, .name_max = NAME_SUBDOMAIN_MAX, .default_ns = default_ns};
    struct trigger_auth *auth = mem_zalloc(sizeof(*auth));
    auth->refs = 1;
    auth->cluster = cluster;
    auth->file_path = mem_strdup("");
    auth->unsupported = mem_strdup("");
    meta_read(walk, document, &rules, &auth->meta);
    walk_fields(walk, document, document_fields, ARRAY_LEN(document_fields), auth);
    if (walk->errors == 0)
        return auth;
    trigger_auth_unref(auth);
    return NULL;
}
