// Random and adversarial system calls from inside a sandbox, by several threads, until the host ends it or it ends
// itself. `hostile SEED THREADS MODE`; the same seed makes the same choices, as far as threads let it.
//
// MODE `tame` leaves alone what the program itself needs to go on, so that it makes many calls; `wild` does not.
// `calls.h` is made of the layer's table of calls: CALL(number, name, argument names...).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct call {
    long number;
    const char *name;
    const char *arguments[6];
};

static const struct call CALLS[] = {
#define CALL(number, name, ...) {number, name, {__VA_ARGS__}},
#include "calls.h"
#undef CALL
};

enum { COUNT = sizeof CALLS / sizeof *CALLS, MOST_THREADS = 8, PAGE = 4096 };

// What ends the program or takes away what it stands on: for wild ones.
static const char *const DEADLY[] = {
    "exit", "exit_group", "rt_sigreturn", "arch_prctl", "set_tid_address", "brk", "rt_sigaction", "sigaltstack",
    "kill", "rt_sigqueueinfo", "tkill", "tgkill", "rt_tgsigqueueinfo", "clone", "clone3", "setrlimit", "prlimit64",
    "pause", "rt_sigsuspend", "rt_sigprocmask", "mremap", "mprotect", "munmap", "mmap", "madvise",
};

// The shared arena: what is mapped here comes and goes, also while others are in calls with it.
enum { ARENA = 64 * PAGE };
static char *arena;
static uint64_t slot;
static int wild;

struct thread {
    uint64_t random;
    sigjmp_buf recover;
    pthread_t self;
    volatile int tid;
    char *stack;
    uint64_t words[512];
    char stack_for_signals[8 * PAGE];
};
static struct thread threads[MOST_THREADS];
static int thread_count;
static __thread struct thread *own;

static uint64_t next(struct thread *t)
{
    t->random ^= t->random >> 12;
    t->random ^= t->random << 25;
    t->random ^= t->random >> 27;
    return t->random * 0x2545f4914f6cdd1d;
}

static uint64_t below(struct thread *t, uint64_t n)
{
    return next(t) % n;
}

static const char *const PATHS[] = {
    "/", "/w", "/w/file", "/w/other", "/w/dir", "/w/dir/file", "file", "../..", "/w/link", "/w/out", "/w/loop", "/w/fifo",
    "/w/socket", "/ro", "/ro/file", "/ro/new", "/tmp", "/tmp/file", "/tmp/dir", "/tmp/dir/../file", "/dev/null",
    "/dev/zero", "/dev/urandom", "/dev/fd/3", "/dev/stdin", "/proc/self/maps", "/proc/self/fd", "/proc/self/fd/4",
    "/proc/self/exe", "/proc/self/mem", "/proc/1", "/w/../ro/file", "/w/dir/../../w/link", "", "user.x", "/w//dir/.",
};

// Where arguments point: mostly to words of the thread's own, else to edges and to what others use.
static uint64_t pointer(struct thread *t)
{
    uint64_t kind = below(t, 24);
    // What is written there ends the program soon.
    if (!wild && kind >= 6 && kind <= 8)
        kind = 24;
    switch (kind) {
    case 0: return 0;
    case 1: return slot + below(t, 1 << 18); // guard pages, and the page of the runtime's calls
    case 2: return slot - below(t, 64);
    case 3: return slot + (1ull << 32) - below(t, 3 * PAGE);
    case 4: return slot + next(t) % (1ull << 32);
    case 5: return (uint64_t)&pointer + below(t, 4096);
    case 6: return (uint64_t)&own; // a word in thread-local storage
    case 7: return (uint64_t)threads[below(t, thread_count)].stack + below(t, 8192) - 4096;
    case 8: return (uint64_t)&threads[below(t, thread_count)] + below(t, sizeof(struct thread));
    case 9: return (uint64_t)arena + ARENA - below(t, 16); // across its end
    case 10: return next(t);
    case 11: return (uint64_t)-below(t, 4096);
    case 12: return 1ull << below(t, 64);
    case 13: case 14: case 15: return (uint64_t)arena + below(t, ARENA);
    default: return (uint64_t)&t->words[below(t, 500)];
    }
}

