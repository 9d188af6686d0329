/* Owns the way from a document to the builder of its kind: which kinds there are, lists, foreign versions. */
#include "config/build.h"

#include <string.h>

#include "config/kinds.h"
#include "config/set.h"
#include "config/suggest.h"
#include "scaler/base/mem.h"

#define KEDA_GROUP   "keda.sh/"
#define KEDA_VERSION "keda.sh/v1alpha1"

struct build {
    struct config_set *set;
    const char *file;
    const char *default_ns;
    struct diag_list *diags;
};

/* What a document says it is; of list items the list's word counts where they say nothing. */
struct identity {
    const char *api_version;
    const char *kind;
    size_t kind_len; /* "SecretList" names items of kind "Secret" */
};

struct kind_row {
    const char *api_version;
    const char *kind;
    void (*build)(const struct build *build, struct walk *walk, const struct yaml_node *document);
};

static void build_scaled_object(const struct build *build, struct walk *walk,
                                const struct yaml_node *document)
{
    struct scaled_object *object =
        scaled_object_build(walk, document, build->default_ns, &build->set->formulas);
    if (object)
        config_set_add_object_take(build->set, object);
}

static void build_auth(const struct build *build, struct walk *walk, const struct yaml_node *document)
{
    struct trigger_auth *auth = trigger_auth_build(walk, document, build->default_ns, false);
    if (auth)
        config_set_add_auth_take(build->set, auth);
}

static void build_cluster_auth(const struct build *build, struct walk *walk, const struct yaml_node *document)
{
    struct trigger_auth *auth = trigger_auth_build(walk, document, build->default_ns, true);
    if (auth)
        config_set_add_auth_take(build->set, auth);
}

static void build_secret(const struct build *build, struct walk *walk, const struct yaml_node *document)
{
    struct key_values *values = key_values_build(walk, document, build->default_ns, true);
    if (values)
        config_set_add_values_take(build->set, values);
}

static void build_config_map(const struct build *build, struct walk *walk, const struct yaml_node *document)
{
    struct key_values *values = key_values_build(walk, document, build->default_ns, false);
    if (values)
        config_set_add_values_take(build->set, values);
}

static void warn_scaled_job(const struct build *build, struct walk *walk, const struct yaml_node *document)
{
    walk_warn(walk, document, "ScaledJob is not supported yet; this object is ignored");
    build->set->ignored++;
}

static const struct kind_row kinds[] = {
    {KEDA_VERSION, "ScaledObject", build_scaled_object},
    {KEDA_VERSION, "TriggerAuthentication", build_auth},
    {KEDA_VERSION, "ClusterTriggerAuthentication", build_cluster_auth},
    {KEDA_VERSION, "ScaledJob", warn_scaled_job},
    {"v1", "Secret", build_secret},
    {"v1", "ConfigMap", build_config_map},
};

static bool is_kind(const struct identity *is, const char *kind)
{
    return strlen(kind) == is->kind_len && memcmp(kind, is->kind, is->kind_len) == 0;
}

static const struct kind_row *find_kind(const struct identity *is)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (is_kind(is, kinds[i].kind) && strcmp(kinds[i].api_version, is->api_version) == 0)
            return &kinds[i];
    return NULL;
}

static void report_keda_kind(struct walk *walk, const struct yaml_node *document, const struct identity *is)
{
    char hint[SUGGEST_TEXT_MAX];
    struct suggest suggest;
    suggest_init(&suggest, is->kind);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].api_version, KEDA_VERSION) == 0)
            suggest_offer(&suggest, kinds[i].kind);
    walk_error_at(walk, document, "kind", "\"%.80s\" is not a kind of %s%s", is->kind, KEDA_VERSION,
                  suggest_text(&suggest, hint, sizeof(hint)));
}

/* Not ours; but what looks like ours under another group or version would otherwise be left out in silence.
 */
static void pass_over(const struct build *build, struct walk *walk, const struct yaml_node *document,
                      const struct identity *is)
{
    if (strcmp(is->api_version, KEDA_VERSION) == 0) {
        report_keda_kind(walk, document, is);
        return;
    }
    if (text_starts_with(is->api_version, KEDA_GROUP)) {
        walk_error_at(walk, document, "apiVersion", "must be %s, not \"%.80s\"", KEDA_VERSION,
                      is->api_version);
        return;
    }
    build->set->ignored++;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].api_version, KEDA_VERSION) == 0 && is_kind(is, kinds[i].kind))
            walk_warn_at(walk, document, "apiVersion", "\"%.80s\" is not %s; this object is ignored",
                         is->api_version, KEDA_VERSION);
}

static void build_document(const struct build *build, struct walk *walk, const struct yaml_node *document,
                           const struct identity *inherited);

static void build_list(const struct build *build, struct walk *walk, const struct yaml_node *items,
                       const struct identity *is)
{
    if (items->kind == YAML_NULL)
        return;
    size_t list = walk_enter(walk, "items");
    bool right = walk_expect(walk, items, YAML_LIST);
    walk_leave(walk, list);
    for (size_t i = 0; right && i < items->len; i++) {
        struct walk own; /* each item is a document of its own: own errors, own paths */
        walk_init(&own, build->file, build->diags);
        build_document(build, &own, items->items[i], is);
        walk_done(&own);
    }
}

/* Reads apiVersion and kind; false after an error. */
static bool identify(struct walk *walk, const struct yaml_node *document, const struct identity *inherited,
                     struct identity *ret)
{
    if (!walk_expect(walk, document, YAML_MAP))
        return false;
    const struct yaml_node *api_version = yaml_get(document, "apiVersion");
    const struct yaml_node *kind = yaml_get(document, "kind");
    if (!api_version && !kind && inherited && inherited->kind_len) {
        *ret = *inherited;
        return true;
    }
    if (!api_version || api_version->kind != YAML_STRING || !*api_version->text)
        walk_error_at(walk, document, "apiVersion", "is required, as a string");
    if (!kind || kind->kind != YAML_STRING || !*kind->text)
        walk_error_at(walk, document, "kind", "is required, as a string");
    if (walk->errors || !api_version || !kind)
        return false;
    *ret = (struct identity){api_version->text, kind->text, strlen(kind->text)};
    return true;
}

static bool ends_with_list(const struct identity *is)
{
    return is->kind_len >= 4 && memcmp(is->kind + is->kind_len - 4, "List", 4) == 0;
}

static void build_document(const struct build *build, struct walk *walk, const struct yaml_node *document,
                           const struct identity *inherited)
{
    struct identity is;
    if (!identify(walk, document, inherited, &is))
        return;
    const struct yaml_node *items = yaml_get(document, "items");
    if (items && ends_with_list(&is)) {
        is.kind_len -= 4;
        build_list(build, walk, items, &is);
        return;
    }
    const struct kind_row *row = find_kind(&is);
    if (row)
        row->build(build, walk, document);
    else
        pass_over(build, walk, document, &is);
}

void config_build_document(struct config_set *set, const struct yaml_node *document, const char *file,
                           const char *default_ns, struct diag_list *diags)
{
    const struct build build = {set, file, default_ns, diags};
    struct walk walk;
    walk_init(&walk, file, diags);
    build_document(&build, &walk, document, NULL);
    walk_done(&walk);
}
