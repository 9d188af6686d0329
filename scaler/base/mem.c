/* Owns every allocation. The only file that calls the allocator; a failure ends the process, so nobody else
 * checks. */
#include "scaler/base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Larger blocks have pages of their own, which go back when they are freed. Said, because otherwise glibc
 * raises the threshold to the size of the first such block that is freed. */
#define OWN_PAGES_BYTES (256 << 10)

static void die(size_t size) __attribute__((noreturn));

static void die(size_t size)
{
    fprintf(stderr, "out of memory: %zu bytes refused\n", size);
    abort();
}

static size_t multiply(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        die(SIZE_MAX);
    return total;
}

void mem_setup(void)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, OWN_PAGES_BYTES);
    mallopt(M_TRIM_THRESHOLD, OWN_PAGES_BYTES);
#endif
}

void mem_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

void *mem_alloc(size_t size)
{
    void *ptr = malloc(size ? size : 1);
    if (!ptr)
        die(size);
    return ptr;
}

void *mem_zalloc(size_t size)
{
    return mem_zalloc_array(1, size);
}

void *mem_zalloc_array(size_t count, size_t size)
{
    size_t total = multiply(count, size);
    void *ptr = calloc(1, total ? total : 1);
    if (!ptr)
        die(total);
    return ptr;
}

void *mem_realloc_array(void *ptr, size_t count, size_t size)
{
    size_t total = multiply(count, size);
    void *grown = realloc(ptr, total ? total : 1);
    if (!grown)
        die(total);
    return grown;
}

char *mem_strdup(const char *text)
{
    return text ? mem_strndup(text, strlen(text)) : NULL;
}

char *mem_strndup(const char *text, size_t len)
{
    if (!text)
        return NULL;
    if (len == SIZE_MAX)
        die(len);
    char *copy = mem_alloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *mem_printf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = NULL;
    int len = vasprintf(&text, fmt, args);
    va_end(args);
    if (len < 0 || !text)
        die(0);
    return text;
}

void mem_free(void *ptr)
{
    free(ptr);
}

void mem_wipe(void *ptr, size_t len)
{
    if (ptr && len)
        explicit_bzero(ptr, len);
}

/* The whole block is wiped, not just up to the first NUL: a decoded secret may be binary. */
void mem_free_secret(char *text)
{
    if (text)
        mem_wipe(text, malloc_usable_size(text));
    free(text);
}

void mem_free_cleanup(void *ptr_to_ptr)
{
    void *ptr;
    memcpy(&ptr, ptr_to_ptr, sizeof(ptr));
    free(ptr);
}
