/* Owns the timers: a hierarchical wheel of 8 levels of 64 slots, one tick a millisecond, one uv timer for
 * all.
 *
 * A timer lies on the level of the highest 6-bit digit in which its due time differs from the wheel's time,
 * in the slot of that digit. So every slot ahead belongs to one instant, the next event is the lowest
 * occupied slot of the lowest occupied level, and nothing ever has to be searched or skipped: an idle wheel
 * does not wake. Reaching a slot of a higher level spreads its timers over the lower ones, at most once per
 * level. */
#include "scaler/net/timer.h"

#include <stddef.h>

#include "scaler/base/clock.h"
#include "scaler/base/mem.h"
#include "scaler/net/internal.h"

#define LEVELS     8
#define DIGIT_BITS 6
#define SLOTS      (1 << DIGIT_BITS)
#define DUE_MAX    (((int64_t)1 << (LEVELS * DIGIT_BITS)) - 1)
#define NEVER      INT64_MAX

struct wheel {
    struct net *net;
    uv_timer_t timer;
    int64_t now_ms;   /* everything due until then has left the slots */
    int64_t armed_ms; /* when the uv timer fires; NEVER: stopped */
    uint64_t occupied[LEVELS];
    struct timer slots[LEVELS][SLOTS]; /* heads of rings; only next and prev are used */
    struct timer due;                  /* ring: started with a time that has passed */
};

static void on_uv_timer(uv_timer_t *handle);

static void ring_init(struct timer *head)
{
    head->next = head->prev = head;
}

static void ring_append(struct timer *head, struct timer *timer)
{
    timer->next = head;
    timer->prev = head->prev;
    head->prev->next = timer;
    head->prev = timer;
}

static void ring_unlink(struct timer *timer)
{
    timer->prev->next = timer->next;
    timer->next->prev = timer->prev;
    timer->next = timer->prev = NULL;
}

/* Moves everything of one ring behind another. */
static void ring_move(struct timer *to, struct timer *from)
{
    if (from->next == from)
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    ring_init(from);
}

static unsigned digit(int64_t ms, unsigned level)
{
    return (unsigned)((uint64_t)ms >> (level * DIGIT_BITS)) & (SLOTS - 1);
}

static void place(struct wheel *wheel, struct timer *timer)
{
    int64_t due = timer->due_ms < DUE_MAX ? timer->due_ms : DUE_MAX;
    if (due <= wheel->now_ms) {
        ring_append(&wheel->due, timer);
        return;
    }
    unsigned highest = 63 - (unsigned)__builtin_clzll((uint64_t)(due ^ wheel->now_ms));
    unsigned level = highest / DIGIT_BITS;
    unsigned slot = digit(due, level);
    ring_append(&wheel->slots[level][slot], timer);
    wheel->occupied[level] |= (uint64_t)1 << slot;
}

/* If head is the head of a slot that has just become empty, its bit goes. */
static void forget_empty(struct wheel *wheel, const struct timer *head)
{
    uintptr_t offset = (uintptr_t)head - (uintptr_t)wheel->slots;
    if (head->next != head || offset >= sizeof(wheel->slots))
        return;
    size_t index = offset / sizeof(*head);
    wheel->occupied[index / SLOTS] &= ~((uint64_t)1 << (index % SLOTS));
}

/* When the wheel has to move next, and from which slot; NEVER: it is empty. */
static int64_t next_event(const struct wheel *wheel, unsigned *ret_level, unsigned *ret_slot)
{
    for (unsigned level = 0; level < LEVELS; level++) {
        if (!wheel->occupied[level])
            continue;
        unsigned slot = (unsigned)__builtin_ctzll(wheel->occupied[level]);
        unsigned shift = level * DIGIT_BITS;
        uint64_t above = ((uint64_t)wheel->now_ms >> shift) & ~(uint64_t)(SLOTS - 1);
        *ret_level = level;
        *ret_slot = slot;
        return (int64_t)((above | slot) << shift);
    }
    return NEVER;
}

