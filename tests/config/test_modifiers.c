/* advanced.scalingModifiers: what is typed, what is refused and where, and who shares a formula. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "config/set.h"
#include "scaler/base/mem.h"

struct loaded {
    struct config_set set;
    struct diag_list diags;
};

#define TRIGGERS                                                                                             \
    "  triggers:\n"                                                                                          \
    "  - {type: demo, name: a, metadata: {}}\n"                                                              \
    "  - {type: demo, metadata: {}}\n"                                                                       \
    "  - {type: cpu, name: load, metricType: Utilization, metadata: {value: \"50\"}}\n"                      \
    "  - {type: demo, name: b, metadata: {}}\n"
#define HEAD                                                                                                 \
    "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web}\nspec:\n"                       \
    "  scaleTargetRef: {name: web}\n"
#define FORMULA_LINE   14 /* of the document that place() makes */
#define FORMULA_COLUMN 16

static void load_text(struct loaded *loaded, const char *text)
{
    *loaded = (struct loaded){0};
    config_set_init(&loaded->set);
    config_load_bytes(&loaded->set, text, strlen(text), "text.yaml", "shop", &loaded->diags);
    config_set_finish(&loaded->set, &loaded->diags);
}

static struct scaled_object *load_object(struct loaded *loaded, const char *spec)
{
    AUTO_FREE char *text = mem_printf("%s%s%s", HEAD, TRIGGERS, spec);
    load_text(loaded, text);
    return loaded->set.objects_len ? loaded->set.objects[0] : NULL;
}

static void unload(struct loaded *loaded)
{
    diag_list_done(&loaded->diags);
    config_set_done(&loaded->set);
}

START_TEST(fields_are_typed)
{
    struct loaded loaded;
    const struct scaled_object *object = load_object(
        &loaded, "  advanced:\n    scalingModifiers:\n      formula: a + b\n      target: \"2.5009\"\n"
                 "      activationTarget: \"-1.5\"\n      metricType: Value\n");
    ck_assert_msg(object && loaded.diags.len == 0, "%s",
                  loaded.diags.len ? loaded.diags.items[0].message : "");
    ck_assert(object->modifiers.set && object->modifiers.value_metric);
    ck_assert_int_eq(object->modifiers.target_milli, 2500); /* truncated, as KEDA does */
    ck_assert(object->modifiers.activation < -1.4 && object->modifiers.activation > -1.6);
    ck_assert_str_eq(shared_formula_text(object->modifiers.formula), "a + b");
    ck_assert_int_eq(object->modifiers.formula_mark.line, FORMULA_LINE - 1);
    ck_assert_int_eq(object->modifiers.formula_mark.column, FORMULA_COLUMN);
    static const int32_t inputs[] = {0, -1, -1, 1};
    ck_assert_uint_eq(object->modifiers.inputs_len, 2);
    ck_assert(memcmp(object->modifiers.inputs, inputs, sizeof(inputs)) == 0);
    const struct formula *program = shared_formula_program(object->modifiers.formula);
    ck_assert(formula_uses(program, 0) && formula_uses(program, 1));
    unload(&loaded);

    object = load_object(&loaded, "  advanced: {scalingModifiers: {formula: a, target: \"1\"}}\n");
    ck_assert(object && object->modifiers.set && !object->modifiers.value_metric);
    ck_assert_int_eq(object->modifiers.target_milli, 1000);
    ck_assert(!formula_uses(shared_formula_program(object->modifiers.formula), 1));
    unload(&loaded);

    object =
        load_object(&loaded, "  advanced: {scalingModifiers: {formula: \"\", metricType: \"\", target: }}\n");
    ck_assert(object && !object->modifiers.set && !object->modifiers.formula);
    unload(&loaded);
}
END_TEST

#define MODIFIERS(fields) "  advanced: {scalingModifiers: {" fields "}}\n"