static uint64_t number(struct thread *t)
{
    switch (below(t, 8)) {
    case 0: return next(t);
    case 1: return 1ull << below(t, 64);
    case 2: return (1ull << below(t, 64)) - 1;
    case 3: return -(uint64_t)below(t, 64);
    case 4: return below(t, 1 << 20);
    default: return below(t, 64);
    }
}

// Where in a thread's words structures are that mean something.
enum { PIECES = 0, MESSAGE = 8, HOW = 16, TIMES = 20, INTERNET = 24, UNIX = 28, OTHERS = 48 };

// A value that an argument of this name could have.
static uint64_t plausible(struct thread *t, const struct call *call, const char *name)
{
#define IS(what) (strcmp(name, what) == 0)
    if (IS("fd") || IS("in_fd") || IS("out_fd") || IS("other_fd") || IS("new_fd") || IS("first") || IS("last"))
        return below(t, 24);
    if (IS("vector"))
        return (uint64_t)&t->words[PIECES];
    if (IS("message"))
        return (uint64_t)&t->words[MESSAGE];
    if (IS("how") && strcmp(call->name, "openat2") == 0)
        return (uint64_t)&t->words[HOW];
    if ((IS("request") && strcmp(call->name, "ioctl") != 0) || ((IS("new") || IS("times") || IS("timeout")) && below(t, 2)))
        return (uint64_t)&t->words[TIMES];
    if (IS("address") && call->arguments[2] && strcmp(call->arguments[2], "address_len") == 0)
        return (uint64_t)&t->words[below(t, 2) ? INTERNET : UNIX];
    if (IS("protocol") || IS("option") || IS("id") || IS("level"))
        return below(t, 3) / 2;
    if (IS("dir") || IS("new_dir"))
        return below(t, 3) ? (uint64_t)AT_FDCWD : below(t, 24);
    if (IS("path") || IS("new_path") || IS("target") || IS("name"))
        return (uint64_t)PATHS[below(t, sizeof PATHS / sizeof *PATHS)];
    if (IS("count") || IS("len") || IS("size") || IS("new_len") || IS("address_len") || IS("value_len"))
        return below(t, 2) ? (uint64_t[]){8, 16, 24, 64, 128, 4096}[below(t, 6)] : below(t, below(t, 4) ? 200 : 1 << 17);
    if (IS("flags") || IS("mode") || IS("mask") || IS("events") || IS("protection") || IS("operation"))
        return below(t, 2) ? below(t, 4) : below(t, 2) ? next(t) & next(t) & 0xffffff : 1ull << below(t, 32);
    if (IS("pid") || IS("tid"))
        return below(t, 2) ? (uint64_t)threads[below(t, thread_count)].tid : below(t, 3);
    if (IS("signal"))
        return below(t, 66);
    if (IS("timer") || IS("clock") || IS("whence") || IS("how") || IS("which") || IS("who") || IS("resource"))
        return below(t, 12);
    if (IS("command"))
        return below(t, 2) ? below(t, 16) : 1024 + below(t, 16);
    if (IS("request") && strcmp(call->name, "ioctl") == 0)
        return 0x5400 + below(t, 0x70);
    if (IS("timeout") && strncmp(call->name, "epoll_wait", 10) == 0)
        return below(t, 4);
    if (IS("domain"))
        return (uint64_t[]){1, 2, 10, 16, 17}[below(t, 5)];
    if (IS("kind"))
        return (below(t, 5) + 1) | (below(t, 2) ? 0 : 04000);
    if (IS("offset"))
        return below(t, 1 << 16);
    return below(t, 4) ? pointer(t) : number(t);
#undef IS
}

