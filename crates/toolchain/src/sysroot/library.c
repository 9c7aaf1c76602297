/* What a library is linked with in place of a program: its start, and the
 * functions that its host calls without their being the library's own. */

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

/* Goes back to the host, for good: LFI_RETURN is the slot offset of the code that
 * does (abi: layout::ENTRY_RETURN). */
static _Noreturn void leave(void)
{
    uintptr_t base = (uintptr_t)&leave & ~(uintptr_t)0xffffffff;
    ((void (*)(void))(base + LFI_RETURN))();
    __builtin_trap();
}

/* The C library is set up and constructors have run. From here on the host
 * calls what it wants. */
__attribute__((visibility("hidden"))) int main(void)
{
    leave();
}

static void *start_attached(void *argument)
{
    (void)argument;
    leave();
}

/* Makes a thread that the host runs: when it is cloned below, the runtime gives it to
 * the host instead of starting it. From its start on the host calls what it wants there, too. */
int __lfi_attach(size_t stack_size)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int error = pthread_attr_setstacksize(&attributes, stack_size);
    return error ? error : pthread_create(&thread, &attributes, start_attached, 0);
}

/* What such a thread does in the end. */
void __lfi_detach(void)
{
    pthread_exit(0);
}

void *__lfi_malloc(size_t size)
{
    return malloc(size);
}

void __lfi_free(void *pointer)
{
    free(pointer);
}
