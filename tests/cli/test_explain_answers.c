/* The command `explain` and what servers answer that are a Davit, none, or a hostile one. */
#include <jansson.h>

#include "scaler/base/json.h"
#include "scaler/base/strbuf.h"
#include "tests/cli/explain_run.h"

static const struct {
    const char *status, *body;
    int code;
    const char *out, *err; /* all of out; a part of err */
} answers[] = {
    {"200 OK", OBJECT("worker", "[" DECISION "]"), 0, good_text, ""},
    {"200 OK", OBJECT("worker", "null"), 0,
     "shop/worker scales Deployment worker, now at 8 replicas.  (12:03:14 UTC)\n\nNo decision yet.\n", ""},
    {"200 OK",
     "{\"davit\":\"0\",\"now\":null,\"objects\":[],\"same\":0,\"near\":[\"shop/worker\",\"shop/works\"]}", 1,
     "", "Davit knows no object shop/worker; there is shop/worker, shop/works\n"},
    {"200 OK", "{\"davit\":\"0\",\"now\":null,\"objects\":[],\"same\":0,\"near\":[]}", 1, "",
     "Davit knows no object shop/worker\n"},
    {"200 OK",
     "{\"davit\":\"0\",\"now\":null,\"objects\":[],\"same\":2,\"near\":[\"a/worker\",\"b/worker\"]}", 1, "",
     "there are 2 objects named shop/worker; which one? a/worker, b/worker\n"},
    {"404 Not Found", "404 page not found", 1, "", "HTTP status 404: is it Davit"},
    {"200 OK", "", 1, "", "not an answer of Davit"},
    {"200 OK", "<html>", 1, "", "not an answer of Davit"},
    {"200 OK", "[]", 1, "", "not an answer of Davit"},
    {"200 OK", "7", 1, "", "not an answer of Davit"},
    {"200 OK", "{}", 1, "", "not an answer of Davit: it does not say so"},
    {"200 OK", "{\"davit\":7,\"objects\":[{}]}", 1, "", "not an answer of Davit"},
    {"200 OK", "{\"davit\":\"0\",\"objects\":{}}", 1, "", "not an answer of Davit"},
    {"200 OK", "{\"davit\":\"0\",\"objects\":[7]}", 1, "", "object is no object"},
    {"200 OK", "{\"davit\":\"0\",\"objects\":[{}]}", 1, "",
     "not an answer of Davit: object.namespace is missing"},
    {"200 OK", "{\"davit\":\"0\",\"now\":5,\"objects\":[{}]}", 1, "", "answer.now is not a text"},
    {"200 OK", "{\"davit\":\"0\",\"now\":\"yesterday\",\"objects\":[{}]}", 1, "", "answer.now is not a time"},
    {"200 OK", "{\"davit\":\"0\",\"objects\":[{\"target\":{},\"namespace\":[],\"name\":1}]}", 1, "",
     "object.namespace is not a text"},
    {"200 OK", OBJECT("worker", "{}"), 1, "", "object.decisions is not a list"},
    {"200 OK", OBJECT("worker", "[null]"), 1, "", "decision is no object"},
    {"200 OK", OBJECT("worker", "[{}]"), 1, "", "decision.current is missing"},
    {"200 OK", OBJECT("worker", "[{\"current\":1e99}]"), 1, "", "decision.current is not a whole number"},
    {"200 OK", OBJECT("worker", "[{\"current\":99999999999}]"), 1, "", "decision.current is not a whole"},
    {"200 OK", OBJECT("worker", "[{\"current\":1,\"desired\":1,\"reason\":\"because\"}]"), 1, "",
     "decision.reason is a word this version does not know"},
    {"200 OK",
     OBJECT("worker", "[{\"current\":1,\"desired\":1,\"reason\":\"nothing\",\"write\":\"written\","
                      "\"highest\":3,\"highest_trigger\":2000000000}]"),
     0,
     "shop/worker scales Deployment worker, now at 8 replicas.  (12:03:14 UTC)\n\nStays at 1 replica: that "
     "is what is needed.  Looked at 1970-01-01 00:00:00 (20779 d 12 h ago).\n  Highest: a trigger, 3.\n"
     "  Result: 1 (min 1, max 20).\n",
     ""},
    {"200 OK",
     OBJECT("worker", "[{\"current\":1,\"desired\":1,\"reason\":\"nothing\",\"write\":\"written\","
                      "\"steps\":[1]}]"),
     1, "", "step is no object"},
    {"200 OK",
     OBJECT("worker", "[{\"current\":1,\"desired\":1,\"reason\":\"nothing\",\"write\":\"written\","
                      "\"steps\":[{},{},{},{},{},{},{},{},{}]}]"),
     1, "", "decision.steps is not a list of a size"},
    {"200 OK",
     OBJECT("worker", "[{\"current\":1,\"desired\":1,\"reason\":\"nothing\",\"write\":\"written\","
                      "\"triggers\":[{\"state\":\"fine\"}]}]"),
     1, "", "trigger.state is a word"},
};

