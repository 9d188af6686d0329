/* What the bench programs share: measuring a stretch of work, and telling it as one JSON line. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "config/params.h"
#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"

struct bench {
    int64_t end_us;
    int64_t wall_us, cpu_us; /* at the start, then: what it took */
    uint64_t readings;
};

static inline void bench_die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static inline int64_t bench_cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static inline void bench_start(struct bench *bench, int64_t seconds)
{
    bench->readings = 0;
    bench->wall_us = clock_mono_us();
    bench->cpu_us = bench_cpu_us();
    bench->end_us = bench->wall_us + seconds * 1000000;
}

static inline bool bench_over(const struct bench *bench)
{
    return clock_mono_us() >= bench->end_us;
}

static inline void bench_stop(struct bench *bench)
{
    bench->wall_us = clock_mono_us() - bench->wall_us;
    bench->cpu_us = bench_cpu_us() - bench->cpu_us;
}

static inline void bench_print(const struct bench *bench)
{
    double cpu = (double)bench->cpu_us / 1e6, wall = (double)bench->wall_us / 1e6;
    printf("{\"readings\": %" PRIu64 ", \"cpu_s\": %.3f, \"wall_s\": %.3f, \"per_cpu_s\": %.0f}\n",
           bench->readings, cpu, wall, cpu > 0 ? (double)bench->readings / cpu : 0);
}

static inline int64_t bench_number(const char *text, int64_t min, int64_t max)
{
    int64_t value;
    struct err err = {0};
    if (number_parse_json_int(text, min, max, &value, &err) < 0)
        bench_die(text, err.msg);
    return value;
}

static inline void bench_finding(struct params_error_sink *sink, bool warning, const char *key,
                                 const char *message)
{
    (void)sink;
    if (!warning)
        bench_die(key ? key : "parameters", message);
}

/* A trigger's parsed parameters. */
static inline void *bench_config(const struct trigger_schema *schema, const struct text_map *metadata,
                                 const struct text_map *auth)
{
    struct params_error_sink sink = {.add = bench_finding};
    struct params_context context = {.metadata = metadata, .auth = auth};
    void *config = mem_zalloc(schema->config_size);
    if (params_parse(schema, &context, config, &sink) < 0)
        exit(1);
    return config;
}

#endif
