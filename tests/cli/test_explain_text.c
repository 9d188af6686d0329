/* The screen of `davit explain` for every kind of limit: decisions of the engine itself, through the ledger
 * and its JSON, against the texts in tests/cli/explain. DAVIT_GOLDEN=write makes these anew, for a look at
 * the difference. */
#include <stdio.h>
#include <stdlib.h>

#include "scaler/base/file.h"
#include "scaler/base/json.h"
#include "scaler/base/text.h"
#include "scaler/cli/explain_model.h"
#include "scaler/daemon/ledger_json.h"
#include "tests/cli/explain_scenes.h"

#define SCREEN_LINES 24

/* ---- as the daemon would answer ---- */

static void facts_json(struct strbuf *body, const struct scene *scene)
{
    strbuf_append(body, ",\"triggers\":[");
    for (int i = 0; i < 2; i++) {
        bool whole = scene->fixture.triggers[i].type == METRIC_VALUE;
        strbuf_printf(body, "%s{\"metric_type\":\"%s\",", i ? "," : "", whole ? "Value" : "AverageValue");
        ledger_json_milli(body, "target", scene->fixture.triggers[i].target_milli);
        strbuf_append_c(body, ',');
        ledger_json_number(body, "activation", scene->fixture.triggers[i].activation);
        strbuf_append_c(body, ',');
        ledger_json_time(body, "last_ok", scene->ok_ms[i]);
        strbuf_append_c(body, ',');
        ledger_json_string(body, "error", scene->errors[i]);
        strbuf_append_c(body, '}');
    }
    strbuf_append_c(body, ']');
}

static void decisions_json(struct strbuf *body, const struct scene *scene)
{
    static const struct ledger_label labels[] = {{"queue", "redis"}, {"http", "prometheus"}};
    const struct ledger_entry *entry;
    strbuf_append(body, ",\"decisions\":[");
    for (size_t back = 0; (entry = ledger_get(&scene->ledger, back)); back++) {
        strbuf_append(body, back ? "," : "");
        ledger_json_decision(body, entry, labels, 2);
    }
    strbuf_append_c(body, ']');
}

static void scene_json(struct strbuf *body, const struct scene *scene)
{
    const struct fixture *fixture = &scene->fixture;
    strbuf_append(body, "{\"davit\":\"0\",");
    ledger_json_time(body, "now", fixture->now_ms);
    strbuf_append(body, ",\"objects\":[{\"namespace\":\"shop\",\"name\":\"worker\",\"target\":{\"kind\":"
                        "\"Deployment\",\"name\":\"worker\"},");
    ledger_json_string(body, "phase", scene->phase);
    strbuf_append_c(body, ',');
    ledger_json_string(body, "problem", scene->problem);
    strbuf_append_c(body, ',');
    ledger_json_string(body, "formula_error",
                       text_empty(fixture->decision.composite.error) ? NULL
                                                                     : fixture->decision.composite.error);
    if (scene->running)
        strbuf_printf(body, ",\"replicas\":%d", fixture->target.spec_replicas);
    strbuf_printf(body, ",\"min\":%d,\"max\":%d,", fixture->policy.min, fixture->policy.max);
    ledger_json_time(body, "next_evaluation", scene->next_ms ? fixture->now_ms + scene->next_ms : 0);
    strbuf_append(body, ",\"policy\":");
    ledger_json_policy(body, &fixture->policy);
    facts_json(body, scene);
    decisions_json(body, scene);
    strbuf_append(body, "}]}");
}

static void told(struct strbuf *out, const struct scene *scene)
{
    AUTO_STRBUF struct strbuf body;
    AUTO_JSON json_t *root = NULL;
    struct explain_object object;
    static struct explain_decision decisions[LEDGER_ENTRIES];
    struct err err = {0};
    strbuf_init(&body);
    scene_json(&body, scene);
    ck_assert_msg(json_load_bytes(body.data, body.len, &root, &err) == 0, "%s: %s", err.msg, body.data);
    json_t *json = json_array_get(json_object_get(root, "objects"), 0);
    ck_assert_msg(explain_read_object(root, json, &object, &err) == 0, "%s: %s", err.msg, body.data);
    for (size_t i = 0; i < object.decisions_len; i++)
        ck_assert_msg(explain_read_decision(json_array_get(object.decisions, i), &decisions[i], &err) == 0,
                      "%s: %s", err.msg, body.data);
    explain_text(out, &object, decisions, object.decisions_len);
}

static void compare(const char *path, const char *text)
{
    AUTO_FREE char *golden = NULL;
    size_t len;
    struct err err = {0};
    const char *mode = getenv("DAVIT_GOLDEN");
    if (mode && strcmp(mode, "write") == 0) {
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        ck_assert_int_ge(fputs(text, file), 0);
        ck_assert_int_eq(fclose(file), 0);
    }
    ck_assert_msg(file_read(path, 1 << 16, &golden, &len, &err) == 0, "%s", err.msg);
    ck_assert_msg(strcmp(golden, text) == 0, "%s: expected\n%s\nbut was\n%s", path, golden, text);
}

START_TEST(every_kind_of_limit)
{
    struct scene scene = {.phase = "running", .write = LEDGER_WRITTEN, .next_ms = 2000, .running = true};
    AUTO_STRBUF struct strbuf out;
    strbuf_init(&out);
    scenes[_i].build(&scene);
    told(&out, &scene);
    unsigned lines = 0;
    for (const char *at = out.data; *at; at++)
        lines += *at == '\n';
    ck_assert_uint_le(lines, SCREEN_LINES);
    AUTO_FREE char *path = mem_printf("%s/cli/explain/%s.txt", TEST_DIR, scenes[_i].name);
    compare(path, out.data);
    ledger_done(&scene.ledger);
    fixture_done(&scene.fixture);
    formula_free(scene.formula);
    formula_scratch_free(scene.scratch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli/explain_text");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, every_kind_of_limit, 0, ARRAY_LEN(scenes));
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
