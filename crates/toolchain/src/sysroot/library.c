/* What a library is linked with in place of a program: its start, and the
 * functions that its host calls without their being the library's own. */

#include <stdint.h>
#include <stdlib.h>

/* The C library is set up and constructors have run. From here on the host
 * calls what it wants; LFI_RETURN is the slot offset of the code that goes back
 * to it (abi: layout::ENTRY_RETURN). */
__attribute__((visibility("hidden"))) int main(void)
{
    uintptr_t base = (uintptr_t)&main & ~(uintptr_t)0xffffffff;
    ((void (*)(void))(base + LFI_RETURN))();
    __builtin_trap();
}

void *__lfi_malloc(size_t size)
{
    return malloc(size);
}

void __lfi_free(void *pointer)
{
    free(pointer);
}
