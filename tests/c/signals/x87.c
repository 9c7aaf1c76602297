// The x87 unit, full and with an odd control word, and MXCSR, over system calls of every sort: answered at once, by the
// kernel, with an error, with a signal whose handler uses the unit itself.
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct unit {
    uint8_t registers[8][16];
    uint32_t mxcsr;
    uint16_t control, status;
};

static const uint16_t odd_control = 0x0b7b, usual_control = 0x037f; // rounds up; division by zero is not masked
static const uint32_t odd_mxcsr = 0x7f80, usual_mxcsr = 0x1f80;

// Makes a call with the unit full of constants, and says what is there afterwards.
static long call(struct unit *unit, long number, long a, long b, long c)
{
    memset(unit, 0, sizeof *unit);
    long result = number;
    __asm__ volatile("fldcw %[odd_control]\n\t"
                     "ldmxcsr %[odd_mxcsr]\n\t"
                     "fld1; fldpi; fldl2t; fldl2e; fldlg2; fldln2; fldz; fld1\n\t"
                     "syscall\n\t"
                     "stmxcsr %[mxcsr]\n\t"
                     "ldmxcsr %[usual_mxcsr]\n\t"
                     "fnstcw %[control]\n\t"
                     "fnstsw %[status]\n\t"
                     "fstpt 0(%[registers]); fstpt 16(%[registers]); fstpt 32(%[registers]); fstpt 48(%[registers])\n\t"
                     "fstpt 64(%[registers]); fstpt 80(%[registers]); fstpt 96(%[registers]); fstpt 112(%[registers])\n\t"
                     "fldcw %[usual_control]"
                     : "+a"(result), [mxcsr] "=m"(unit->mxcsr), [control] "=m"(unit->control), [status] "=m"(unit->status)
                     : "D"(a), "S"(b), "d"(c), [registers] "r"(unit->registers), [odd_control] "m"(odd_control),
                       [odd_mxcsr] "m"(odd_mxcsr), [usual_control] "m"(usual_control), [usual_mxcsr] "m"(usual_mxcsr)
                     : "rcx", "r11", "memory", "cc");
    return result;
}

static struct unit in_handler;
static volatile sig_atomic_t handled;

// Has a unit of its own, and spoils it.
static void handler(int signal)
{
    handled += signal;
    __asm__ volatile("fnstcw %[control]\n\t"
                     "stmxcsr %[mxcsr]\n\t"
                     "fldpi; fldpi; fldpi; fldpi; fldpi; fldpi; fldpi; fldpi\n\t"
                     "fnstsw %[status]\n\t"
                     "ldmxcsr %[odd_mxcsr]"
                     : [mxcsr] "=m"(in_handler.mxcsr), [control] "=m"(in_handler.control), [status] "=m"(in_handler.status)
                     : [odd_mxcsr] "m"(odd_mxcsr));
}

static void show(const char *name, long result, const struct unit *unit)
{
    printf("%s %s control %#x mxcsr %#x status %#x\n", name, result < 0 ? "fails" : "succeeds", unit->control, unit->mxcsr,
           unit->status);
    for (int i = 0; i < 8; i++) {
        for (int j = 9; j >= 0; j--)
            printf("%02x", unit->registers[i][j]);
        printf(i % 4 == 3 ? "\n" : " ");
    }
    if (handled)
        printf("handled %d control %#x mxcsr %#x status %#x\n", handled, in_handler.control, in_handler.mxcsr,
               in_handler.status & 0x7f);
    handled = 0;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGPIPE, &action, NULL);
    static char text[64] = "some text", read_back[64];
    int file = open("x87.txt", O_RDWR | O_CREAT | O_TRUNC, 0600), ends[2];
    if (file < 0 || pipe(ends) != 0 || close(ends[0]) != 0)
        return 1;
    const struct {
        const char *name;
        long number, a, b, c;
    } calls[] = {
        {"getpid", SYS_getpid, 0, 0, 0},
        {"getgroups", SYS_getgroups, 0, 0, 0},
        {"write", SYS_write, file, (long)text, sizeof text},
        {"lseek", SYS_lseek, file, 0, SEEK_SET},
        {"read", SYS_read, file, (long)read_back, sizeof read_back},
        {"read from nothing", SYS_read, -1, (long)read_back, 1},
        {"write from nowhere", SYS_write, file, 8, 1},
        {"clock_gettime to nowhere", SYS_clock_gettime, CLOCK_REALTIME, 8, 0},
        {"open", SYS_open, (long)"x87.txt", O_RDONLY, 0},
        {"brk", SYS_brk, 0, 0, 0},
        {"no call", 9999, 0, 0, 0},
        {"sched_yield", SYS_sched_yield, 0, 0, 0},
        {"rt_sigaction", SYS_rt_sigaction, SIGUSR2, 0, 0},
        {"kill", SYS_kill, getpid(), SIGUSR1, 0},
        {"write to a pipe that nobody reads", SYS_write, ends[1], (long)text, 1},
        {"tgkill", SYS_tgkill, getpid(), getpid(), SIGUSR1},
    };
    struct unit unit;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        long result = call(&unit, calls[i].number, calls[i].a, calls[i].b, calls[i].c);
        show(calls[i].name, result, &unit);
    }
    printf("%d\n", memcmp(text, read_back, sizeof text));
    return 0;
}
