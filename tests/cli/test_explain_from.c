/* The command `explain --from`: lines of a simulation, and what is none. */
#include "tests/cli/explain_run.h"

#define LINE(t, replicas, desired, reason, limits)                                                           \
    "{\"t\":" t ",\"replicas\":" replicas ",\"desired\":" desired ",\"active\":true,\"reason\":\"" reason    \
    "\",\"limited_by\":[" limits "],\"triggers\":{\"queue\":{\"state\":\"ok\",\"value\":76,"                 \
    "\"proposal\":8}},\"steps\":[]}\n"
#define LINES                                                                                                \
    LINE("0", "5", "5", "nothing", "")                                                                       \
    LINE("15", "5", "8", "scaled-up", "\"max\"")                                                             \
    LINE("30", "8", "8", "nothing", "") LINE("45.5", "8", "8", "nothing", "")

static const struct {
    const char *lines, *at;
    int code;
    const char *said;
} simulations[] = {
    {LINES, NULL, 0,
     "A simulation, now at 8 replicas.  (t=45.5 s)\n"
     "\n"
     "Stays at 8 replicas: that is what is needed.  Looked at t=45.5 s, 2 times alike since t=30 s.\n"
     "  queue: 76 → 8\n"
     "  Highest: queue, 8.\n"
     "  Result: 8.\n"
     "\n"
     "Before:\n"
     "  t=15 s  5 → 8: more work (queue 76 → 8); limited by max\n"
     "  t=0 s  stays 5: that is what is needed (queue 76 → 8)\n"},
    {LINES, "29", 0,
     "A simulation, now at 5 replicas.  (t=15 s)\n"
     "\n"
     "5 → 8 replicas at t=15 s, written: more work.\n"
     "  queue: 76 → 8\n"
     "  Highest: queue, 8.\n"
     "  Result: 8.\n"
     "\n"
     "Before:\n"
     "  t=0 s  stays 5: that is what is needed (queue 76 → 8)\n"},
    {LINES, "-1", 1, "no decision at that time"},
    {"", NULL, 1, "no decision at that time"},
    {"\n\n", NULL, 1, "no decision at that time"},
    {LINES "{\"t\":", NULL, 1,
     "line 1 from the end is not of `davit simulate -o jsonl`: it is no JSON object"},
    {"{}\n" LINES, NULL, 1, "line 5 from the end is not of `davit simulate -o jsonl`: it has no time t"},
    {"{\"t\":1e300}\n", NULL, 1, "it has no time t"},
    {"{\"t\":1,\"at\":\"x\"}\n", NULL, 1, "at is no time"},
    {"{\"t\":1}\n", NULL, 1, "its fields are not those of a decision"},
    {"{\"t\":1,\"replicas\":1,\"desired\":1,\"reason\":\"nothing\",\"triggers\":{\"a\":7}}\n", NULL, 1,
     "its fields are not those of a decision"},
    {"{\"t\":1,\"replicas\":1,\"desired\":1,\"reason\":\"nothing\",\"triggers\":[]}\n", NULL, 0,
     "A simulation, now at 1 replica.  (t=1 s)\n\nStays at 1 replica: that is what is needed.  Looked at t=1 "
     "s.\n  Result: 1.\n"},
};

START_TEST(lines_of_a_simulation)
{
    char *dir = spawn_temp_dir();
    AUTO_FREE char *path = mem_printf("%s/lines", dir);
    const char *const args[ARGS_MAX] = {"--from", path, simulations[_i].at ? "--at" : NULL,
                                        simulations[_i].at};
    spawn_write_file(dir, "lines", simulations[_i].lines);
    struct said said = run(dir, false, args);
    ck_assert_msg(said.code == simulations[_i].code, "%d: %s", said.code, said.err);
    if (said.code == 0)
        ck_assert_msg(strcmp(said.out, simulations[_i].said) == 0, "%s", said.out);
    else
        ck_assert_msg(strstr(said.err, simulations[_i].said) != NULL && !said.out[0], "%s", said.err);
    forget(&said);
    spawn_remove_dir(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain_from");
    SUITE_ADD_LOOP(suite, lines_of_a_simulation, simulations);
    return suite_run(suite);
}
