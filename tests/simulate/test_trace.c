/* The trace: what lines come to, in which order, and that reading what was written gives the same. Mistakes
 * of users: tests/cli/test_simulate.py. */
#include <math.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/simulate/trace.h"
#include "tests/support/suite.h"

static uint32_t jobs, load, heap;

static void names(struct trace *trace)
{
    trace_init(trace);
    jobs = trace_declare(trace, TRACE_TRIGGERS, "jobs");
    load = trace_declare(trace, TRACE_CPU, "jobs"); /* another section, another channel */
    heap = trace_declare(trace, TRACE_MEMORY, "heap");
    ck_assert_uint_ne(jobs, load);
    ck_assert_uint_eq(trace_declare(trace, TRACE_TRIGGERS, "jobs"), jobs);
    ck_assert_uint_eq(trace->channels_len, 3);
}

static int read_text(struct trace *trace, const char *text, size_t len, struct err *err)
{
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, len, file), len);
    rewind(file);
    int rc = trace_read(trace, file, "x", err);
    (void)fclose(file);
    return rc;
}

START_TEST(test_values)
{
    static const char text[] =
        "{\"t\": 0, \"triggers\": {\"jobs\": 1.5}}\r\n"
        " \t\n"
        "{\"t\": 0.0005, \"triggers\": {\"jobs\": \"nan\"}}\n"
        "{\"t\": 2, \"cpu\": {\"jobs\": {\"usage\": \"1500m\", \"request\": 2}}}\n"
        "{\"t\": 2, \"memory\": {\"heap\": {\"usage\": \"1Ki\"}}, \"triggers\": {\"jobs\": -3}}\n"
        "{\"t\": 3, \"cpu\": {\"jobs\": \"error\"}, \"triggers\": {\"jobs\": \"empty\"}}\n"
        "{\"t\": 9.9996}";
    struct trace trace;
    struct err err;
    names(&trace);
    ck_assert_int_eq(read_text(&trace, text, sizeof text - 1, &err), 0);
    ck_assert_uint_eq(trace.len, 7);
    ck_assert_int_eq(trace.end_ms, 10000);
    const struct trace_entry *entry = trace.entries;
    ck_assert(entry[0].kind == TRACE_NUMBER && entry[0].channel == jobs &&
              fabs(entry[0].number - 1.5) < 1e-9);
    ck_assert(entry[1].kind == TRACE_NAN && entry[1].t_ms == 1);
    ck_assert(entry[2].kind == TRACE_USAGE && entry[2].channel == load && entry[2].t_ms == 2000);
    ck_assert(entry[2].usage.usage_milli == 1500 && entry[2].usage.request_milli == 2000);
    ck_assert(entry[3].kind == TRACE_NUMBER && fabs(entry[3].number + 3) < 1e-9);
    ck_assert(entry[4].channel == heap && entry[4].usage.usage_milli == 1024000 &&
              entry[4].usage.request_milli == -1);
    ck_assert(entry[5].kind == TRACE_EMPTY && entry[6].kind == TRACE_ERROR);
    trace_done(&trace);
}
END_TEST

START_TEST(test_write_and_read)
{
    static const char text[] =
        "{\"t\":0,\"triggers\":{\"jobs\":0.1}}\n{\"t\":0.25,\"triggers\":{\"jobs\":\"nan\"}}\n"
        "{\"t\":1,\"triggers\":{\"jobs\":\"empty\"}}\n{\"t\":2,\"triggers\":{\"jobs\":\"error\"}}\n"
        "{\"t\":3,\"triggers\":{\"jobs\":1e+21}}\n{\"t\":60}\n";
    struct trace trace;
    struct err err;
    char written[sizeof text + 16];
    names(&trace);
    ck_assert_int_eq(read_text(&trace, text, sizeof text - 1, &err), 0);
    FILE *file = tmpfile();
    ck_assert(trace_write(&trace, file));
    rewind(file);
    size_t len = fread(written, 1, sizeof written - 1, file);
    written[len] = '\0';
    (void)fclose(file);
    ck_assert_str_eq(written, text);
    trace_done(&trace);
}
END_TEST

/* Every beginning of a good file is good or an error with its line, and nothing else. */
START_TEST(test_torn)
{
    static const char text[] =
        "{\"t\":0,\"triggers\":{\"jobs\":1}}\n{\"t\":1,\"cpu\":{\"jobs\":{\"usage\":\"2\"}}}\n";
    size_t first = strcspn(text, "\n"), all = sizeof text - 1;
    for (size_t len = 0; len <= all; len++) {
        struct trace trace;
        struct err err = {0};
        names(&trace);
        bool whole = len == 0 || len == first || len == first + 1 || len >= all - 1;
        int rc = read_text(&trace, text, len, &err);
        ck_assert_msg((rc == 0) == whole, "%zu: %s", len, err.msg);
        if (rc < 0)
            ck_assert(strncmp(err.msg, len > first ? "x:2: " : "x:1: ", 5) == 0);
        trace_done(&trace);
    }
}
END_TEST

START_TEST(test_caps)
{
    struct trace trace;
    struct err err;
    size_t len = TRACE_LINE_MAX + 1;
    AUTO_FREE char *line = mem_alloc(len);
    memset(line, ' ', len);
    memcpy(line, "{\"t\":1}", 7);
    names(&trace);
    ck_assert_int_eq(read_text(&trace, line, TRACE_LINE_MAX, &err), 0);
    ck_assert_int_eq(read_text(&trace, line, len, &err), ERR_LIMIT);
    ck_assert_str_eq(err.msg, "x:1: the line is longer than 65536 bytes");
    const struct trace_entry entry = {.t_ms = 1000};
    while (trace.len < TRACE_ENTRIES_MAX)
        ck_assert(trace_add(&trace, &entry));
    ck_assert(!trace_add(&trace, &entry));
    static const char more[] = "{\"t\":1,\"triggers\":{\"jobs\":1}}";
    ck_assert_int_eq(trace_read_line(&trace, more, sizeof more - 1, &err), ERR_LIMIT);
    trace_done(&trace);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_values);
    tcase_add_test(tests, test_write_and_read);
    tcase_add_test(tests, test_torn);
    tcase_add_test(tests, test_caps);
}

int main(void)
{
    return suite_run("simulate/trace", 60, add);
}