/* Takes the wheel to now_ms; what became due is appended to wheel->due in the order of its times. */
static void advance(struct wheel *wheel, int64_t now_ms)
{
    unsigned level = 0, slot = 0;
    for (;;) {
        int64_t event = next_event(wheel, &level, &slot);
        if (event > now_ms)
            break;
        wheel->now_ms = event;
        wheel->occupied[level] &= ~((uint64_t)1 << slot);
        struct timer moving;
        ring_init(&moving);
        ring_move(&moving, &wheel->slots[level][slot]);
        while (moving.next != &moving) {
            struct timer *timer = moving.next;
            ring_unlink(timer);
            place(wheel, timer);
        }
    }
    if (now_ms > wheel->now_ms)
        wheel->now_ms = now_ms;
}

/* At least 1 ms: uv 1.44 runs a timer of 0 that was started by a timer within the same turn, so one that
 * keeps restarting itself would keep the loop from ever polling. */
static void arm(struct wheel *wheel, int64_t due_ms)
{
    if (due_ms >= wheel->armed_ms)
        return;
    int64_t delay = due_ms - net_now_ms(wheel->net);
    wheel->armed_ms = due_ms;
    uv_timer_start(&wheel->timer, on_uv_timer, delay > 1 ? (uint64_t)delay : 1, 0);
}

static void arm_next(struct wheel *wheel)
{
    unsigned level, slot;
    int64_t event = wheel->due.next != &wheel->due ? wheel->now_ms : next_event(wheel, &level, &slot);
    if (event != NEVER)
        arm(wheel, event);
}

/* Each timer is unlinked before its function runs, and the rest stays in a ring: whatever a function stops,
 * starts or frees, the ring is whole. Those started with no delay wait for the next turn. */
static void on_uv_timer(uv_timer_t *handle)
{
    struct wheel *wheel = handle->data;
    struct timer running;
    wheel->armed_ms = NEVER;
    advance(wheel, net_now_ms(wheel->net));
    ring_init(&running);
    ring_move(&running, &wheel->due);
    while (running.next != &running) {
        struct timer *timer = running.next;
        ring_unlink(timer);
        timer->fn(timer);
    }
    arm_next(wheel);
}

struct wheel *wheel_new(struct net *net)
{
    struct wheel *wheel = mem_zalloc(sizeof(*wheel));
    wheel->net = net;
    wheel->now_ms = net_now_ms(net);
    wheel->armed_ms = NEVER;
    ring_init(&wheel->due);
    for (unsigned i = 0; i < LEVELS * SLOTS; i++)
        ring_init(&wheel->slots[i / SLOTS][i % SLOTS]);
    uv_timer_init(net->loop, &wheel->timer);
    wheel->timer.data = wheel;
    net_handle_opened(net);
    return wheel;
}

static void on_closed(uv_handle_t *handle)
{
    struct wheel *wheel = handle->data;
    struct net *net = wheel->net;
    mem_free(wheel);
    net_handle_closed(net);
}

void wheel_close(struct wheel *wheel)
{
    uv_close((uv_handle_t *)&wheel->timer, on_closed);
}

void timer_start_at(struct net *net, struct timer *timer, int64_t due_ms, void (*fn)(struct timer *timer))
{
    timer_stop(net, timer);
    timer->due_ms = due_ms;
    timer->fn = fn;
    place(net->wheel, timer);
    arm(net->wheel, due_ms > net->wheel->now_ms ? due_ms : net->wheel->now_ms);
}

/* From the real time, not from the turn's: a timer started late in a long turn must not fire early. */
void timer_start(struct net *net, struct timer *timer, int64_t delay_ms, void (*fn)(struct timer *timer))
{
    int64_t now = clock_now_ms();
    int64_t delay = delay_ms > 0 ? delay_ms : 0;
    timer_start_at(net, timer, delay < DUE_MAX - now ? now + delay : DUE_MAX, fn);
}

void timer_stop(struct net *net, struct timer *timer)
{
    if (!timer_running(timer))
        return;
    const struct timer *after = timer->next;
    ring_unlink(timer);
    forget_empty(net->wheel, after);
}

bool timer_running(const struct timer *timer)
{
    return timer->next != NULL;
}
