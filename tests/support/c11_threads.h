/* For programs that use librdkafka under ThreadSanitizer, which knows pthreads but not C11's threads: a
 * thread made by thrd_create crashes it. Here the C11 calls that the library makes go to their pthread
 * counterparts; in glibc both have the same objects underneath. Without the sanitizer this header is empty.
 * Include it in the test's one source file. */
#ifndef TESTS_SUPPORT_C11_THREADS_H
#define TESTS_SUPPORT_C11_THREADS_H

#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define C11_THREADS_NEEDED
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define C11_THREADS_NEEDED
#endif

#ifdef C11_THREADS_NEEDED
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <threads.h>

#include "scaler/base/mem.h"

/* The library's own accesses are not instrumented, nor its atomics: what it does among its threads looks like
 * races. Ours with it, and among ours, are still seen. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:librdkafka.so\n";
}

static inline pthread_mutex_t *c11_mutex(mtx_t *mutex)
{
    return (pthread_mutex_t *)(void *)mutex;
}

static inline pthread_cond_t *c11_cond(cnd_t *cond)
{
    return (pthread_cond_t *)(void *)cond;
}

struct c11_start {
    thrd_start_t fn;
    void *arg;
};

static void *c11_run(void *arg)
{
    struct c11_start start = *(struct c11_start *)arg;
    mem_free(arg);
    return (void *)(intptr_t)start.fn(start.arg);
}

int thrd_create(thrd_t *thread, thrd_start_t fn, void *arg)
{
    struct c11_start *start = mem_alloc(sizeof(*start));
    *start = (struct c11_start){fn, arg};
    return pthread_create(thread, NULL, c11_run, start) == 0 ? thrd_success : thrd_error;
}

int thrd_join(thrd_t thread, int *ret)
{
    void *result;
    if (pthread_join(thread, &result) != 0)
        return thrd_error;
    if (ret)
        *ret = (int)(intptr_t)result;
    return thrd_success;
}

int mtx_init(mtx_t *mutex, int type)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    if (type & mtx_recursive)
        pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    return pthread_mutex_init(c11_mutex(mutex), &attr) == 0 ? thrd_success : thrd_error;
}

int mtx_lock(mtx_t *mutex)
{
    return pthread_mutex_lock(c11_mutex(mutex)) == 0 ? thrd_success : thrd_error;
}

int mtx_unlock(mtx_t *mutex)
{
    return pthread_mutex_unlock(c11_mutex(mutex)) == 0 ? thrd_success : thrd_error;
}

void mtx_destroy(mtx_t *mutex)
{
    pthread_mutex_destroy(c11_mutex(mutex));
}

int cnd_init(cnd_t *cond)
{
    return pthread_cond_init(c11_cond(cond), NULL) == 0 ? thrd_success : thrd_error;
}

int cnd_signal(cnd_t *cond)
{
    return pthread_cond_signal(c11_cond(cond)) == 0 ? thrd_success : thrd_error;
}

int cnd_broadcast(cnd_t *cond)
{
    return pthread_cond_broadcast(c11_cond(cond)) == 0 ? thrd_success : thrd_error;
}

int cnd_wait(cnd_t *cond, mtx_t *mutex)
{
    return pthread_cond_wait(c11_cond(cond), c11_mutex(mutex)) == 0 ? thrd_success : thrd_error;
}

int cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex, const struct timespec *restrict until)
{
    int rc = pthread_cond_timedwait(c11_cond(cond), c11_mutex(mutex), until);
    return rc == 0 ? thrd_success : rc == ETIMEDOUT ? thrd_timedout : thrd_error;
}

void cnd_destroy(cnd_t *cond)
{
    pthread_cond_destroy(c11_cond(cond));
}
#endif

#endif
