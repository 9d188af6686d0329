/* The container environment: order, expansion with its quirks, missing and optional references. */
#include "scaler/daemon/env.h"

#include <string.h>

#include "scaler/base/json.h"
#include "tests/base/suite.h"

static struct text_map config_map, secret;

static enum env_lookup lookup(struct env_source *source, bool is_secret, const char *name,
                              const struct text_map **ret, struct err *err)
{
    (void)source;
    *ret = is_secret ? &secret : &config_map;
    if (strcmp(name, "here") == 0)
        return ENV_FOUND;
    if (strcmp(name, "later") == 0)
        return ENV_WAIT;
    if (strcmp(name, "broken") != 0)
        return ENV_MISSING;
    err_set(err, ERR_IO, "broken");
    return ENV_FAILED;
}

static int resolve(const char *containers, const char *container, struct text_map *env, struct err *err)
{
    AUTO_JSON json_t *spec = NULL;
    char text[2048];
    snprintf(text, sizeof text, "{\"containers\":%s}", containers);
    ck_assert_int_eq(json_load_bytes(text, strlen(text), &spec, err), 0);
    struct env_source source = {.lookup = lookup};
    return env_resolve(spec, container, &source, env, err);
}

static const struct {
    const char *containers, *container, *name, *value; /* value NULL: not set */
    int rc;
} rows[] = {
    {"[{\"name\":\"a\",\"env\":[{\"name\":\"X\",\"value\":\"1\"}]}]", "", "X", "1", 0},
    {"[{\"name\":\"a\"},{\"name\":\"b\",\"env\":[{\"name\":\"X\",\"value\":\"2\"}]}]", "b", "X", "2", 0},
    {"[{\"name\":\"a\"}]", "nope", "X", NULL, ERR_CONFIG},
    {"[]", "nope", "X", NULL, 0},
    {"[{\"env\":[{\"name\":\"A\",\"value\":\"1\"},{\"name\":\"X\",\"value\":\"$(A)$(B)\"}]}]", "", "X",
     "1$(B)", 0},
    {"[{\"envFrom\":[{\"prefix\":\"P_\",\"configMapRef\":{\"name\":\"here\"}}]}]", "", "P_K", "from map", 0},
    {"[{\"envFrom\":[{\"configMapRef\":{\"name\":\"here\"}}],\"env\":[{\"name\":\"K\",\"value\":\"own\"}]}]",
     "", "K", "own", 0},
    {"[{\"env\":[{\"name\":\"X\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"here\",\"key\":\"K\"}}}]}]", "",
     "X", "from secret", 0},
    {"[{\"env\":[{\"name\":\"X\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"here\",\"key\":\"absent\"}}}]}]",
     "", "X", "", 0},
    {"[{\"env\":[{\"name\":\"X\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"gone\",\"key\":\"K\"}}}]}]", "",
     "X", NULL, ERR_NOT_FOUND},
    {"[{\"env\":[{\"name\":\"X\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"gone\",\"key\":\"K\","
     "\"optional\":true}}}]}]",
     "", "X", NULL, 0},
    {"[{\"env\":[{\"name\":\"X\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"later\",\"key\":\"K\"}}}]}]", "",
     "X", NULL, 1},
    {"[{\"envFrom\":[{\"secretRef\":{\"name\":\"broken\"}}]}]", "", "X", NULL, ERR_IO},
    {"[{\"env\":[{\"name\":\"X\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"metadata.name\"}}}]}]", "", "X",
     NULL, 0},
    {"[{\"env\":[{\"name\":\"X\"}]}]", "", "X", "", 0},
};

START_TEST(resolves)
{
    struct text_map env = {0};
    struct err err = {0};
    ck_assert_int_eq(resolve(rows[_i].containers, rows[_i].container, &env, &err), rows[_i].rc);
    const char *value = text_map_get(&env, rows[_i].name);
    if (rows[_i].value)
        ck_assert_str_eq(value, rows[_i].value);
    else
        ck_assert_ptr_null(value);
    text_map_done(&env);
}
END_TEST

static const struct {
    const char *text, *expanded;
} expansions[] = {
    {"plain", "plain"},     {"$(A)", "one"},   {"x$(A)y", "xoney"},
    {"$(nope)", "$(nope)"}, {"$(A", "$(A"},    {"$$x", "$$x"},
    {"$$xy", "$xy"},        {"$$(A)", "$(A)"}, {"$", "$"},
    {"$A$(A)", "$Aone"},    {"", ""},          {"$()", "$()"},
    {"a$$", "a$$"},
};

START_TEST(expands)
{
    struct text_map env = {0};
    text_map_set(&env, "A", "one");
    AUTO_FREE char *expanded = env_expand(expansions[_i].text, &env);
    ck_assert_str_eq(expanded, expansions[_i].expanded);
    text_map_done(&env);
}
END_TEST

int main(void)
{
    text_map_set(&config_map, "K", "from map");
    text_map_set(&secret, "K", "from secret");
    Suite *suite = suite_create("env");
    SUITE_ADD_LOOP(suite, resolves, rows);
    SUITE_ADD_LOOP(suite, expands, expansions);
    int status = suite_run(suite);
    text_map_done(&config_map);
    text_map_done(&secret);
    return status;
}
