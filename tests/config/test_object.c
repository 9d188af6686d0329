/* What the typed objects hold: fields, defaults, annotations, hashes, references. Messages are
 * tests/config/bad's. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/set.h"
#include "scaler/base/mem.h"

struct loaded {
    struct config_set set;
    struct diag_list diags;
};

static void load_text(struct loaded *loaded, const char *text)
{
    *loaded = (struct loaded){0};
    config_set_init(&loaded->set);
    config_load_bytes(&loaded->set, text, strlen(text), "text.yaml", "shop", &loaded->diags);
    config_set_finish(&loaded->set, &loaded->diags);
}

static void unload(struct loaded *loaded)
{
    diag_list_done(&loaded->diags);
    config_set_done(&loaded->set);
}

static void load_good(struct loaded *loaded, const char *name)
{
    AUTO_FREE char *path = mem_printf("%s/config/good/%s", TEST_DIR, name);
    *loaded = (struct loaded){0};
    config_set_init(&loaded->set);
    ck_assert_int_eq(config_load(&loaded->set, path, "shop", &loaded->diags, NULL), 0);
    config_set_finish(&loaded->set, &loaded->diags);
    ck_assert_uint_eq(loaded->diags.len, 0);
}

/* A ScaledObject with these lines in metadata and spec. */
static struct scaled_object *load_object(struct loaded *loaded, const char *metadata, const char *spec)
{
    AUTO_FREE char *text = mem_printf("apiVersion: keda.sh/v1alpha1\n"
                                      "kind: ScaledObject\n"
                                      "metadata:\n  name: web\n%s"
                                      "spec:\n"
                                      "  scaleTargetRef: {name: web}\n"
                                      "  triggers: [{type: demo, metadata: {}}]\n%s",
                                      metadata, spec);
    load_text(loaded, text);
    return loaded->set.objects_len ? loaded->set.objects[0] : NULL;
}

START_TEST(defaults)
{
    struct loaded loaded;
    const struct scaled_object *object = load_object(&loaded, "", "");
    ck_assert_ptr_nonnull(object);
    ck_assert_str_eq(object->meta.ns, "shop");
    ck_assert_str_eq(object->meta.name, "web");
    ck_assert_str_eq(object->meta.file, "text.yaml");
    ck_assert_str_eq(object->meta.uid, "");
    ck_assert_int_eq(object->meta.mark.line, 1);
    ck_assert_str_eq(object->target.api_version, "apps/v1");
    ck_assert_str_eq(object->target.kind, "Deployment");
    ck_assert_str_eq(object->target.env_container, "");
    ck_assert(object->polling_ms == 30000 && object->cooldown_ms == 300000 &&
              object->initial_cooldown_ms == 0);
    ck_assert(!object->has_idle && !object->has_min && object->min == 0 && object->max == 100);
    ck_assert(!object->fallback.set && !object->behavior.set && !object->restore_to_original);
    ck_assert(!object->pause.paused && object->unknown == UNKNOWN_DEFAULT && object->refs == 1);
    ck_assert_str_eq(object->triggers[0].name, "");
    ck_assert(!object->triggers[0].auth.set && !object->triggers[0].value_metric);
    unload(&loaded);
}
END_TEST

static void check_behavior(const struct scaling_behavior *behavior)
{
    ck_assert(behavior->set && behavior->up.has_window && behavior->up.window_s == 0);
    ck_assert(behavior->up.select == SCALING_SELECT_MIN && behavior->up.has_policies);
    ck_assert(behavior->up.has_tolerance && fabs(behavior->up.tolerance - 0.05) < 1e-12);
    ck_assert_uint_eq(behavior->up.policies_len, 2);
    ck_assert(behavior->up.policies[1].type == SCALING_POLICY_PERCENT &&
              behavior->up.policies[1].value == 200 && behavior->up.policies[1].period_s == 60);
    ck_assert(!behavior->down.has_window && behavior->down.select == SCALING_SELECT_DISABLED);
    ck_assert(!behavior->down.has_policies &&
              behavior->down.policies_len == 1); /* the API's default is filled in */
}