// Words that mean something to some call: times, pieces, flags, addresses of other words.
static void refresh(struct thread *t)
{
    for (int i = 0; i < 512; i++)
        switch (below(t, 6)) {
        case 0: t->words[i] = below(t, 4); break;
        case 1: t->words[i] = below(t, 1000000); break;
        case 2: t->words[i] = pointer(t); break;
        case 3: t->words[i] = (uint64_t)PATHS[below(t, sizeof PATHS / sizeof *PATHS)]; break;
        case 4: t->words[i] = number(t); break;
        default: t->words[i] = 0;
        }
    uint64_t data = (uint64_t)&t->words[OTHERS + 64];
    uint64_t structures[OTHERS] = {
        [PIECES] = data, 100, (uint64_t)arena + below(t, ARENA), 5000, data, below(t, 100),
        [MESSAGE] = 0, 0, (uint64_t)&t->words[PIECES], below(t, 4), 0, 0, 0,
        [HOW] = below(t, 4), 0, 0,
        [TIMES] = 0, 1000, 0, 1000,
        [INTERNET] = 2 | 0x3412 << 16 | 0x0100007full << 32, 0,
    };
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "socket"};
    memcpy(&structures[UNIX], &local, 16);
    memcpy(t->words, structures, sizeof structures);
}

static int is_deadly(const char *name)
{
    for (unsigned i = 0; i < sizeof DEADLY / sizeof *DEADLY; i++)
        if (strcmp(name, DEADLY[i]) == 0)
            return 1;
    return 0;
}