/* message NULL: accepted. */
static const struct {
    const char *spec, *path, *message;
} rules[] = {
    {MODIFIERS("formula: a, target: \"1\""), NULL, NULL},
    {MODIFIERS("formula: a, target: \".5\""), NULL, NULL},
    {MODIFIERS("formula: a, target: \"0x1p4\""), NULL, NULL},
    {MODIFIERS("formula: a, target: \"1E3\", activationTarget: \"1e3\", metricType: AverageValue"), NULL,
     NULL},
    {MODIFIERS("formula: a, target: \"1\", activationTarget: , metricType: \"\""), NULL, NULL},
    {MODIFIERS("formula: \"7\", target: \"1\""), NULL, NULL},
    {MODIFIERS("formula: a"), "target", "is required"},
    {MODIFIERS("formula: a, target: \"\""), "target", "is required"},
    {MODIFIERS("target: \"1\""), "formula", "is required"},
    {MODIFIERS("activationTarget: \"1\""), "formula", "is required"},
    {MODIFIERS("metricType: Value"), "target", "is required"},
    {MODIFIERS("formula: \"\", metricType: Value"), "formula", "is required"},
    {MODIFIERS("formula: a, target: 1"), "target", "in quotes"},
    {MODIFIERS("formula: [a], target: \"1\""), "formula", "must be a string"},
    {MODIFIERS("formula: a, target: \"0\""), "target", "greater than 0"},
    {MODIFIERS("formula: a, target: \"-0\""), "target", "greater than 0"},
    {MODIFIERS("formula: a, target: \"-3\""), "target", "greater than 0"},
    {MODIFIERS("formula: a, target: \" 5\""), "target", "number greater than 0"},
    {MODIFIERS("formula: a, target: \"5%\""), "target", "number greater than 0"},
    {MODIFIERS("formula: a, target: \"1e309\""), "target", "number greater than 0"},
    {MODIFIERS("formula: a, target: \"Inf\""), "target", "at most"},
    {MODIFIERS("formula: a, target: \"NaN\""), "target", "at least"},
    {MODIFIERS("formula: a, target: \"0.0009\""), "target", "at least 0.001"},
    {MODIFIERS("formula: a, target: \"1e16\""), "target", "at most"},
    {MODIFIERS("formula: a, target: \"1\", activationTarget: \"many\""), "activationTarget", "finite number"},
    {MODIFIERS("formula: a, target: \"1\", activationTarget: \"Inf\""), "activationTarget", "finite number"},
    {MODIFIERS("formula: a, target: \"1\", metricType: Utilization"), "metricType", "AverageValue or Value"},
    {MODIFIERS("formula: load, target: \"1\""), "formula", "triggers[2] is a cpu trigger"},
    {MODIFIERS("formula: a + load, target: \"1\""), "formula", "triggers[2] is a cpu trigger"},
    {MODIFIERS("formula: a + loader, target: \"1\""), "formula", "(line 1, column 5 of the formula)"},
    {MODIFIERS("formula: \"a +\", target: \"1\""), "formula", "of the formula)"},
    {MODIFIERS("formula: \"  \", target: \"1\""), "formula", "of the formula)"},
    {"  fallback: {failureThreshold: 1, replicas: 1, behavior: scalingModifiers}\n", NULL, "needs a formula"},
    {MODIFIERS(
         "formula: \"a ?? 1\", target: \"1\"") "  fallback: {failureThreshold: 1, replicas: 1, behavior: "
                                               "scalingModifiers}\n",
     NULL, NULL},
};

START_TEST(rules_between_fields)
{
    struct loaded loaded;
    const struct scaled_object *object = load_object(&loaded, rules[_i].spec);
    if (!rules[_i].message) {
        ck_assert_msg(object && loaded.diags.len == 0, "%s: %s", rules[_i].spec,
                      loaded.diags.len ? loaded.diags.items[0].message : "refused");
        unload(&loaded);
        return;
    }
    ck_assert_msg(!object && loaded.diags.errors >= 1, "%s is accepted", rules[_i].spec);
    bool found = false;
    AUTO_FREE char *path =
        rules[_i].path ? mem_printf("spec.advanced.scalingModifiers.%s", rules[_i].path) : NULL;
    for (size_t i = 0; i < loaded.diags.len; i++)
        found = found || (strstr(loaded.diags.items[i].message, rules[_i].message) &&
                          (!path || strcmp(loaded.diags.items[i].path, path) == 0));
    ck_assert_msg(found, "%s: %s: %s", rules[_i].spec, loaded.diags.items[0].path,
                  loaded.diags.items[0].message);
    unload(&loaded);
}
END_TEST

