// Assembly written by hand, in what compilers rarely make: the flags and %r11
// live across string instructions, thread-local accesses and stack
// adjustments; loops by %rcx; returns that pop arguments; jumps through
// memory; local routines that take flags and %r11 as arguments.
#include <stdio.h>

__thread int tls_value = 1234, tls_word = 99;
__thread int tls_array[8] = {3, 4, 5, 6, 7, 8};
int counter = 5;

#define FUNCTION(name) "\t.globl " #name "\n\t.type " #name ",@function\n" #name ":\n"

extern long thread_local(long), strings(char *, const char *, long), loops(long), stack(long);
extern long arguments(long), table(long), routines(long), bits(unsigned *, long);

__asm__("\t.text\n"
	FUNCTION(thread_local)
	"movl $77, %r11d\n"
	"movq %rdi, %rax\n"
	"cmpq $5, %rdi\n"
	"movl %fs:tls_value@TPOFF, %ecx\n"
	"movl %ecx, %fs:tls_word@TPOFF\n"
	"sete %sil\n"
	"movzbl %sil, %esi\n"
	"addq %r11, %rax\n"
	"addq %rsi, %rax\n"
	"movq $1, %rdx\n"
	"movl %fs:tls_array@TPOFF(,%rdx,4), %r8d\n"
	"movl %fs:tls_array@TPOFF(%rdx,%rdx,4), %r9d\n"
	"addl %r8d, %fs:tls_array@TPOFF(%rdx,%rdx,1)\n"
	"imulq $1000, %rax\n"
	"addq %r8, %rax\n"
	"addl %fs:tls_word@TPOFF, %eax\n"
	"pushq %fs:tls_word@TPOFF\n"
	"popq %r10\n"
	"shlq $32, %r10\n"
	"addq %r10, %rax\n"
	"xorq %r9, %rax\n"
	"xchgl %eax, %fs:tls_array@TPOFF\n"
	"addl %fs:tls_array@TPOFF, %eax\n"
	"ret\n");

__asm__(FUNCTION(bits)
	"movl $3, %r11d\n"
	"btsq %rsi, (%rdi)\n"
	"setb %al\n"
	"leal 7(%rsi), %ecx\n"
	"btcl %ecx, 4(%rdi)\n"
	"setb %cl\n"
	"negq %rsi\n"
	"btrq %rsi, (%rdi)\n"
	"setb %dl\n"
	"btl %esi, (%rdi)\n"
	"adcq $0, %r11\n"
	"movzbl %al, %eax\n"
	"movzbl %cl, %ecx\n"
	"movzbl %dl, %edx\n"
	"leaq (%rax,%rcx,2), %rax\n"
	"leaq (%rax,%rdx,4), %rax\n"
	"leaq (%rax,%r11,8), %rax\n"
	"ret\n");

__asm__(FUNCTION(strings)
	"movq %rdx, %rcx\n"
	"movq $9, %r11\n"
	"cmpq $3, %rdx\n"
	"rep movsb\n"
	"setb %al\n"
	"movzbl %al, %eax\n"
	"addq %r11, %rax\n"
	"movq %rdx, %rcx\n"
	"subq %rdx, %rsi\n"
	"subq %rdx, %rdi\n"
	"cmpb %al, %al\n"
	"repe cmpsb\n"
	"sete %cl\n"
	"movzbl %cl, %ecx\n"
	"leaq (%rax,%rcx,2), %rax\n"
	"ret\n");

__asm__(FUNCTION(loops)
	"movq %rdi, %rcx\n"
	"xorl %eax, %eax\n"
	"xorl %edx, %edx\n"
	"cmpq $4, %rdi\n"
	"1: leaq 1(%rax), %rax\n"
	"cmovbq %rax, %rdx\n"
	"loop 1b\n"
	"jrcxz 2f\n"
	"movl $99, %eax\n"
	"2: leaq (%rax,%rdx,8), %rax\n"
	"movl $5, %ecx\n"
	"3: addl $2, %eax\n"
	"loop 3b\n"
	"jrcxz 4f\n"
	"ud2\n"
	"4: ret\n");

