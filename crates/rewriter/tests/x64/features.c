// Small functions that make the compiler use what the rewriter has rules for.
#include <stdarg.h>
#include <stddef.h>

extern int printf(const char *, ...);
extern void *memcpy(void *, const void *, size_t), *memset(void *, int, size_t);
extern void use(void *);

_Thread_local int counter;
extern _Thread_local int errno_like;
static _Thread_local char buffer[64];

int threads(int i)
{
	counter += i;
	errno_like = counter;
	buffer[i & 63] ^= 1;
	return buffer[counter & 63];
}
int *address(void) { return &counter; }

int table(int x, int y)
{
	switch (x) {
	case 0: return y * 3;
	case 1: return printf("one %d\n", y);
	case 2: use(&y); return y;
	case 3: return y << (y & 7);
	case 4: return threads(y);
	case 5: return y / 7;
	case 6: return y % 11;
	case 7: return -y;
	}
	return 0;
}

int computed(const unsigned char *code)
{
	static const void *const labels[] = { &&add, &&sub, &&twice, &&stop };
	int value = 0;
	goto *labels[*code++];
add:
	value++;
	goto *labels[*code++];
sub:
	value--;
	goto *labels[*code++];
twice:
	value *= 2;
	goto *labels[*code++];
stop:
	return value;
}

long arrays(int n)
{
	long a[n];
	for (int i = 0; i < n; i++)
		a[i] = i * i;
	use(a);
	return a[n / 2];
}

int large_frame(int i)
{
	int a[20000];
	use(a);
	return a[i];
}

int aligned(void)
{
	_Alignas(64) char a[100];
	use(a);
	return a[3];
}

long varargs(int n, ...)
{
	va_list list;
	long sum = 0;
	va_start(list, n);
	while (n--)
		sum += va_arg(list, long);
	va_end(list);
	return sum;
}

struct large { char bytes[300]; };
struct large copy(const struct large *s) { return *s; }
void fill(struct large *s, int c) { memset(s, c, sizeof *s); }

void loops(float *restrict a, const float *restrict b, int n)
{
	for (int i = 0; i < n; i++)
		a[i] = a[i] * 2.0f + b[i];
}
long double extended(long double x, double y) { return x * y + 1; }
unsigned long convert(double d) { return (unsigned long)d; }

int call_through(int (**f)(int), int i) { return f[i](i) + f[i + 1](i); }
int tail(int (*f)(int), int i) { return f(i); }

int swap(int *p, int old, int new)
{
	__asm__ __volatile__("lock ; cmpxchg %3, %1" : "=a"(old), "=m"(*p) : "a"(old), "r"(new) : "memory");
	return old;
}
void copy_bytes(char *d, const char *s, size_t n)
{
	__asm__ __volatile__("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
}
long system_call(long number, long a)
{
	long result;
	__asm__ __volatile__("syscall" : "=a"(result) : "a"(number), "D"(a) : "rcx", "r11", "memory");
	return result;
}
int below(unsigned a, unsigned b)
{
	int result;
	__asm__("cmp %2, %1\n\tsetb %b0\n\tmovzbl %b0, %0" : "=q"(result) : "r"(a), "r"(b));
	return result;
}
int add_128(unsigned long *a, const unsigned long *b)
{
	unsigned __int128 x = (unsigned __int128)a[1] << 64 | a[0], y = (unsigned __int128)b[1] << 64 | b[0];
	x += y;
	a[0] = x, a[1] = x >> 64;
	return x < y;
}
__attribute__((noreturn)) void stop(void) { __builtin_trap(); }
