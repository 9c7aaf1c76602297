// membarrier: one side pays for both.
#include "../show.h"
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

enum { ROUNDS = 2000 };
static atomic_int round_of_both, left, right;
static int seen_by_right[ROUNDS + 1];

static int membarrier(int command, unsigned flags)
{
    return syscall(SYS_membarrier, command, flags, 0);
}

// Stores and loads without a fence of its own.
static void *light(void *unused)
{
    for (int i = 1; i <= ROUNDS; i++) {
        while (atomic_load_explicit(&round_of_both, memory_order_acquire) < i)
            ;
        atomic_store_explicit(&right, i, memory_order_relaxed);
        atomic_signal_fence(memory_order_seq_cst);
        seen_by_right[i] = atomic_load_explicit(&left, memory_order_relaxed);
    }
    return NULL;
}

int main(void)
{
    int needed = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
    SHOW((membarrier(MEMBARRIER_CMD_QUERY, 0) & needed) == needed);
    SHOW(membarrier(MEMBARRIER_CMD_QUERY, 1));
    SHOW(membarrier(1 << 30, 0));
    SHOW(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
    SHOW(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
    SHOW(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
    SHOW(membarrier(MEMBARRIER_CMD_GLOBAL, 0));

    pthread_t thread;
    static int seen_by_left[ROUNDS + 1];
    pthread_create(&thread, NULL, light, NULL);
    for (int i = 1; i <= ROUNDS; i++) {
        atomic_store_explicit(&round_of_both, i, memory_order_release);
        atomic_store_explicit(&left, i, memory_order_relaxed);
        membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0);
        seen_by_left[i] = atomic_load_explicit(&right, memory_order_relaxed);
    }
    pthread_join(thread, NULL);
    int missed = 0;
    for (int i = 1; i <= ROUNDS; i++)
        missed += seen_by_left[i] < i && seen_by_right[i] < i;
    SHOW(missed);
    return 0;
}
