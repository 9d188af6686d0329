/* Protobuf bodies: one as kubectl sends it, and everything one byte away from it. */
#include "tests/sandbox/proto.h"

#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "tests/support/suite.h"

/* A Deployment "w": replicas 0, one container with a port, app=w; status and creationTimestamp empty as Go
 * writes them. */
/* clang-format off: a line is a level */
static const char deployment[] = "k8s\0"
                                 "\x0a\x15\x0a\x07"
                                 "apps/v1"
                                 "\x12\x0a"
                                 "Deployment"
                                 "\x12\x3f"
                                 "\x0a\x09\x0a\x01"
                                 "w"
                                 "\x12\x00\x38\x00\x42\x00"
                                 "\x12\x2e"
                                 "\x08\x00"
                                 "\x12\x0c\x0a\x0a\x0a\x03"
                                 "app"
                                 "\x12\x03"
                                 "web"
                                 "\x1a\x18"
                                 "\x0a\x02\x0a\x00"
                                 "\x12\x12\x12\x10\x0a\x01"
                                 "c"
                                 "\x12\x05"
                                 "nginx"
                                 "\x32\x04\x10\x00\x18\x50"
                                 "\x28\x00\x38\x00"
                                 "\x1a\x02\x08\x00";
/* clang-format on */

#define DEPLOYMENT_LEN (sizeof(deployment) - 1)

START_TEST(test_deployment)
{
    struct err err = {0};
    AUTO_JSON json_t *object = NULL;
    ck_assert_msg(proto_decode(deployment, DEPLOYMENT_LEN, &object, &err) == 0, "%s", err.msg);
    AUTO_JSON json_t *wanted =
        json_pack("{s:s, s:s, s:{s:s}, s:{s:i, s:{s:{s:s}}, s:{s:{s:[{s:s, s:s, s:[{s:i}]}]}}}}", "kind",
                  "Deployment", "apiVersion", "apps/v1", "metadata", "name", "w", "spec", "replicas", 0,
                  "selector", "matchLabels", "app", "web", "template", "spec", "containers", "name", "c",
                  "image", "nginx", "ports", "containerPort", 80);
    AUTO_FREE char *text = json_dumps(object, JSON_COMPACT);
    ck_assert_ptr_nonnull(wanted);
    ck_assert_msg(json_equal(object, wanted), "%s", text);
}
END_TEST

START_TEST(test_cut_off)
{
    for (size_t len = 0; len < DEPLOYMENT_LEN; len++) {
        struct err err = {0};
        AUTO_JSON json_t *object = NULL;
        AUTO_FREE char *bytes =
            mem_alloc(len + 1); /* its own block, so that the sanitizer sees a read behind the end */
        memcpy(bytes, deployment, len);
        if (proto_decode(bytes, len, &object, &err) != 0)
            ck_assert_ptr_null(object);
    }
}
END_TEST

/* Nothing to compare with: it must neither crash nor read outside, and refusals must say why. */
START_TEST(test_every_byte_changed)
{
    char bytes[DEPLOYMENT_LEN];
    for (size_t at = 0; at < DEPLOYMENT_LEN; at++)
        for (int value = 0; value < 256; value++) {
            struct err err = {0};
            AUTO_JSON json_t *object = NULL;
            memcpy(bytes, deployment, DEPLOYMENT_LEN);
            bytes[at] = (char)value;
            int code = proto_decode(bytes, DEPLOYMENT_LEN, &object, &err);
            ck_assert_int_eq(code == 0, object != NULL);
            ck_assert_int_eq(code == 0, err.msg[0] == '\0');
        }
}
END_TEST

static const struct {
    const char *bytes;
    size_t len;
    int code;
} refused[] = {
    {"", 0, ERR_INVALID},
    {"k8s", 3, ERR_INVALID},
    {"k8s\0", 4, ERR_UNSUPPORTED},
    {"{}..", 4, ERR_INVALID},
    {"k8s\0\x0a\x06\x0a\x00\x12\x02Xy", 12, ERR_UNSUPPORTED},
    {"k8s\0\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 15, ERR_INVALID},
    {"k8s\0\x0d....", 9, ERR_INVALID},
};

START_TEST(test_refused)
{
    struct err err = {0};
    json_t *object = NULL;
    ck_assert_int_eq(proto_decode(refused[_i].bytes, refused[_i].len, &object, &err), refused[_i].code);
    ck_assert_ptr_null(object);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_deployment);
    tcase_add_test(tests, test_cut_off);
    tcase_add_test(tests, test_every_byte_changed);
    tcase_add_loop_test(tests, test_refused, 0, ARRAY_LEN(refused));
}

int main(void)
{
    return suite_run("sandbox/proto", 60, add);
}