START_TEST(answers_of_all_kinds)
{
    AUTO_FREE char *answer = with_head(answers[_i].status, answers[_i].body);
    char *dir = spawn_temp_dir();
    struct said said = asked(dir, answer, strlen(answer), "shop/worker", NULL);
    ck_assert_msg(said.code == answers[_i].code, "%d: %s", said.code, said.err);
    ck_assert_msg(strcmp(said.out, answers[_i].out) == 0, "%s", said.out);
    ck_assert_msg(strstr(said.err, answers[_i].err) != NULL, "%s", said.err);
    ck_assert_int_eq(said.err[0] == '\0', said.code == 0);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

/* Cut at every length: never a crash, never a screen. */
START_TEST(a_torn_answer)
{
    AUTO_FREE char *answer = with_head("200 OK", OBJECT("worker", "[" DECISION "]"));
    char *dir = spawn_temp_dir();
    for (size_t len = 0; len < strlen(answer); len += 83) {
        struct said said = asked(dir, answer, len, "shop/worker", NULL);
        ck_assert_int_eq(said.code, 1);
        ck_assert_str_eq(said.out, "");
        ck_assert_uint_gt(strlen(said.err), 20);
        forget(&said);
    }
    spawn_remove_dir(dir);
}
END_TEST

START_TEST(a_huge_answer)
{
    AUTO_STRBUF struct strbuf body;
    strbuf_init(&body);
    strbuf_append(&body, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"davit\":\"");
    while (body.len < (5u << 20))
        strbuf_append(&body,
                      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    char *dir = spawn_temp_dir();
    struct said said = asked(dir, body.data, body.len, "shop/worker", NULL);
    ck_assert_int_eq(said.code, 1);
    ck_assert_msg(strstr(said.err, "larger than") != NULL || strstr(said.err, "bytes") != NULL, "%s",
                  said.err);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

/* A terminal must not obey what a server says. */
START_TEST(control_characters_do_not_reach_the_terminal)
{
    AUTO_FREE char *answer = with_head("200 OK", OBJECT("a\\u001b[2J\\u0007b\\u009b\\nc", "[" DECISION "]"));
    char *dir = spawn_temp_dir();
    struct said said = asked(dir, answer, strlen(answer), "shop/worker", NULL);
    ck_assert_int_eq(said.code, 0);
    ck_assert_msg(strncmp(said.out, "shop/a?[2J?b??c scales", 22) == 0, "%s", said.out);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

START_TEST(json_is_the_object)
{
    AUTO_FREE char *answer = with_head("200 OK", OBJECT("worker", "[" DECISION "," DECISION "]"));
    char *dir = spawn_temp_dir();
    struct said said = asked(dir, answer, strlen(answer), "worker", "--output=json");
    AUTO_JSON json_t *root = json_loads(said.out, 0, NULL);
    ck_assert_int_eq(said.code, 0);
    ck_assert_str_eq(json_str(root, "name"), "worker");
    ck_assert_str_eq(json_str(root, "now"), "2026-11-22T12:03:14.000Z");
    ck_assert_uint_eq(json_array_size(json_object_get(root, "decisions")), 2);
    forget(&said);
    said = asked(dir, answer, strlen(answer), "worker", "--last=1");
    ck_assert_str_eq(said.out, good_text);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain_answers");
    SUITE_ADD_LOOP(suite, answers_of_all_kinds, answers);
    SUITE_ADD(suite, a_torn_answer);
    SUITE_ADD(suite, a_huge_answer);
    SUITE_ADD(suite, control_characters_do_not_reach_the_terminal);
    SUITE_ADD(suite, json_is_the_object);
    return suite_run(suite);
}
