/* What trigger types share: the registry, names, keys, quoting, HTTP settings, the custom CA directories. */
#include <sys/stat.h>

#include "scaler/base/mem.h"
#include "scalers/api.h"
#include "scalers/shared/http_env.h"
#include "scalers/shared/key.h"
#include "scalers/shared/quote.h"
#include "scalers/shared/tls_params.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"

START_TEST(registry)
{
    const char *before = "";
    size_t count = 0;
    for (const struct scaler_type *const *type = scaler_all(); *type; type++, count++) {
        const struct scaler_type *self = *type;
        const char *name = self->schema.names[0];
        ck_assert_msg(strcmp(before, name) < 0, "%s comes after %s", name, before);
        before = name;
        for (const char *const *alias = self->schema.names; *alias; alias++) {
            ck_assert_ptr_eq(scaler_find(*alias), self);
            ck_assert_ptr_eq(scaler_find_schema(*alias), &self->schema);
        }
        ck_assert_msg(self->schema.title && self->schema.doc && self->schema.config_size > 0, "%s", name);
        ck_assert_msg(self->describe != NULL, "%s", name);
        if (self->resource) /* no source */
            continue;
        ck_assert_msg(self->source_key && self->source_name && self->query_key, "%s", name);
        ck_assert_msg(!self->open == !!self->open_in && self->read && self->close, "%s", name);
        ck_assert_msg(self->max_in_flight > 0, "%s", name);
    }
    ck_assert_uint_ge(count, 3);
    ck_assert_ptr_nonnull(scaler_find("prometheus"));
    ck_assert_ptr_nonnull(scaler_find("redis"));
    ck_assert_ptr_null(scaler_find("Prometheus"));
    ck_assert_ptr_null(scaler_find(""));
    ck_assert_ptr_null(scaler_find(NULL));
    ck_assert_ptr_null(scaler_find_schema("stan"));
}
END_TEST

struct row_checks {
    const char *type;
    size_t rows;
};

static void on_row(const struct param_row *row, size_t offset, void *arg)
{
    struct row_checks *checks = arg;
    (void)offset;
    checks->rows++;
    ck_assert_msg(row->names[0] && row->doc, "%s: a row without name or sentence", checks->type);
    ck_assert_msg(row->from[0] != PARAM_FROM_END, "%s %s: from nowhere", checks->type, row->names[0]);
    size_t len = strlen(row->doc);
    ck_assert_msg(len > 1 && row->doc[len - 1] == '.', "%s %s: not a sentence", checks->type, row->names[0]);
}

/* The reference page is made of the rows. */
START_TEST(rows_are_documented)
{
    for (const struct scaler_type *const *type = scaler_all(); *type; type++) {
        struct row_checks checks = {.type = (*type)->schema.names[0]};
        params_each(&(*type)->schema, on_row, &checks);
        ck_assert_uint_gt(checks.rows, 0);
    }
}
END_TEST

START_TEST(names)
{
    char name[] = "a/b.c:d%e(f)g_h-i j{k}\"L,=";
    scaler_normalize_name(name);
    ck_assert_str_eq(name, "a-b-c-d-e-f-g_h-i j{k}\"L,=");
    char empty[] = "";
    scaler_normalize_name(empty);
    ck_assert_str_eq(empty, "");
}
END_TEST

/* No two different lists of fields give one key. */
START_TEST(keys)
{
    static const char *const lists[][3] = {{"a", "b", NULL},   {"ab", NULL, NULL}, {"a,1:b", NULL, NULL},
                                           {"", "a", "b"},     {NULL, "a", "b"},   {"a", "", "b"},
                                           {"-,", NULL, NULL}, {NULL, NULL, NULL}};
    AUTO_STRBUF struct strbuf first, second;
    strbuf_init(&first);
    strbuf_init(&second);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        for (size_t k = 0; k < i; k++) {
            strbuf_reset(&first);
            strbuf_reset(&second);
            for (size_t field = 0; field < 3; field++) {
                key_add(&first, lists[i][field]);
                key_add(&second, lists[k][field]);
            }
            ck_assert_str_ne(first.data, second.data);
        }
    }
    struct text_map map = {0};
    strbuf_reset(&first);
    key_add_map(&first, &map);
    text_map_set(&map, "a", "b");
    strbuf_reset(&second);
    key_add_map(&second, &map);
    ck_assert_str_ne(first.data, second.data);
    text_map_done(&map);
}
END_TEST