__asm__(FUNCTION(stack)
	"pushq %rbp\n"
	"movq %rsp, %rbp\n"
	"subq $100000, %rsp\n"
	"movq %rdi, (%rsp)\n"
	"movq %rdi, 50000(%rsp)\n"
	"andq $-64, %rsp\n"
	"cmpq $7, %rdi\n"
	"leaq -64(%rsp), %rsp\n"
	"movq $3, %r11\n"
	"leaq 64(%rsp), %rsp\n"
	"sete %al\n"
	"movzbl %al, %eax\n"
	"addq %r11, %rax\n"
	"movq %rsp, %rcx\n"
	"andl $63, %ecx\n"
	"addq %rcx, %rax\n"
	"movq %rbp, %rcx\n"
	"xchgq %rsp, %rcx\n"
	"movq %rcx, %rsp\n"
	"cmpq $7, %rdi\n"
	"leave\n"
	"jne 1f\n"
	"addq $100, %rax\n"
	"1: pushq %rax\n"
	"pushq $8\n"
	"subq $16, %rsp\n"
	"jne 2f\n"
	"2: addq $16, %rsp\n"
	"popq %rdx\n"
	"popq %rax\n"
	"addq %rdx, %rax\n"
	"pushq $5\n"
	"movq $1, %rcx\n"
	"subq %rcx, %rsp\n"
	"addq %rcx, %rsp\n"
	"popq %rcx\n"
	"addq %rcx, %rax\n"
	"pushq %rsp\n"
	"popq %rsp\n"
	"ret\n");

__asm__(FUNCTION(arguments)
	"pushq %rbx\n"
	"movq %rsp, %rbx\n"
	"pushq %rdi\n"
	"pushq %rdi\n"
	"leaq 5f(%rip), %rax\n"
	"movq %rax, -64(%rsp)\n"
	"movq %rsp, %rcx\n"
	"callq *-64(%rcx)\n"
	"cmpq %rsp, %rbx\n"
	"jne 9f\n"
	"popq %rbx\n"
	"ret\n"
	"5: movq 8(%rsp), %rax\n"
	"addq 16(%rsp), %rax\n"
	"ret $16\n"
	"9: ud2\n");

__asm__(FUNCTION(table)
	"leaq cases(%rip), %rcx\n"
	"movslq (%rcx,%rdi,4), %rax\n"
	"addq %rcx, %rax\n"
	"xorl %edx, %edx\n"
	"movq %rax, -8(%rsp)\n"
	"jmpq *-8(%rsp)\n"
	"case1: addl $1, %edx\n"
	"case2: addl $10, %edx\n"
	"case3: addl $100, %edx\n"
	"movl %edx, %eax\n"
	"bsfl %eax, %ecx\n"
	"rep bsfl %eax, %esi\n"
	"leal (%rax,%rcx,4), %eax\n"
	"leal (%rax,%rsi,4), %eax\n"
	"lock\n"
	"xaddl %eax, counter(%rip)\n"
	"fstcw -16(%rsp)\n"
	"addw -16(%rsp), %ax\n"
	"ret\n"
	"\t.section .rodata\n"
	"cases: .long case1-cases, case2-cases, case3-cases\n"
	"\t.text\n");

__asm__(FUNCTION(routines)
	"movq $40, %r11\n"
	"cmpq $3, %rdi\n"
	"call 1f\n"
	"call 2f\n"
	"ret\n"
	"1: setb %al\n"
	"movzbl %al, %eax\n"
	"addq %r11, %rax\n"
	"ret\n"
	"2: leaq 1(%rax), %rax\n"
	"ret\n");

int main(void) {
	for (long i = 0; i < 12; i++) {
		char copy[64] = {0};
		printf("%ld: %ld %ld ", i, thread_local(i), strings(copy, "hello, this is a test", i));
		printf("%s %ld %ld ", copy, loops(i + 1), stack(i));
		printf("%ld %ld %ld\n", arguments(i), table(i % 3), routines(i));
	}
	unsigned words[24];
	for (int i = 0; i < 24; i++) words[i] = 0x9e3779b9u * (unsigned)(i + 1);
	for (long i = 0; i < 300; i += 37) printf("%ld ", bits(words + 12, i));
	for (int i = 0; i < 24; i++) printf("%x ", words[i]);
	puts("");
	return 0;
}
