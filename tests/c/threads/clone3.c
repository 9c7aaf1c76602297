// A thread made by clone3(2), without the C library.
#include "../show.h"
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>

struct arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, more[3];
};

static volatile int parent_tid, child_tid = -1, ran;
static char stack[65536] __attribute__((aligned(64)));

static void child(void)
{
    ran = 1;
}

static long clone3(struct arguments *a)
{
    long result = SYS_clone3;
    register void (*function)(void) __asm__("r12") = child;
    __asm__ volatile("syscall\n\t"
                     "testq %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "call *%%r12\n\t"
                     "movl %[exit], %%eax\n\t"
                     "xorl %%edi, %%edi\n\t"
                     "syscall\n"
                     "1:"
                     : "+a"(result)
                     : "D"(a), "S"(sizeof *a), "r"(function), [exit] "i"(SYS_exit)
                     : "rcx", "r11", "memory");
    return result;
}

int main(void)
{
    struct arguments a = {
        .flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID |
                 CLONE_CHILD_CLEARTID,
        .child_tid = (uintptr_t)&child_tid,
        .parent_tid = (uintptr_t)&parent_tid,
        .stack = (uintptr_t)stack,
        .stack_size = sizeof stack,
    };
    long tid = clone3(&a);
    SHOW(tid > 0);
    while (child_tid != 0)
        syscall(SYS_futex, &child_tid, FUTEX_WAIT, -1, NULL, NULL, 0);
    SHOW(ran);
    SHOW(parent_tid == tid);

    SHOW(syscall(SYS_clone3, &a, 8));
    SHOW(syscall(SYS_clone3, NULL, sizeof a));
    a.exit_signal = SIGCHLD;
    SHOW(syscall(SYS_clone3, &a, sizeof a));
    a.exit_signal = 0;
    a.stack_size = 0;
    SHOW(syscall(SYS_clone3, &a, sizeof a));
    return 0;
}
