/* Owns main() of a fuzz target where there is no libFuzzer: every file of its corpus as it is, then seeded
 * mutations of each. The same inputs on every machine, so that ctest means the same everywhere.
 *   PROGRAM DIR|FILE...      DAVIT_FUZZ_MUTATIONS=N: of each file (200); DAVIT_FUZZ_SEED=N */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scaler/base/file.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "tests/fuzz/fuzz.h"

#define INPUT_MAX    ((size_t)1 << 20) /* of a file */
#define MUTANT_MAX   ((size_t)1 << 16)
#define MUTATIONS    200
#define STEPS_MAX    4 /* mutations upon each other */
#define HUNG_AFTER_S 60

struct input {
    char *bytes;
    size_t len;
};

static struct input *inputs;
static size_t inputs_len;
static char *crash_name;
static struct input current; /* what runs now: written out when it ends the process */

static uint64_t seed;

static uint64_t next_random(void)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * UINT64_C(2685821657736338717);
}

static size_t below(size_t bound)
{
    return bound ? (size_t)((next_random() >> 33) % bound) : 0;
}

/* Places `piece` over `cut` bytes at `at`; what goes beyond MUTANT_MAX is left out. */
static void put(struct input *input, size_t at, size_t cut, const char *piece, size_t len)
{
    AUTO_FREE char *copy = mem_strndup(piece, len); /* it may be part of the input itself */
    size_t rest = input->len - at - cut;
    if (at + len + rest > MUTANT_MAX)
        return;
    char *grown = mem_alloc(at + len + rest + 1);
    memcpy(grown, input->bytes, at);
    memcpy(grown + at, copy, len);
    memcpy(grown + at + len, input->bytes + at + cut, rest);
    mem_free(input->bytes);
    *input = (struct input){grown, at + len + rest};
}

static void flip_bits(struct input *input)
{
    for (size_t n = 1 + below(4); n > 0 && input->len; n--)
        input->bytes[below(input->len)] ^= (char)(1 << below(8));
}

static void set_byte(struct input *input)
{
    static const char telling[] = "\0\n\r\t \"'\\{}[]:,-+.0123456789eE*$#&!|>%@`\x7f\x80\xc0\xff";
    if (input->len)
        input->bytes[below(input->len)] = telling[below(sizeof(telling) - 1)];
}

static void cut_off(struct input *input)
{
    input->len = below(input->len + 1);
}

static void cut_out(struct input *input)
{
    size_t at = below(input->len), len = below(input->len - at + 1);
    put(input, at, len < 64 ? len : 64, "", 0);
}

static void repeat_chunk(struct input *input)
{
    size_t at = below(input->len), len = below(input->len - at + 1);
    len = len < 512 ? len : 512;
    for (size_t n = 1 + below(16); n > 0; n--)
        put(input, at, 0, input->bytes + at, len);
}

/* The head of this file and the tail of another. */
static void splice(struct input *input)
{
    const struct input *other = &inputs[below(inputs_len)];
    size_t at = below(input->len + 1), from = below(other->len + 1);
    put(input, at, input->len - at, other->bytes + from, other->len - from);
}

/* A run of digits becomes a number at the edge of some type; without digits it is put in anywhere. */
static void edge_number(struct input *input)
{
    static const char *const numbers[] = {"0",
                                          "-1",
                                          "1",
                                          "255",
                                          "256",
                                          "65535",
                                          "65536",
                                          "2147483647",
                                          "2147483648",
                                          "-2147483648",
                                          "4294967295",
                                          "4294967296",
                                          "1e308",
                                          "1e-400",
                                          "1e999",
                                          "9007199254740993",
                                          "0.1",
                                          "-0",
                                          "00",
                                          "9223372036854775807",
                                          "NaN",
                                          "Inf",
                                          "99999999999",
                                          "9223372036854775808",
                                          "0x7f",
                                          "1_000",
                                          "-9223372036854775808"};
    const char *number = numbers[below(ARRAY_LEN(numbers))];
    size_t at = below(input->len), cut = 0;
    for (size_t tries = 0; tries < 64 && at < input->len && !strchr("0123456789", input->bytes[at]); tries++)
        at++;
    while (at + cut < input->len && input->bytes[at + cut] >= '0' && input->bytes[at + cut] <= '9')
        cut++;
    put(input, at, cut, number, strlen(number));
}

