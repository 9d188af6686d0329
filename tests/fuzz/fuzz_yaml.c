/* Files of the configuration: YAML as it comes, through every check that `validate` makes. */
#include <string.h>

#include "config/check.h"
#include "scaler/base/yaml.h"
#include "scalers/api.h"
#include "tests/fuzz/fuzz.h"

/* Marks point into the text, and kinds and their fields agree. */
static void check_node(const struct yaml_node *node, int depth)
{
    FUZZ_CHECK(depth <= YAML_MAX_DEPTH && node->line >= 1 && node->column >= 1);
    FUZZ_CHECK(node->kind == YAML_LIST || node->kind == YAML_MAP || node->text);
    for (size_t i = 0; i < node->len && node->kind == YAML_LIST; i++)
        check_node(node->items[i], depth + 1);
    for (size_t i = 0; i < node->len && node->kind == YAML_MAP; i++) {
        FUZZ_CHECK(node->entries[i].key->text && !yaml_get(NULL, "x"));
        FUZZ_CHECK(yaml_get(node, node->entries[i].key->text) == node->entries[i].value);
        check_node(node->entries[i].value, depth + 1);
    }
}

static void check_tree(const char *bytes, size_t len)
{
    struct yaml_stream stream;
    struct err err = {0};
    int line = -1, column = -1;
    if (yaml_parse(bytes, len, &stream, &line, &column, &err) < 0) {
        FUZZ_CHECK(err.code < 0 && err.msg[0] && line >= 0 && column >= 0);
        return;
    }
    /* Small ones alone: an alias is looked into as often as it is used. */
    for (size_t i = 0; i < stream.len && len < 4096; i++)
        check_node(stream.documents[i], 1);
    yaml_done(&stream);
}

/* What is not wrong is within its bounds. */
static void check_object(const struct scaled_object *object)
{
    FUZZ_CHECK(object->meta.name && object->meta.ns && object->polling_ms >= 50);
    FUZZ_CHECK(object->min >= 0 && object->max >= object->min);
    FUZZ_CHECK(object->cooldown_ms >= 0 && object->initial_cooldown_ms >= 0);
    FUZZ_CHECK(object->triggers_len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct trigger_schemas schemas = {scaler_find_schema};
    struct config_set set;
    struct diag_list diags = {0};
    check_tree((const char *)data, size);
    config_set_init(&set);
    config_load_bytes(&set, (const char *)data, size, "fuzz.yaml", "default", &diags);
    config_set_finish(&set, &diags);
    for (size_t i = 0; i < set.objects_len; i++)
        check_object(set.objects[i]);
    config_check(&set, &schemas, "default", &diags);
    diag_list_sort(&diags);
    for (size_t i = 0; i < diags.len; i++)
        FUZZ_CHECK(diags.items[i].message[0] && diags.items[i].path);
    FUZZ_CHECK(diags.errors + diags.warnings >= diags.len);
    diag_list_done(&diags);
    config_set_done(&set);
    return 0;
}
