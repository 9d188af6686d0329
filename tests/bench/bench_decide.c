/* What one decision and one formula cost, beside one round trip to Redis: nanoseconds of each, as JSON.
 *   bench_decide decide SHAPE OBJECTS WINDOW_S SECONDS    SHAPE: steady | waves | noise | falling
 *   bench_decide formula TEXT SECONDS    over the inputs trig_one and trig_two
 *   bench_decide llen PORT SECONDS
 * An object has two triggers and behavior with policies in both directions, is read once a second, and its
 * decisions are carried out: its history is what a live object's would be. */
#include <arpa/inet.h>
#include <math.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scaler/engine/decide.h"
#include "scaler/formula/formula.h"
#include "tests/bench/bench.h"

#define TRIGGERS   2
#define WARM_UP_S  600
#define VALUES_LEN 4096
#define T0_MS      INT64_C(1700000000000)

struct object {
    struct history history;
    struct target_state target;
    struct reading readings[TRIGGERS];
};

struct decide_bench {
    struct bench bench;
    struct policy policy;
    struct object *objects;
    unsigned objects_len;
    double values[VALUES_LEN]; /* what the triggers read, second after second */
    int64_t second;
    uint64_t checksum;
};

static const struct trigger_policy triggers[TRIGGERS] = {
    {.type = METRIC_AVERAGE_VALUE, .target_milli = 10000},
    {.type = METRIC_AVERAGE_VALUE, .target_milli = 25000, .activation = 1},
};

static void make_policy(struct policy *policy, int32_t window_s)
{
    *policy = (struct policy){.min = 2,
                              .max = 1000,
                              .cooldown_ms = 300000,
                              .tolerance = 0.1,
                              .down_window_s = 300,
                              .triggers = triggers,
                              .triggers_len = TRIGGERS};
    policy->behavior = (struct scaling_behavior){
        .set = true,
        .up = {.has_policies = true,
               .policies = {{SCALING_POLICY_PODS, 10, 15}, {SCALING_POLICY_PERCENT, 100, 60}},
               .policies_len = 2},
        .down = {.has_window = true,
                 .window_s = window_s,
                 .has_policies = true,
                 .policies = {{SCALING_POLICY_PODS, 5, 15}, {SCALING_POLICY_PERCENT, 20, 60}},
                 .policies_len = 2}};
    behavior_apply_defaults(&policy->behavior);
}

/* Numbers of a fixed seed, 0 … 1. */
static double noise(void)
{
    static uint64_t seed = 88172645463325252;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (double)(seed >> 11) / 9007199254740992.0;
}

static void make_values(struct decide_bench *bench, const char *shape)
{
    for (int i = 0; i < VALUES_LEN; i++) {
        double wave = 1000 + 900 * sin(i * 6.283185307179586 / 512);
        if (strcmp(shape, "steady") == 0)
            bench->values[i] = 500;
        else if (strcmp(shape, "waves") == 0)
            bench->values[i] = wave + 100 * noise();
        else if (strcmp(shape, "noise") == 0)
            bench->values[i] = 5000 * noise();
        else if (strcmp(shape, "falling") == 0) /* no recommendation ever makes another one superfluous */
            bench->values[i] = 10.0 * (VALUES_LEN - i);
        else
            bench_die(shape, "no such shape");
    }
}

static void read_values(const struct decide_bench *bench, struct object *object, int64_t now_ms)
{
    double value = bench->values[bench->second % VALUES_LEN];
    for (int i = 0; i < TRIGGERS; i++)
        object->readings[i] = (struct reading){
            .state = READING_OK, .value = value * (1 + i), .activity = value, .at_ms = now_ms};
}

/* One second of all objects. */
static void decide_all(struct decide_bench *bench)
{
    struct decision decision;
    int64_t now_ms = T0_MS + bench->second * 1000;
    for (unsigned i = 0; i < bench->objects_len; i++) {
        struct object *object = &bench->objects[i];
        read_values(bench, object, now_ms);
        decide(&bench->policy, &object->history, object->readings, &object->target, now_ms, &decision);
        if (decision.replicas != decision.current)
            decide_commit(&bench->policy, &object->history, &decision, now_ms);
        object->target.spec_replicas = object->target.status_replicas = decision.replicas;
        bench->checksum += (uint64_t)decision.replicas;
    }
    bench->second++;
}

