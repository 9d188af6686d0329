/* Memory: the only place that calls malloc. Running out of memory ends the process (see design: allocation
 * failure exits). */
#ifndef SCALER_BASE_MEM_H
#define SCALER_BASE_MEM_H

#include <stddef.h>

/* For a process that runs for months: what is freed goes back to the system. Once, before there are threads.
 * One arena for all of them, because a configuration is read by whichever worker is free, and each would keep
 * the room for one. */
void mem_setup(void);
void mem_trim(
    void); /* gives back what lies free between blocks in use; milliseconds, for after large changes */
void *mem_alloc(size_t size)
    __attribute__((malloc, returns_nonnull)); /* uninitialised; size 0 gives a unique pointer */
void *mem_zalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_zalloc_array(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull)); /* overflow ends the process */
void *mem_realloc_array(void *ptr, size_t count, size_t size) __attribute__((returns_nonnull));
char *mem_strdup(const char *text); /* NULL gives NULL */
char *mem_strndup(const char *text, size_t len);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
void mem_free(void *ptr);
/* Overwrites with zeros (never optimised away) and frees; for secrets. NULL is fine. */
void mem_free_secret(char *text);
void mem_wipe(void *ptr, size_t len);

void mem_free_cleanup(void *ptr_to_ptr);
#define AUTO_FREE __attribute__((cleanup(mem_free_cleanup)))

#define ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