static void check_triggers(const struct scaled_object *object)
{
    ck_assert_uint_eq(object->triggers_len, 2);
    const struct trigger_spec *first = &object->triggers[0], *second = &object->triggers[1];
    ck_assert_str_eq(first->type, "demo");
    ck_assert_str_eq(first->name, "queue");
    ck_assert(first->use_cached_metrics && first->value_metric && first->auth.set && !first->auth.cluster);
    ck_assert_uint_eq(first->metadata.len, 6);
    ck_assert_str_eq(first->metadata.items[1].key, "threshold");
    ck_assert_int_eq(first->metadata_marks[1].line, first->metadata_marks[0].line + 1);
    ck_assert_int_eq(first->metadata_marks[1].column, 20);
    ck_assert(!second->value_metric && second->auth.cluster);
    ck_assert_str_eq(second->auth.name, "shared");
}

START_TEST(every_field)
{
    struct loaded loaded;
    load_good(&loaded, "everything.yaml");
    const struct scaled_object *object = config_find_object(&loaded.set, "shop", "web");
    ck_assert_ptr_nonnull(object);
    ck_assert_str_eq(object->target.api_version, "argoproj.io/v1alpha1");
    ck_assert_str_eq(object->target.kind, "Rollout");
    ck_assert_str_eq(object->target.env_container, "main");
    ck_assert_int_eq(object->polling_ms, 200);
    ck_assert(object->initial_cooldown_ms == 10000 && object->cooldown_ms == 120000);
    ck_assert(object->has_idle && object->idle == 1 && object->has_min && object->min == 3 &&
              object->max == 50);
    ck_assert(object->fallback.set && object->fallback.failure_threshold == 3 &&
              object->fallback.replicas == 6);
    ck_assert_int_eq(object->fallback.kind, FALLBACK_KIND_CURRENT_IF_HIGHER);
    ck_assert(object->restore_to_original && object->unknown == UNKNOWN_HOLD);
    ck_assert_str_eq(object->meta.uid, "0b1c");
    ck_assert_int_eq(object->meta.created_ms, INT64_C(1787220000000));
    ck_assert_str_eq(text_map_get(&object->meta.annotations, "empty"), "");
    ck_assert_str_eq(text_map_get(&object->meta.labels, "app"), "web");
    check_behavior(&object->behavior);
    check_triggers(object);
    ck_assert_uint_eq(loaded.set.ignored, 1);
    unload(&loaded);
}
END_TEST

START_TEST(auths_and_values)
{
    struct loaded loaded;
    load_good(&loaded, "everything.yaml");
    const struct trigger_auth *auth = config_find_auth(&loaded.set, false, "shop", "auth");
    ck_assert(auth && auth->secrets_len == 1 && auth->config_maps_len == 1 && auth->env_len == 0);
    ck_assert_str_eq(auth->secrets[0].parameter, "password");
    ck_assert_str_eq(auth->secrets[0].name, "creds");
    ck_assert_str_eq(auth->secrets[0].key, "password");
    ck_assert_str_eq(auth->unsupported, "");
    ck_assert_ptr_nonnull(config_find_auth(&loaded.set, true, "anything", "shared"));
    ck_assert_ptr_null(config_find_auth(&loaded.set, false, "shop", "shared"));
    ck_assert_ptr_null(config_find_auth(&loaded.set, true, "shop", "auth"));
    const struct key_values *values = config_find_values(&loaded.set, true, "shop", "creds");
    ck_assert_ptr_nonnull(values);
    ck_assert_str_eq(text_map_get(&values->data, "password"), "hunter2");
    ck_assert_ptr_null(config_find_values(&loaded.set, false, "shop", "creds"));
    values = config_find_values(&loaded.set, false, "shop", "settings");
    ck_assert(values && values->data.len == 1);
    unload(&loaded);
}
END_TEST

START_TEST(string_data_overrules_data_wherever_it_stands)
{
    struct loaded loaded;
    load_text(&loaded, "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
                       "stringData: {a: plain}\ndata: {a: aHVudGVyMg==, b: aHVudGVyMg==, c: }\n");
    const struct key_values *values = config_find_values(&loaded.set, true, "shop", "s");
    ck_assert_ptr_nonnull(values);
    ck_assert_str_eq(text_map_get(&values->data, "a"), "plain");
    ck_assert_str_eq(text_map_get(&values->data, "b"), "hunter2");
    ck_assert_str_eq(text_map_get(&values->data, "c"), "");
    unload(&loaded);
}
END_TEST

