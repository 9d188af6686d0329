/* Owns what hangs on a ScaledObject besides KEDA's spec: the pause annotations (spec/keda-engine.md §2) and
 * Davit's own fields, in spec.davit or in an annotation. */
#include <string.h>

#include "config/kinds.h"
#include "scaler/base/duration.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"

#define EXTRAS_ANNOTATION   "davit.dev/spec"
#define REPLICAS_ANNOTATION "autoscaling.keda.sh/paused-replicas"

#define POLLING_MIN_MS 50
#define POLLING_MAX_MS ((int64_t)INT32_MAX * 1000)

static const char *const unknown_names[] = {"keda", "hold", NULL};

static void read_polling(struct walk *walk, const struct yaml_node *node, void *out)
{
    int64_t ns;
    struct err err = {0};
    if (node->kind != YAML_STRING) {
        walk_error(walk, node, "must be a duration with a unit, such as 200ms or 5s");
        return;
    }
    if (duration_parse_go(node->text, &ns, &err) != 0) {
        walk_error(walk, node, "%s", err.msg);
        return;
    }
    if (ns / 1000000 < POLLING_MIN_MS || ns / 1000000 > POLLING_MAX_MS)
        walk_error(walk, node, "must be at least %dms and at most %d seconds", POLLING_MIN_MS, INT32_MAX);
    else
        *(int64_t *)out = ns / 1000000;
}

struct extras {
    int unknown;
    bool has_unknown;
    int64_t polling_ms;
};

void read_extras(struct walk *walk, const struct yaml_node *node, void *out)
{
    static const struct field fields[] = {
        {"unknown", FIELD_CHOICE, .offset = offsetof(struct extras, unknown),
         .set_offset = offsetof(struct extras, has_unknown), .choices = unknown_names},
        {"pollingInterval", FIELD_CUSTOM, .offset = offsetof(struct extras, polling_ms),
         .read = read_polling},
    };
    struct scaled_object *object = out;
    struct extras extras = {0};
    walk_fields(walk, node, fields, ARRAY_LEN(fields), &extras);
    if (extras.has_unknown)
        object->unknown = extras.unknown ? UNKNOWN_HOLD : UNKNOWN_KEDA;
    if (extras.polling_ms)
        object->polling_ms = extras.polling_ms;
}

/* YAML inside YAML: findings are placed at the annotation. */
static void read_extras_text(struct walk *walk, const struct yaml_node *annotation,
                             struct scaled_object *object)
{
    struct yaml_stream stream;
    struct err err = {0};
    if (yaml_parse(annotation->text, strlen(annotation->text), &stream, NULL, NULL, &err) != 0) {
        walk_error(walk, annotation, "does not parse as YAML: %s", err.msg);
        return;
    }
    walk->fixed = walk_mark(walk, annotation);
    if (stream.len > 1)
        walk_error(walk, annotation, "must be one YAML document");
    else if (stream.len == 1)
        read_extras(walk, stream.documents[0], object);
    walk->fixed = (struct config_mark){0};
    yaml_done(&stream);
}

/* Present but unparseable is true: KEDA's rule, and the careful reading of somebody's wish to pause. */
static bool flag(const struct scaled_object *object, const char *key)
{
    const char *text = text_map_get(&object->meta.annotations, key);
    bool value = true;
    if (!text)
        return false;
    (void)number_parse_go_bool(text, &value, NULL);
    return value;
}

/* Its presence pauses. A count that means nothing freezes the object as it is, which is an accepted object
 * with a warning. */
static void read_paused_replicas(struct walk *walk, const struct yaml_node *annotations,
                                 struct scaled_object *object)
{
    const char *text = text_map_get(&object->meta.annotations, REPLICAS_ANNOTATION);
    int64_t value;
    if (!text)
        return;
    object->pause.paused = true;
    if (number_parse_go_int(text, &value, NULL) == 0 && value >= 0 && value <= INT32_MAX) {
        object->pause.has_replicas = true;
        object->pause.replicas = (int32_t)value;
        return;
    }
    object->pause.bad_replicas = true;
    walk_warn_at(walk, annotations, REPLICAS_ANNOTATION,
                 "\"%.40s\" is not a number of replicas; the object is frozen at its present count", text);
}

static void read_pause(struct scaled_object *object)
{
    object->pause.paused = flag(object, "autoscaling.keda.sh/paused");
    object->pause.scale_in = flag(object, "autoscaling.keda.sh/paused-scale-in");
    object->pause.scale_out = flag(object, "autoscaling.keda.sh/paused-scale-out");
    object->pause.force_activation = flag(object, "autoscaling.keda.sh/force-activation");
}

void read_annotations(struct walk *walk, const struct yaml_node *document, struct scaled_object *object)
{
    const struct yaml_node *annotations = yaml_get(yaml_get(document, "metadata"), "annotations");
    const struct yaml_node *in_spec = yaml_get(yaml_get(document, "spec"), "davit");
    const struct yaml_node *extras = yaml_get(annotations, EXTRAS_ANNOTATION);
    if (!annotations || annotations->kind != YAML_MAP)
        return;
    size_t metadata = walk_enter(walk, "metadata");
    size_t inner = walk_enter(walk, "annotations");
    read_pause(object);
    read_paused_replicas(walk, annotations, object);
    if (extras && extras->kind == YAML_STRING && (!in_spec || in_spec->kind == YAML_NULL)) {
        size_t before = walk_enter(walk, EXTRAS_ANNOTATION);
        read_extras_text(walk, extras, object);
        walk_leave(walk, before);
    }
    walk_leave(walk, inner);
    walk_leave(walk, metadata);
}