/* The wrong name is `zz` in all of them. line: below that of `formula:`. */
static const struct {
    const char *scalar;
    int line, column;                 /* in the file */
    int formula_line, formula_column; /* in the text */
} places[] = {
    {"zz", 0, FORMULA_COLUMN, 1, 1},
    {"a + zz", 0, FORMULA_COLUMN + 4, 1, 5},
    {"a + zz # why", 0, FORMULA_COLUMN + 4, 1, 5},
    {"\"a + zz\"", 0, FORMULA_COLUMN + 5, 1, 5},
    {"'a + zz'", 0, FORMULA_COLUMN + 5, 1, 5},
    {"'/* \xc3\xa9\xe2\x82\xac */ zz'", 0, FORMULA_COLUMN + 10, 1, 10}, /* characters, not bytes */
    {"\"a + \\x7az\"", 0, FORMULA_COLUMN, 1, 5},
    {"\"a +\\n  zz\"", 0, FORMULA_COLUMN, 2, 3},
    {"'/* '' */ zz'", 0, FORMULA_COLUMN, 1, 9},
    {"a +\n        zz", 0, FORMULA_COLUMN, 1, 5},
    {"\"a +\n        zz\"", 0, FORMULA_COLUMN, 1, 5},
    {"|\n        a + zz", 1, 13, 1, 5},
    {"|\n        a +\n        zz", 2, 9, 2, 1},
    {"|-\n        a +\n\n        zz", 3, 9, 3, 1},
    {"| # why\n\n          a +\n          zz", 3, 11, 3, 1},
    {"|2\n         a + zz", 1, 14, 1, 6},
    {"|\n        a +\n           zz", 2, 12, 2, 4},
    {"|\r\n        a +\r\n        zz\r", 2, 9, 2, 1},
    {"|\n        /* \xe2\x82\xac */ a +\n        zz", 2, 9, 2, 1},
    {"|+\n        a +\n        zz\n\n", 2, 9, 2, 1},
    {">\n        a +\n        zz", 0, FORMULA_COLUMN, 1, 5},
    {">-\n        a + zz", 0, FORMULA_COLUMN, 1, 5},
};

START_TEST(errors_have_their_place)
{
    struct loaded loaded;
    AUTO_FREE char *spec = mem_printf(
        "  advanced:\n    scalingModifiers:\n      target: \"1\"\n      formula: %s\n", places[_i].scalar);
    AUTO_FREE char *within = mem_printf(" (line %d, column %d of the formula)", places[_i].formula_line,
                                        places[_i].formula_column);
    ck_assert_ptr_null(load_object(&loaded, spec));
    ck_assert_uint_eq(loaded.diags.len, 1);
    const struct diag *diag = &loaded.diags.items[0];
    ck_assert_str_eq(diag->path, "spec.advanced.scalingModifiers.formula");
    ck_assert_msg(strstr(diag->message, within), "%s: %s", places[_i].scalar, diag->message);
    ck_assert_msg(diag->line == FORMULA_LINE + places[_i].line && diag->column == places[_i].column,
                  "%s: %d:%d", places[_i].scalar, diag->line, diag->column);
    unload(&loaded);
}
END_TEST

/* A trigger's name need not be a word of the language. */
START_TEST(a_name_with_a_dash_has_its_way)
{
    struct loaded loaded;
    load_text(&loaded, HEAD "  triggers:\n  - {type: demo, name: my-queue, metadata: {}}\n"
                            "  - {type: demo, name: mx, metadata: {}}\n"
                            "  advanced: {scalingModifiers: {formula: 2 * my-queue, target: \"1\"}}\n");
    ck_assert_uint_eq(loaded.diags.len, 1);
    ck_assert_msg(strstr(loaded.diags.items[0].message, "write $env[\"my-queue\"] (line 1, column 5") != NULL,
                  "%s", loaded.diags.items[0].message);
    unload(&loaded);
    load_text(&loaded, HEAD "  triggers:\n  - {type: demo, name: my-queue, metadata: {}}\n"
                            "  advanced: {scalingModifiers: {formula: '2 * $env[\"my-queue\"]', target: "
                            "\"1\"}}\n");
    ck_assert_uint_eq(loaded.diags.len, 0);
    unload(&loaded);
}
END_TEST