static const struct pause_case {
    const char *annotation, *value;
    bool paused, has_replicas, bad, in, out, force;
    int32_t replicas;
} pause_cases[] = {
    {"paused", "true", .paused = true},
    {"paused", "T", .paused = true},
    {"paused", "1", .paused = true},
    {"paused", "no", .paused = true}, /* unparseable is true */
    {"paused", "", .paused = true},
    {"paused", "false", .paused = false},
    {"paused", "F", .paused = false},
    {"paused", "0", .paused = false},
    {"paused-replicas", "0", .paused = true, .has_replicas = true},
    {"paused-replicas", "+7", .paused = true, .has_replicas = true, .replicas = 7},
    {"paused-replicas", "2147483647", .paused = true, .has_replicas = true, .replicas = INT32_MAX},
    {"paused-replicas", "2147483648", .paused = true, .bad = true},
    {"paused-replicas", "-1", .paused = true, .bad = true},
    {"paused-replicas", "", .paused = true, .bad = true},
    {"paused-replicas", "3.0", .paused = true, .bad = true},
    {"paused-scale-in", "true", .in = true},
    {"paused-scale-out", "maybe", .out = true},
    {"paused-scale-out", "false", .out = false},
    {"force-activation", "true", .force = true},
};

START_TEST(pause_annotations)
{
    const struct pause_case *it = &pause_cases[_i];
    struct loaded loaded;
    AUTO_FREE char *metadata =
        mem_printf("  annotations: {autoscaling.keda.sh/%s: \"%s\"}\n", it->annotation, it->value);
    const struct scaled_object *object = load_object(&loaded, metadata, "");
    ck_assert_ptr_nonnull(object);
    ck_assert_int_eq(object->pause.paused, it->paused);
    ck_assert_int_eq(object->pause.has_replicas, it->has_replicas);
    ck_assert_int_eq(object->pause.replicas, it->replicas);
    ck_assert_int_eq(object->pause.bad_replicas, it->bad);
    ck_assert_int_eq(object->pause.scale_in, it->in);
    ck_assert_int_eq(object->pause.scale_out, it->out);
    ck_assert_int_eq(object->pause.force_activation, it->force);
    ck_assert_uint_eq(loaded.diags.errors, 0);
    ck_assert_uint_eq(loaded.diags.warnings, it->bad ? 1 : 0);
    unload(&loaded);
}
END_TEST

START_TEST(paused_replicas_beat_paused_false)
{
    struct loaded loaded;
    const struct scaled_object *object = load_object(&loaded,
                                                     "  annotations: {autoscaling.keda.sh/paused: \"false\", "
                                                     "autoscaling.keda.sh/paused-replicas: \"2\"}\n",
                                                     "");
    ck_assert(object && object->pause.paused && object->pause.replicas == 2);
    unload(&loaded);
}
END_TEST

static const struct {
    const char *metadata, *spec;
    enum unknown_policy unknown;
    int64_t polling_ms;
} extras_cases[] = {
    {"", "", UNKNOWN_DEFAULT, 30000},
    {"", "  pollingInterval: 5\n", UNKNOWN_DEFAULT, 5000},
    {"", "  davit: {unknown: keda}\n  pollingInterval: 5\n", UNKNOWN_KEDA, 5000},
    {"", "  pollingInterval: 5\n  davit: {pollingInterval: 50ms}\n", UNKNOWN_DEFAULT, 50},
    {"", "  davit: {pollingInterval: 1m30s}\n  pollingInterval: 5\n", UNKNOWN_DEFAULT, 90000},
    {"  annotations: {davit.dev/spec: \"unknown: hold\"}\n", "", UNKNOWN_HOLD, 30000},
    {"  annotations: {davit.dev/spec: \"\"}\n", "", UNKNOWN_DEFAULT, 30000},
    {"  annotations: {davit.dev/spec: '{\"pollingInterval\": \"200ms\"}'}\n", "  pollingInterval: 9\n",
     UNKNOWN_DEFAULT, 200},
    /* both: the annotation is not looked at */
    {"  annotations: {davit.dev/spec: \"unknown: nonsense\"}\n", "  davit: {unknown: keda}\n", UNKNOWN_KEDA,
     30000},
};

