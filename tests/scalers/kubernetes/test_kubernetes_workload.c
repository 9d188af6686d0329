/* kubernetes-workload on a cluster that is told what to say: parameters, keys, answers, waiting for the first
 * list, closing with readings under way. */
#include "tests/support/cluster.h"
#include "tests/support/harness.h"
#include "tests/support/suite.h"

extern const struct scaler_type scaler_kubernetes_workload;
static const struct scaler_type *const type = &scaler_kubernetes_workload;

#define APP   "podSelector", "app=front"
#define VALUE "value", "2"

static const struct params_case cases[] = {
    {{APP, VALUE}, NULL},
    {{"podSelector", "a=b,c in (x, y),!d,e", "value", "0.5", "activationValue", "-1"}, NULL},
    {{APP, VALUE, "groupByNode", "T"}, NULL},
    {{VALUE}, "error podSelector: is required"},
    {{APP}, "error value: must be greater than 0"},
    {{APP, "value", "0"}, "error value: must be greater than 0"},
    {{APP, "value", "-1"}, "error value: must be greater than 0"},
    {{APP, "value", "x"}, "error value"},
    {{APP, "value", "1e400"}, "error value"},
    {{APP, VALUE, "activationValue", "NaN"}, "error activationValue"},
    {{APP, VALUE, "groupByNode", "yes"}, "error groupByNode"},
    {{"podSelector", "a=b=c", VALUE}, "error podSelector: "},
    {{"podSelector", "a in b", VALUE}, "error podSelector: "},
    {{"podSelector", "-a", VALUE}, "error podSelector: "},
    {{APP, VALUE, "namespace", "kube-system"}, "warning namespace"},
};

START_TEST(parameters)
{
    check_params_case(&type->schema, &cases[_i]);
}
END_TEST

START_TEST(describes_itself)
{
    const char *pairs[] = {APP, "value", "2.5", "activationValue", "3", NULL};
    struct scaler_target target;
    void *config = config_parse(&type->schema, pairs, NULL);
    type->describe(config, &target);
    ck_assert_str_eq(target.metric_name, "workload-default");
    ck_assert(target.threshold == 2.5 && target.activation == 3 && !target.missing_is_zero);
    config_drop(&type->schema, config);
}
END_TEST

static void key_of(const char *const *pairs, bool source, struct strbuf *ret)
{
    void *config = config_parse(&type->schema, pairs, NULL);
    strbuf_init(ret);
    (source ? type->source_key : type->query_key)(config, ret);
    config_drop(&type->schema, config);
}

static bool same_key(const char *const *a, const char *const *b, bool source)
{
    AUTO_STRBUF struct strbuf left, right;
    key_of(a, source, &left);
    key_of(b, source, &right);
    return left.len == right.len && memcmp(left.data, right.data, left.len) == 0;
}

/* One watch for equal selectors however they are written; targets do not matter. */
START_TEST(keys)
{
    const char *plain[] = {"podSelector", "a=b,c in (x,y)", VALUE, NULL};
    const char *other_words[] = {"podSelector", " c in (y, x) , a == b ", "value", "7", NULL};
    const char *by_node[] = {"podSelector", "a=b,c in (x,y)", VALUE, "groupByNode", "true", NULL};
    const char *other[] = {"podSelector", "a=b,c in (x,z)", VALUE, NULL};
    const char *same_words[] = {"podSelector", "a=b,c in (y,x)", "value", "7", NULL};
    ck_assert(same_key(plain, same_words, true) && same_key(plain, same_words, false));
    ck_assert(same_key(plain, by_node, true) && !same_key(plain, by_node, false));
    ck_assert(!same_key(plain, other, true));
    ck_assert(same_key(plain, other_words, false));
}
END_TEST

static const char *const pods_of[] = {"podSelector", "app = front", VALUE, NULL};
static const char *const nodes_of[] = {APP, VALUE, "groupByNode", "true", NULL};