/* The mean, and how many recommendations were remembered at most. */
static void decide_main(const char *shape, unsigned objects_len, int32_t window_s, int64_t seconds)
{
    struct decide_bench *bench = mem_zalloc(sizeof(*bench));
    uint32_t longest = 0;
    make_policy(&bench->policy, window_s);
    make_values(bench, shape);
    bench->objects_len = objects_len;
    bench->objects = mem_zalloc_array(objects_len, sizeof(bench->objects[0]));
    while (bench->second < WARM_UP_S)
        decide_all(bench);
    bench_start(&bench->bench, seconds);
    while (!bench_over(&bench->bench)) {
        for (unsigned i = 0; i < 1 + 1000 / objects_len; i++, bench->bench.readings += objects_len)
            decide_all(bench);
        uint32_t len = bench->objects[0].history.recommendations.len;
        longest = len > longest ? len : longest;
    }
    bench_stop(&bench->bench);
    printf("{\"ns\": %.1f, \"decisions\": %" PRIu64 ", \"recommendations\": %u, \"checksum\": %" PRIu64 "}\n",
           (double)bench->bench.cpu_us * 1000 / (double)bench->bench.readings, bench->bench.readings, longest,
           bench->checksum % 1000000);
    for (unsigned i = 0; i < objects_len; i++)
        history_done(&bench->objects[i].history);
    mem_free(bench->objects);
    mem_free(bench);
}

/* The inputs change from one evaluation to the next, and with them the branch a condition takes. */
static void formula_main(const char *text, int64_t seconds)
{
    static const char *const names[] = {"trig_one", "trig_two"};
    struct formula *formula;
    struct formula_place place;
    struct err err = {0};
    struct bench bench;
    double value, sum = 0;
    bool nil;
    if (formula_compile(text, names, ARRAY_LEN(names), &formula, &place, &err) < 0)
        bench_die(text, err.msg);
    struct formula_scratch *scratch = formula_scratch_new();
    bench_start(&bench, seconds);
    while (!bench_over(&bench)) {
        for (int i = 0; i < 1000; i++, bench.readings++) {
            struct formula_input inputs[] = {{true, i % 7}, {true, (i % 11) / 10.0}};
            if (formula_eval(formula, scratch, inputs, T0_MS, &nil, &value, &err) < 0 || nil)
                bench_die(text, err.msg);
            sum += value;
        }
    }
    bench_stop(&bench);
    printf("{\"ns\": %.1f, \"evaluations\": %" PRIu64 ", \"mean\": %.3f}\n",
           (double)bench.cpu_us * 1000 / (double)bench.readings, bench.readings,
           sum / (double)bench.readings);
    formula_scratch_free(scratch);
    formula_free(formula);
}

static int connect_loopback(const char *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)bench_number(port, 1, 65535)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        bench_die(port, "cannot connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

/* Nothing but the round trip: a blocking socket, one command under way. */
static void llen_main(const char *port, int64_t seconds)
{
    static const char command[] = "*2\r\n$4\r\nLLEN\r\n$8\r\nqueue-00\r\n";
    char answer[64];
    struct bench bench;
    int fd = connect_loopback(port);
    bench_start(&bench, seconds);
    for (; !bench_over(&bench); bench.readings++)
        if (write(fd, command, sizeof(command) - 1) < 0 || read(fd, answer, sizeof(answer)) < 4 ||
            answer[0] != ':')
            bench_die("llen", "no answer");
    bench_stop(&bench);
    close(fd);
    printf("{\"ns\": %.1f, \"round_trips\": %" PRIu64 "}\n",
           (double)bench.wall_us * 1000 / (double)bench.readings, bench.readings);
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "decide") == 0)
        decide_main(argv[2], (unsigned)bench_number(argv[3], 1, 1000000),
                    (int32_t)bench_number(argv[4], 0, 3600), bench_number(argv[5], 1, 600));
    else if (argc == 4 && strcmp(argv[1], "formula") == 0)
        formula_main(argv[2], bench_number(argv[3], 1, 600));
    else if (argc == 4 && strcmp(argv[1], "llen") == 0)
        llen_main(argv[2], bench_number(argv[3], 1, 600));
    else
        bench_die(
            "usage",
            "bench_decide decide SHAPE OBJECTS WINDOW_S SECONDS | formula TEXT SECONDS | llen PORT SECONDS");
    return 0;
}