START_TEST(own_fields)
{
    struct loaded loaded;
    const struct scaled_object *object =
        load_object(&loaded, extras_cases[_i].metadata, extras_cases[_i].spec);
    ck_assert_uint_eq(loaded.diags.len, 0);
    ck_assert_int_eq(object->unknown, extras_cases[_i].unknown);
    ck_assert_int_eq(object->polling_ms, extras_cases[_i].polling_ms);
    unload(&loaded);
}
END_TEST

static const struct {
    const char *spec;
    bool accepted;
} bounds_cases[] = {
    {"  minReplicaCount: 0\n", true},
    {"  minReplicaCount: 100\n", true},
    {"  minReplicaCount: 101\n", false},
    {"  minReplicaCount: 5\n  maxReplicaCount: 5\n", true},
    {"  minReplicaCount: 6\n  maxReplicaCount: 5\n", false},
    {"  minReplicaCount: 0\n  maxReplicaCount: 1\n", true},
    {"  minReplicaCount: 5.0\n", true},
    {"  minReplicaCount: null\n  maxReplicaCount: 1\n", true},
    {"  idleReplicaCount: 0\n", false},
    {"  idleReplicaCount: 0\n  minReplicaCount: 0\n", true},
    {"  idleReplicaCount: 0\n  minReplicaCount: 1\n", true},
    {"  idleReplicaCount: 1\n  minReplicaCount: 1\n", false},
    {"  idleReplicaCount: 1\n  minReplicaCount: 0\n", false},
    {"  idleReplicaCount: 4\n  minReplicaCount: 5\n", true},
    {"  idleReplicaCount: 5\n  minReplicaCount: 5\n", false},
    {"  advanced: {scalingModifiers: {formula: \"\", target: }}\n", true},
    {"  advanced: {scalingModifiers: {target: \"1\"}}\n", false},
    {"  advanced: {scalingModifiers: {target: 1}}\n", false},
    {"  advanced: {scalingModifiers: {formulae: x}}\n", false},
    {"  advanced: {horizontalPodAutoscalerConfig: {behavior: {}}}\n", true},
    {"  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: {stabilizationWindowSeconds: "
     "3600}}}}\n",
     true},
    {"  fallback: {failureThreshold: 0, replicas: 0}\n", true},
    {"  fallback: {failureThreshold: 0, replicas: 0, behavior: scalingModifiers}\n", false},
    {"  fallback: {failureThreshold: 0, replicas: 0, behavior: \"\"}\n", false},
    {"  pollingInterval: 2147483647\n", true},
    {"  pollingInterval: 2147483648\n", false},
    {"  pollingInterval: .nan\n", false},
    {"  pollingInterval: 1e300\n", false},
};

START_TEST(bounds)
{
    struct loaded loaded;
    const struct scaled_object *object = load_object(&loaded, "", bounds_cases[_i].spec);
    ck_assert_msg((object != NULL) == bounds_cases[_i].accepted, "%s: %s", bounds_cases[_i].spec,
                  loaded.diags.len ? loaded.diags.items[0].message : "accepted");
    ck_assert_uint_eq(loaded.set.broken_files.len, bounds_cases[_i].accepted ? 0 : 1);
    unload(&loaded);
}
END_TEST

static uint64_t hash_of(const char *text)
{
    struct loaded loaded;
    load_text(&loaded, text);
    ck_assert_uint_eq(loaded.set.objects_len, 1);
    uint64_t hash = loaded.set.objects[0]->meta.content_hash;
    unload(&loaded);
    return hash;
}

#define HASH_HEAD "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"
#define HASH_SPEC "spec: {scaleTargetRef: {name: web}, triggers: [{type: demo, metadata: {a: b, c: d}}]}\n"

