/* The end of clients. The library's destroy waits for all of its threads, and there are states of a broken
 * cluster in which one of them never ends. Nobody may hang on that: a thread of its own does it. */
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scalers/kafka/client.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned ending; /* guarded by lock: clients whose end is under way, of all clusters */

/* The client is unknown to everybody else by now. */
struct end {
    rd_kafka_t *rk;
    bool *done; /* NULL: nobody waits (any more); guarded by lock */
};

static void *run(void *arg)
{
    struct end *end = arg;
    rd_kafka_destroy_flags(end->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    pthread_mutex_lock(&lock);
    ending--;
    if (end->done)
        *end->done = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    mem_free(end);
    return NULL;
}

/* Signals are the loop's. */
static bool start(struct end *end)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, NULL, run, end) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        pthread_detach(thread);
    return started;
}

static struct timespec after_ms(int64_t ms)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec += (time_t)(ms / 1000);
    time.tv_nsec += (long)(ms % 1000) * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

static void wait_for(struct end *end, bool *done, int64_t wait_ms)
{
    struct timespec until = after_ms(wait_ms);
    pthread_mutex_lock(&lock);
    while (!*done && pthread_cond_timedwait(&changed, &lock, &until) == 0) {
    }
    bool late = !*done;
    if (late)
        end->done = NULL;
    pthread_mutex_unlock(&lock);
    if (late && wait_ms > 0)
        log_warn(NULL, "a Kafka client does not end; it is left behind");
}

void kafka_client_end(struct kafka_client *client, int64_t wait_ms)
{
    if (!client)
        return;
    bool done = false;
    struct end *end = mem_zalloc(sizeof(*end));
    *end = (struct end){.rk = client->rk, .done = &done};
    rd_kafka_queue_destroy(client->queue);
    mem_free(client);
    pthread_mutex_lock(&lock);
    ending++;
    pthread_mutex_unlock(&lock);
    if (start(end))
        wait_for(end, &done, wait_ms);
    else
        run(end);
}

unsigned kafka_clients_ending(void)
{
    pthread_mutex_lock(&lock);
    unsigned count = ending;
    pthread_mutex_unlock(&lock);
    return count;
}