static void random_call(struct thread *t)
{
    const struct call *call = &CALLS[below(t, COUNT)];
    if (is_deadly(call->name) && (!wild || below(t, 16)))
        return;
    uint64_t a[6] = {0};
    for (int i = 0; i < 6; i++)
        if (call->arguments[i])
            a[i] = below(t, 12) ? plausible(t, call, call->arguments[i]) : below(t, 2) ? pointer(t) : number(t);
        else if (wild)
            a[i] = number(t);
    // Now and then one that the table does not have.
    long unknown = wild ? (long)number(t) : 500 + (long)below(t, 100);
    syscall(below(t, 64) ? call->number : unknown, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// Memory comes and goes under the feet of the others: the arena, and in wild programs anything.
static void memory(struct thread *t)
{
    char *at = arena + below(t, ARENA / PAGE) * PAGE;
    size_t len = (1 + below(t, 8)) * PAGE;
    if (at + len > arena + ARENA)
        len = arena + ARENA - at;
    if (wild && below(t, 8) == 0) {
        at = (char *)(pointer(t) & -(uint64_t)PAGE);
        len = below(t, 4) ? len : number(t);
    }
    int protection = (int[]){PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_WRITE, 7}[below(t, 5)];
    switch (below(t, 8)) {
    case 0: munmap(at, len); break;
    case 1: mprotect(at, len, protection); break;
    case 2: mmap(at, len, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_ANONYMOUS | MAP_PRIVATE, -1, 0); break;
    case 3: mmap(at, len, protection, MAP_FIXED | MAP_SHARED, below(t, 24), below(t, 4) * PAGE); break;
    case 4: mmap(at, len, protection, MAP_FIXED | MAP_PRIVATE, below(t, 24), 0); break;
    case 5: mremap(at, len, len + PAGE, below(t, 2) * MREMAP_MAYMOVE, 0); break;
    case 6: madvise(at, len, below(t, 32)); break;
    default: mmap(arena, ARENA, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    }
}

// Reads or writes where that may fault.
static void touch(struct thread *t)
{
    int anywhere = wild && below(t, 4) == 0;
    volatile uint64_t *at = (volatile uint64_t *)(anywhere ? pointer(t) : (uint64_t)arena + below(t, ARENA + PAGE));
    if (below(t, 2))
        *at = next(t);
    else
        (void)*at;
}

static void futexes(struct thread *t)
{
    struct timespec soon = {0, below(t, 2000000)};
    uint32_t *word = below(t, 4) ? (uint32_t *)(arena + below(t, ARENA / 4) * 4) : (uint32_t *)pointer(t);
    uint32_t *other = below(t, 4) ? (uint32_t *)(arena + below(t, ARENA / 4) * 4) : (uint32_t *)pointer(t);
    int operation = below(t, 14) | (below(t, 2) ? FUTEX_PRIVATE_FLAG : 0);
    int waits = (operation & 127) == FUTEX_WAIT || (operation & 127) == FUTEX_WAIT_BITSET;
    syscall(SYS_futex, word, operation, below(t, 3), waits ? (uint64_t)&soon : number(t), other, number(t));
}

static int cloned(void *unused)
{
    // Without thread-local storage of its own.
    uint64_t seed = (uint64_t)unused;
    for (int i = 0; i < (int)(seed % 8); i++)
        __asm__ volatile("" ::: "memory");
    sched_yield();
    return 0;
}

// Threads that the C library does not know, up to the limit.
static void storm(struct thread *t)
{
    static char stacks[32][2 * PAGE] __attribute__((aligned(16)));
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    if (below(t, 4) == 0)
        flags ^= next(t) & next(t);
    // Only in wild programs: two may have one stack.
    if (wild)
        clone(cloned, stacks[below(t, 32)] + 2 * PAGE, flags, (void *)next(t), pointer(t), pointer(t), pointer(t));
    else {
        pthread_t made;
        if (pthread_create(&made, NULL, (void *(*)(void *))cloned, (void *)next(t)) == 0)
            pthread_detach(made);
    }
}

static void step(struct thread *t)
{
    switch (below(t, 64)) {
    case 0: case 1: case 2: memory(t); break;
    case 3: case 4: touch(t); break;
    case 5: case 6: futexes(t); break;
    case 7: if (below(t, 8) == 0) storm(t); break;
    case 8: syscall(SYS_tgkill, getpid(), threads[below(t, thread_count)].tid, (int[]){SIGUSR1, SIGUSR2, SIGRTMIN + 1}[below(t, 3)]); break;
    case 9: refresh(t); break;
    default: random_call(t);
    }
}

// Handlers call, too, and are interrupted themselves.
static void handler(int signal, siginfo_t *info, void *context)
{
    struct thread *t = own;
    if (t && below(t, 4) == 0)
        random_call(t);
}

static void fault(int signal, siginfo_t *info, void *context)
{
    // A thread goes on with something else; one that the C library does not know ends all.
    if (!own)
        _exit(3);
    siglongjmp(own->recover, 1);
}

static void prepare(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    // Those of the kernel's that the C library keeps to itself stay its own.
    for (int signal = 1; signal <= SIGRTMAX; signal++)
        sigaction(signal, &action, NULL);
    action.sa_sigaction = fault;
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

static void *work(void *argument)
{
    struct thread *t = own = argument;
    stack_t stack = {.ss_sp = t->stack_for_signals, .ss_size = sizeof t->stack_for_signals};
    sigaltstack(&stack, NULL);
    t->stack = (char *)__builtin_frame_address(0);
    t->tid = gettid();
    sigsetjmp(t->recover, 1);
    refresh(t);
    for (;;)
        step(t);
    return NULL;
}

int main(int argc, char **argv)
{
    uint64_t seed = strtoull(argv[1], NULL, 10);
    thread_count = atoi(argv[2]);
    wild = strcmp(argv[3], "wild") == 0;
    slot = (uint64_t)&main & ~0xffffffffull;
    arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    prepare();
    for (int i = 0; i < thread_count; i++) {
        threads[i].random = (seed + 1) * 0x9e3779b97f4a7c15 + i * 2 + 1;
        threads[i].tid = getpid();
        threads[i].stack = (char *)__builtin_frame_address(0);
    }
    for (int i = 1; i < thread_count; i++)
        pthread_create(&threads[i].self, NULL, work, &threads[i]);
    if (thread_count == 1)
        work(&threads[0]);
    // What waits goes on; what a thread has set, it has again. Some exit amid all this.
    struct thread *t = own = &threads[0];
    uint64_t end = below(t, 4) == 0 ? 20 + below(t, 2000) : UINT64_MAX;
    static uint64_t rounds;
    sigsetjmp(t->recover, 1);
    while (rounds++ < end) {
        struct timespec pause = {0, 1000000};
        syscall(SYS_nanosleep, &pause, NULL);
        prepare();
        for (int i = 1; i < thread_count; i++)
            syscall(SYS_tgkill, getpid(), threads[i].tid, SIGUSR2);
        step(t);
    }
    if (below(t, 2))
        exit(0);
    _exit(0);
}