static const struct {
    const char *text;
    bool same;
} hash_cases[] = {
    {"# moved\n\n" HASH_HEAD "metadata: {name: web}\n" HASH_SPEC, true},
    {HASH_SPEC "metadata: {name: web}\nkind: ScaledObject\napiVersion: keda.sh/v1alpha1\n", true},
    {HASH_HEAD "metadata: {name: web, resourceVersion: \"9\", generation: 4, managedFields: [1]}\n" HASH_SPEC
               "status: {lastActiveTime: now}\n",
     true},
    {HASH_HEAD
     "metadata: {name: web, annotations: {kubectl.kubernetes.io/last-applied-configuration: x}}\n" HASH_SPEC,
     true},
    {HASH_HEAD "metadata: {name: web}\nspec: {triggers: [{metadata: {c: d, a: b}, type: demo}],\n"
               "  scaleTargetRef: {name: \"web\"}, idleReplicaCount: }\n",
     true},
    {HASH_HEAD "metadata: {name: web, annotations: {x: z}}\n" HASH_SPEC, false},
    {HASH_HEAD "metadata: {name: web, labels: {x: z}}\n" HASH_SPEC, false},
    {HASH_HEAD "metadata: {name: web, deletionTimestamp: \"2026-01-01T00:00:00Z\"}\n" HASH_SPEC, false},
    {HASH_HEAD "metadata: {name: web}\nspec: {scaleTargetRef: {name: web}, triggers: [{type: demo, metadata: "
               "{a: d, c: b}}]}\n",
     false},
    {HASH_HEAD "metadata: {name: web}\nspec: {scaleTargetRef: {name: web}, maxReplicaCount: 3,\n"
               "  triggers: [{type: demo, metadata: {a: b, c: d}}]}\n",
     false},
};

START_TEST(content_hash)
{
    uint64_t base = hash_of(HASH_HEAD "metadata: {name: web}\n" HASH_SPEC);
    uint64_t other = hash_of(hash_cases[_i].text);
    ck_assert_msg((base == other) == hash_cases[_i].same, "%s", hash_cases[_i].text);
}
END_TEST

START_TEST(references_count)
{
    struct loaded loaded;
    load_good(&loaded, "everything.yaml");
    struct scaled_object *object = scaled_object_ref(loaded.set.objects[0]);
    struct trigger_auth *auth = trigger_auth_ref(loaded.set.auths[0]);
    struct key_values *values = key_values_ref(loaded.set.values[0]);
    unload(&loaded);
    ck_assert(object->refs == 1 && auth->refs == 1 && values->refs == 1);
    ck_assert_str_eq(object->meta.name, "web"); /* still whole */
    scaled_object_unref(object);
    trigger_auth_unref(auth);
    key_values_unref(values);
    scaled_object_unref(NULL);
    trigger_auth_unref(NULL);
    key_values_unref(NULL);
}
END_TEST

START_TEST(deleting_is_told)
{
    struct loaded loaded;
    const struct scaled_object *object =
        load_object(&loaded, "  deletionTimestamp: \"2026-01-01T00:00:00Z\"\n", "");
    ck_assert(object && object->meta.deleting);
    unload(&loaded);
}
END_TEST

START_TEST(namespace_is_required_without_a_default)
{
    struct config_set set;
    struct diag_list diags = {0};
    const char *text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n";
    config_set_init(&set);
    config_load_bytes(&set, text, strlen(text), "f", NULL, &diags);
    ck_assert_uint_eq(diags.errors, 1);
    ck_assert_str_eq(diags.items[0].path, "metadata.namespace");
    diag_list_done(&diags);
    config_set_done(&set);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/object");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, defaults);
    tcase_add_test(tcase, every_field);
    tcase_add_test(tcase, auths_and_values);
    tcase_add_test(tcase, string_data_overrules_data_wherever_it_stands);
    tcase_add_loop_test(tcase, pause_annotations, 0, ARRAY_LEN(pause_cases));
    tcase_add_test(tcase, paused_replicas_beat_paused_false);
    tcase_add_loop_test(tcase, own_fields, 0, ARRAY_LEN(extras_cases));
    tcase_add_loop_test(tcase, bounds, 0, ARRAY_LEN(bounds_cases));
    tcase_add_loop_test(tcase, content_hash, 0, ARRAY_LEN(hash_cases));
    tcase_add_test(tcase, references_count);
    tcase_add_test(tcase, deleting_is_told);
    tcase_add_test(tcase, namespace_is_required_without_a_default);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