START_TEST(equal_formulas_are_one)
{
    static const char list[] =
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObjectList\nitems:\n"
        "- metadata: {name: w1}\n  spec: &spec\n    scaleTargetRef: {name: w1}\n"
        "    triggers: [{type: demo, name: a, metadata: {}}, {type: demo, name: b, metadata: {}}]\n"
        "    advanced: {scalingModifiers: {formula: a + b, target: \"1\"}}\n"
        "- metadata: {name: w2}\n  spec: {<<: *spec, scaleTargetRef: {name: w2}}\n"
        "- metadata: {name: w3}\n  spec:\n    <<: *spec\n    scaleTargetRef: {name: w3}\n"
        "    triggers: [{type: demo, name: b, metadata: {}}, {type: demo, name: a, metadata: {}}]\n"
        "- metadata: {name: w4}\n  spec:\n    <<: *spec\n    scaleTargetRef: {name: w4}\n"
        "    advanced: {scalingModifiers: {formula: a + b + 0, target: \"1\"}}\n";
    struct loaded loaded;
    load_text(&loaded, list);
    ck_assert_msg(loaded.set.objects_len == 4, "%s", loaded.diags.len ? loaded.diags.items[0].message : "");
    struct scaled_object **objects = loaded.set.objects;
    ck_assert_ptr_eq(objects[0]->modifiers.formula, objects[1]->modifiers.formula);
    ck_assert_ptr_ne(objects[0]->modifiers.formula, objects[2]->modifiers.formula); /* other inputs */
    ck_assert_ptr_ne(objects[0]->modifiers.formula, objects[3]->modifiers.formula);
    struct scaled_object *kept = scaled_object_ref(objects[1]);
    unload(&loaded); /* the set is gone, the object and its formula are not */
    ck_assert_str_eq(shared_formula_text(kept->modifiers.formula), "a + b");
    scaled_object_unref(kept);
}
END_TEST

static const struct {
    const char *formula;
    bool speaks;
} nils[] = {
    {"a + b", false},
    {"a ?? b", true},
    {"a == nil ? 1 : a", true},
    {"a > 1 ? a : b", false},
    {"a // ?? nil\\n", false},
    {"a /* ?? nil */", false},
    {"a + len('?? nil')", false},
    {"a + len(\\\"nil\\\")", false},
    {"a + len(`??`)", false},
    {"a + len('\\\\' nil')", false},
};

START_TEST(nil_is_spoken_of)
{
    struct loaded loaded;
    AUTO_FREE char *spec =
        mem_printf("  advanced: {scalingModifiers: {formula: \"%s\", target: \"1\"}}\n"
                   "  fallback: {failureThreshold: 1, replicas: 1, behavior: scalingModifiers}\n",
                   nils[_i].formula);
    const struct scaled_object *object = load_object(&loaded, spec);
    ck_assert_msg(object, "%s: %s", nils[_i].formula, loaded.diags.len ? loaded.diags.items[0].message : "");
    ck_assert_msg(shared_formula_speaks_of_nil(object->modifiers.formula) == nils[_i].speaks, "%s",
                  nils[_i].formula);
    ck_assert_uint_eq(loaded.diags.warnings, nils[_i].speaks ? 0 : 1);
    unload(&loaded);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/modifiers");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, fields_are_typed);
    tcase_add_loop_test(tcase, rules_between_fields, 0, (int)ARRAY_LEN(rules));
    tcase_add_loop_test(tcase, errors_have_their_place, 0, (int)ARRAY_LEN(places));
    tcase_add_test(tcase, a_name_with_a_dash_has_its_way);
    tcase_add_test(tcase, equal_formulas_are_one);
    tcase_add_loop_test(tcase, nil_is_spoken_of, 0, (int)ARRAY_LEN(nils));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