START_TEST(quotes)
{
    char buf[QUOTE_MAX + 1], small[5];
    char text[1000];
    const char *secrets[] = {"hunter2", NULL, ""};
    memset(text, 'x', sizeof(text));
    ck_assert_uint_eq(strlen(quote_untrusted(buf, sizeof(buf), text, sizeof(text), NULL, 0)), QUOTE_MAX);
    ck_assert_str_eq(quote_untrusted(small, sizeof(small), "abcdefg", 7, NULL, 0), "abcd");
    ck_assert_str_eq(quote_untrusted(buf, sizeof(buf), "a\nb\0c\xff", 6, secrets, 3), "a?b?c?");
    ck_assert_str_eq(quote_untrusted(buf, sizeof(buf), "", 0, secrets, 3), "");
    memcpy(text + 900, "hunter2", 7);
    quote_untrusted(buf, sizeof(buf), text, sizeof(text), secrets, 3);
    ck_assert_ptr_nonnull(strstr(buf, "repeats a credential"));
    ck_assert_ptr_null(strstr(buf, "xxx"));
}
END_TEST

static const struct {
    const char *text;
    int64_t ms;
} timeouts[] = {{NULL, 3000},
                {"", 3000},
                {"5000", 5000},
                {"0", 300},
                {"-7", 300},
                {"1s", 3000},
                {"99999999999999999999", 3000}};

static const struct {
    const char *text;
    int version;
} versions[] = {{NULL, 12},    {"TLS10", 10}, {"TLS11", 11}, {"TLS12", 12},
                {"TLS13", 13}, {"tls13", 12}, {"", 12}};

static void set_env(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

START_TEST(environment)
{
    for (size_t i = 0; i < ARRAY_LEN(timeouts); i++) {
        set_env("KEDA_HTTP_DEFAULT_TIMEOUT", timeouts[i].text);
        ck_assert_int_eq(http_env_timeout_ms(), timeouts[i].ms);
    }
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        set_env("KEDA_HTTP_MIN_TLS_VERSION", versions[i].text);
        ck_assert_int_eq(http_env_min_tls(), versions[i].version);
    }
}
END_TEST

/* The order is by name; what is no certificate, a directory or a mount's "..data" is passed over. */
START_TEST(trust)
{
    char *dir = spawn_temp_dir();
    certs_make(dir);
    AUTO_FREE char *ca = certs_read(dir, "ca.pem");
    AUTO_FREE char *other = certs_read(dir, "other-ca.pem");
    AUTO_FREE char *trusted = mem_printf("%s/trust", dir);
    AUTO_FREE char *inner = mem_printf("%s/trust/inner", dir);
    ck_assert_int_eq(mkdir(trusted, 0700), 0);
    ck_assert_int_eq(mkdir(inner, 0700), 0);
    setenv("DAVIT_CA_DIRS", trusted, 1);
    ck_assert_ptr_null(tls_params_trust(NULL));
    ck_assert_ptr_null(tls_params_trust(""));
    AUTO_FREE char *only = tls_params_trust(ca);
    ck_assert_ptr_nonnull(strstr(only, ca));
    spawn_write_file(trusted, "b.pem", other);
    spawn_write_file(trusted, "..hidden.pem", ca);
    spawn_write_file(trusted, "junk", "not a certificate");
    spawn_write_file(inner, "deep.pem", ca);
    AUTO_FREE char *mounted = tls_params_trust(NULL);
    ck_assert_ptr_nonnull(strstr(mounted, other));
    ck_assert_ptr_null(strstr(mounted, ca));
    ck_assert_ptr_null(strstr(mounted, "not a"));
    spawn_write_file(trusted, "a.pem", ca);
    AUTO_FREE char *both = tls_params_trust(NULL);
    ck_assert(strstr(both, ca) < strstr(both, other));
    ck_assert(tls_pem_has_certificates(both) && !tls_pem_has_certificates("") &&
              !tls_pem_has_certificates("x"));
    unsetenv("DAVIT_CA_DIRS");
    spawn_remove_dir(dir);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, registry);
    tcase_add_test(tests, rows_are_documented);
    tcase_add_test(tests, names);
    tcase_add_test(tests, keys);
    tcase_add_test(tests, quotes);
    tcase_add_test(tests, environment);
    tcase_add_test(tests, trust);
}

int main(void)
{
    return suite_run("scalers shared", 60, add);
}