static void mutate(struct input *input)
{
    static void (*const ways[])(struct input *) = {flip_bits, set_byte,     cut_off,  cut_out,
                                                   splice,    repeat_chunk, set_byte, edge_number};
    for (size_t n = 1 + below(STEPS_MAX); n > 0; n--)
        ways[below(ARRAY_LEN(ways))](input);
}

/* A copy of exactly the input's size, so that a sanitizer sees the first byte beyond it. */
static void run(const char *bytes, size_t len)
{
    char *exact = mem_alloc(len);
    memcpy(exact, bytes, len);
    current = (struct input){exact, len};
    alarm(HUNG_AFTER_S);
    (void)LLVMFuzzerTestOneInput((const uint8_t *)exact, len);
    alarm(0);
    current = (struct input){0};
    mem_free(exact);
}

static void run_mutants(const struct input *input, long mutations)
{
    for (long i = 0; i < mutations; i++) {
        struct input mutant = {mem_strndup(input->bytes, input->len), input->len};
        mutate(&mutant);
        run(mutant.bytes, mutant.len);
        mem_free(mutant.bytes);
    }
}

static void add_file(const char *path)
{
    struct err err;
    struct input input;
    if (file_read(path, INPUT_MAX, &input.bytes, &input.len, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.msg);
        exit(2);
    }
    inputs = mem_realloc_array(inputs, inputs_len + 1, sizeof(inputs[0]));
    inputs[inputs_len++] = input;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void add_path(const char *path)
{
    struct stat st;
    struct text_list names = {0};
    DIR *dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? opendir(path) : NULL;
    if (!dir) {
        add_file(path);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.')
            text_list_add_take(&names, mem_printf("%s/%s", path, entry->d_name));
    closedir(dir);
    if (names.len > 1)
        qsort(names.items, names.len, sizeof(names.items[0]), by_text);
    for (size_t i = 0; i < names.len; i++)
        add_file(names.items[i]);
    text_list_done(&names);
}

static long number_from_env(const char *name, long fallback)
{
    const char *text = getenv(name);
    return text && *text ? strtol(text, NULL, 10) : fallback;
}

/* What ended the process, in a file of the working directory. Leaves by exit code, not by the signal. */
static void keep_input(void)
{
    FILE *file = current.bytes ? fopen(crash_name, "wb") : NULL;
    if (!file)
        return;
    (void)fwrite(current.bytes, 1, current.len, file);
    (void)fclose(file);
    (void)fprintf(stderr, "the input is in %s\n", crash_name);
}

static void on_signal(int number)
{
    (void)fprintf(stderr, "ended by signal %d%s\n", number, number == SIGALRM ? " (hung)" : "");
    keep_input();
    _exit(1);
}

int main(int argc, char **argv)
{
    long mutations = number_from_env("DAVIT_FUZZ_MUTATIONS", MUTATIONS);
    crash_name = mem_printf("crash-%s", program_invocation_short_name);
    (void)signal(SIGABRT, on_signal);
    (void)signal(SIGALRM, on_signal);
    for (int i = 1; i < argc; i++)
        add_path(argv[i]);
    if (inputs_len == 0) {
        (void)fprintf(stderr, "usage: %s DIR|FILE...: no input\n", argv[0]);
        return 2;
    }
    run("", 0);
    for (size_t i = 0; i < inputs_len; i++) {
        seed = (uint64_t)number_from_env("DAVIT_FUZZ_SEED", 1) * 0x9e3779b97f4a7c15ULL + i + 1;
        run(inputs[i].bytes, inputs[i].len);
        run_mutants(&inputs[i], mutations);
    }
    (void)printf("%zu files, %ld mutations of each\n", inputs_len, mutations);
    for (size_t i = 0; i < inputs_len; i++)
        mem_free(inputs[i].bytes);
    mem_free(inputs);
    mem_free(crash_name);
    return 0;
}
