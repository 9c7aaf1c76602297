// AVX-512 by intrinsics, where the processor has it; the same results without.
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { COUNT = 1000 };
static int32_t numbers[COUNT], chosen[COUNT + 16], spread[COUNT];
static float weights[COUNT];

// What is odd, together; how many.
static int select_plain(void)
{
	int n = 0;
	for (int i = 0; i < COUNT; i++)
		if (numbers[i] & 1)
			chosen[n++] = numbers[i];
	return n;
}

static void spread_plain(void)
{
	for (int i = 0; i < COUNT; i++)
		spread[i * 7 % COUNT] = numbers[i * 3 % COUNT] + 1;
}

static double sum_plain(void)
{
	double sum = 0;
	for (int i = 0; i < COUNT; i++)
		if (numbers[i] > 100)
			sum += (double)weights[i];
	return sum;
}

#define WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"), noinline))

static WIDE int select_wide(void)
{
	int n = 0;
	for (int i = 0; i < COUNT; i += 16) {
		__mmask16 inside = COUNT - i < 16 ? (__mmask16)((1u << (COUNT - i)) - 1) : 0xffff;
		__m512i v = _mm512_maskz_loadu_epi32(inside, numbers + i);
		__mmask16 odd = _mm512_test_epi32_mask(v, _mm512_set1_epi32(1));
		_mm512_mask_compressstoreu_epi32(chosen + n, odd, v);
		n += __builtin_popcount(odd);
	}
	return n;
}

static WIDE void spread_wide(void)
{
	for (int i = 0; i < COUNT; i += 16) {
		int32_t from[16], to[16];
		__mmask16 inside = 0;
		for (int j = 0; j < 16 && i + j < COUNT; j++) {
			from[j] = (i + j) * 3 % COUNT;
			to[j] = (i + j) * 7 % COUNT;
			inside |= (__mmask16)(1u << j);
		}
		__m512i v = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), inside, _mm512_loadu_si512(from), numbers, 4);
		_mm512_mask_i32scatter_epi32(spread, inside, _mm512_loadu_si512(to), _mm512_add_epi32(v, _mm512_set1_epi32(1)), 4);
	}
}

static WIDE double sum_wide(void)
{
	// Rounding without exceptions, elements that are set to zero.
	double sum = 0;
	for (int i = 0; i < COUNT; i += 8) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(numbers + i));
		__mmask8 large = _mm256_cmpgt_epi32_mask(v, _mm256_set1_epi32(100));
		__m512d w = _mm512_maskz_cvt_roundps_pd(large, _mm256_loadu_ps(weights + i), _MM_FROUND_NO_EXC);
		double part[8];
		_mm512_storeu_pd(part, w);
		for (int j = 0; j < 8; j++)
			sum += part[j];
	}
	return sum;
}

static unsigned hash(const int32_t *p, int n)
{
	unsigned h = 2166136261u;
	for (int i = 0; i < n; i++)
		h = (h ^ (unsigned)p[i]) * 16777619u;
	return h;
}

int main(void)
{
	unsigned x = 12345;
	for (int i = 0; i < COUNT; i++) {
		x = x * 1103515245u + 12345u;
		numbers[i] = (int32_t)(x >> 8 & 1023);
		weights[i] = (float)(x >> 20);
	}
	__builtin_cpu_init();
	int wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
	for (int round = 0; round < 2; round++) {
		int n = round && wide ? select_wide() : select_plain();
		if (round && wide)
			spread_wide();
		else
			spread_plain();
		double sum = round && wide ? sum_wide() : sum_plain();
		printf("%d %u %u %.1f\n", n, hash(chosen, n), hash(spread, COUNT), sum);
		memset(chosen, 0, sizeof chosen);
		memset(spread, 0, sizeof spread);
	}
}