START_TEST(counts)
{
    struct harness harness;
    struct fake_cluster cluster;
    fake_cluster_init(&cluster);
    cluster.pods = 7;
    cluster.nodes = 3;
    harness_init(&harness);
    harness.cluster = &cluster.base;
    harness_open(&harness, type, pods_of);
    ck_assert_str_eq(cluster.watch->what, "pods default app=front");
    struct outcome outcome = harness_read(&harness);
    ck_assert_value(outcome, 7);
    cluster.pods = 0;
    outcome = harness_read(&harness);
    ck_assert_value(outcome, 0);
    harness_close_source(&harness);
    ck_assert_ptr_null(cluster.watch);
    harness_open(&harness, type, nodes_of);
    outcome = harness_read(&harness);
    ck_assert_value(outcome, 3);
    harness_done(&harness);
    ck_assert_ptr_null(cluster.watch);
}
END_TEST

START_TEST(waits_for_the_first_list)
{
    struct harness harness;
    struct fake_cluster cluster;
    struct outcome first, second;
    fake_cluster_init(&cluster);
    cluster.known = 0;
    cluster.pods = 4;
    harness_init(&harness);
    harness.cluster = &cluster.base;
    harness_open(&harness, type, pods_of);
    harness_start(&harness, harness.config, &first);
    harness_idle(&harness, 100);
    ck_assert_uint_eq(first.calls, 0);
    harness_start(&harness, harness.config, &second);
    fake_cluster_tell(&cluster, 0, NULL);
    harness_idle(&harness, 50);
    ck_assert_uint_eq(first.calls + second.calls, 0);
    fake_cluster_tell(&cluster, 1, NULL);
    ck_assert_uint_eq(first.calls + second.calls, 0); /* only in the next turn */
    harness_wait(&harness, &first);
    harness_wait(&harness, &second);
    ck_assert_value(first, 4);
    ck_assert_value(second, 4);
    harness_done(&harness);
}
END_TEST

/* Unknown is not zero: neither forbidden nor silent is "no pods". */
START_TEST(unknown_is_an_error)
{
    struct harness harness;
    struct fake_cluster cluster;
    struct outcome outcome;
    fake_cluster_init(&cluster);
    cluster.known = 0;
    harness_init(&harness);
    harness.cluster = &cluster.base;
    harness_open(&harness, type, pods_of);
    harness_start(&harness, harness.config, &outcome);
    fake_cluster_tell(&cluster, ERR_AUTH, "pods: forbidden");
    harness_wait(&harness, &outcome);
    ck_assert_failed(outcome, ERR_AUTH, "pods: forbidden");
    cluster.known = 0;
    int64_t begun = clock_mono_ms();
    outcome = harness_read(&harness);
    ck_assert_failed(outcome, ERR_UNAVAILABLE, "has not answered yet");
    ck_assert_int_ge(clock_mono_ms() - begun, 4900);
    harness_done(&harness);
}
END_TEST

START_TEST(close_cancels)
{
    struct harness harness;
    struct fake_cluster cluster;
    struct outcome waiting, fresh;
    fake_cluster_init(&cluster);
    cluster.known = 0;
    harness_init(&harness);
    harness.cluster = &cluster.base;
    harness_open(&harness, type, pods_of);
    harness_start(&harness, harness.config, &waiting);
    harness_idle(&harness, 20);
    harness_start(&harness, harness.config, &fresh);
    harness_close_source(&harness);
    ck_assert_ptr_null(cluster.watch);
    ck_assert_failed(waiting, ERR_CANCELED, "closed");
    ck_assert_failed(fresh, ERR_CANCELED, "closed");
    harness_done(&harness);
}
END_TEST

START_TEST(refused_watch)
{
    struct harness harness;
    struct fake_cluster cluster;
    struct scaler_source *source = NULL;
    struct err err = {0};
    fake_cluster_init(&cluster);
    cluster.refuse = true;
    harness_init(&harness);
    void *config = config_parse(&type->schema, pods_of, NULL);
    ck_assert_int_eq(type->open_in(harness.net, &cluster.base, config, &source, &err), ERR_CANCELED);
    ck_assert_ptr_null(source);
    config_drop(&type->schema, config);
    harness_done(&harness);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, parameters, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tests, describes_itself);
    tcase_add_test(tests, keys);
    tcase_add_test(tests, counts);
    tcase_add_test(tests, waits_for_the_first_list);
    tcase_add_test(tests, unknown_is_an_error);
    tcase_add_test(tests, close_cancels);
    tcase_add_test(tests, refused_watch);
}

int main(void)
{
    return suite_run("kubernetes-workload", 60, add);
}
