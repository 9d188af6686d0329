/* Owns the reading of discovery documents and the kinds that need none. Asking for them is resource.c's. */
#include "scaler/kube/discovery.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"

#define KINDS_MAX 4096

static const struct kube_resource fixed_kinds[] = {
    {.group = "apps",
     .version = "v1",
     .kind = "Deployment",
     .plural = "deployments",
     .namespaced = true,
     .has_scale = true},
    {.group = "apps",
     .version = "v1",
     .kind = "StatefulSet",
     .plural = "statefulsets",
     .namespaced = true,
     .has_scale = true},
    {.group = "apps",
     .version = "v1",
     .kind = "ReplicaSet",
     .plural = "replicasets",
     .namespaced = true,
     .has_scale = true},
};

const struct kube_resource *discovery_fixed(const char *group, const char *version, const char *kind)
{
    for (size_t i = 0; i < ARRAY_LEN(fixed_kinds); i++)
        if (strcmp(fixed_kinds[i].group, group) == 0 && strcmp(fixed_kinds[i].version, version) == 0 &&
            strcmp(fixed_kinds[i].kind, kind) == 0)
            return &fixed_kinds[i];
    return NULL;
}

/* What a group, a version and a plural are made of; it also keeps everything that would have to be escaped
 * out of paths. */
static bool is_path_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '.')
            return false;
    return len > 0 && text[0] != '.';
}

static bool copy_name(char *to, size_t room, const char *text, size_t len)
{
    if (len >= room || !is_path_name(text, len))
        return false;
    memcpy(to, text, len);
    to[len] = '\0';
    return true;
}

int discovery_split(const char *api_version, char group[254], char version[64], struct err *err)
{
    if (text_empty(api_version))
        api_version = "apps/v1";
    char parsed_group[254] = "";
    char parsed_version[64];
    const char *slash = strchr(api_version, '/');
    const char *rest = slash ? slash + 1 : api_version;
    bool fine =
        !slash || copy_name(parsed_group, sizeof(parsed_group), api_version, (size_t)(slash - api_version));
    if (!fine || !copy_name(parsed_version, sizeof(parsed_version), rest, strlen(rest)))
        return err_set(err, ERR_CONFIG, "apiVersion \"%.64s\" is not GROUP/VERSION", api_version);
    memcpy(group, parsed_group, sizeof(parsed_group));
    memcpy(version, parsed_version, sizeof(parsed_version));
    return 0;
}

char *discovery_path(const char *group, const char *version)
{
    return *group ? mem_printf("/apis/%s/%s", group, version) : mem_printf("/api/%s", version);
}

/* "deployments" is a kind, "deployments/scale" says that it has a scale, every other subresource is nothing
 * to us. */
static bool read_kind(json_t *entry, const char *group, const char *version, struct kube_resource *ret)
{
    const char *plural = json_str(entry, "name");
    const char *kind = json_str(entry, "kind");
    if (!plural || !kind || !copy_name(ret->plural, sizeof(ret->plural), plural, strlen(plural)) ||
        !copy_name(ret->kind, sizeof(ret->kind), kind, strlen(kind)))
        return false;
    snprintf(ret->group, sizeof(ret->group), "%s", group);
    snprintf(ret->version, sizeof(ret->version), "%s", version);
    ret->namespaced = json_flag(entry, "namespaced");
    return true;
}

static void note_scale(json_t *entry, struct kind_list *list)
{
    const char *name = json_str(entry, "name");
    const char *slash = name ? strchr(name, '/') : NULL;
    if (!slash || strcmp(slash, "/scale") != 0)
        return;
    for (size_t i = 0; i < list->len; i++) {
        const char *plural = list->kinds[i].plural;
        size_t len = strlen(plural);
        if (len == (size_t)(slash - name) && strncmp(plural, name, len) == 0)
            list->kinds[i].has_scale = true;
    }
}

int discovery_read(json_t *list, const char *group, const char *version, struct kind_list *ret,
                   struct err *err)
{
    json_t *entries = json_object_get(list, "resources");
    json_t *entry;
    size_t i;
    if (!text_eq(json_str(list, "kind"), "APIResourceList") || !json_is_array(entries))
        return err_set(err, ERR_PROTOCOL, "the answer is not an APIResourceList");
    if (json_array_size(entries) > KINDS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d kinds in one group", KINDS_MAX);
    struct kind_list found = {.kinds = mem_zalloc_array(json_array_size(entries), sizeof(*found.kinds))};
    json_array_foreach (entries, i, entry) {
        struct kube_resource kind = {0};
        if (read_kind(entry, group, version, &kind))
            found.kinds[found.len++] = kind;
    }
    json_array_foreach (entries, i, entry) {
        note_scale(entry, &found);
    }
    *ret = found;
    return 0;
}

const struct kube_resource *kind_list_find(const struct kind_list *list, const char *kind)
{
    for (size_t i = 0; i < list->len; i++)
        if (strcmp(list->kinds[i].kind, kind) == 0)
            return &list->kinds[i];
    return NULL;
}

void kind_list_done(struct kind_list *list)
{
    mem_free(list->kinds);
    *list = (struct kind_list){0};
}
