# run: exclusive
# Nothing changes inside a unit; the unit as a whole moves.
	.globl _start
	.type _start,@function
	.p2align 5
_start:
	popq %r11
	.p2align 3, 0x90
	.bundle_lock
	andl $-32, %r11d
	addq %gs:0x10000, %r11
	jmpq *%r11
	.bundle_unlock
	.p2align 5
	# A call unit goes to the end, and takes the prefixes' place.
	movq %rax, %rcx
	.bundle_lock
	andl $-32, %eax
	addq %gs:0x10000, %rax
	callq *%rax
	.bundle_unlock
	.p2align 5
	# Stack and string units, both forms.
	nop
	.bundle_lock
	movl %ebp, %esp
	addq %gs:0x10000, %rsp
	.bundle_unlock
	popq %rbp
	.p2align 5
	nop
	.bundle_lock
	movq %gs:0x10000, %r11
	leal -16(%rbp), %esp
	leaq (%rsp,%r11), %rsp
	.bundle_unlock
	movl %eax, %ecx
	.p2align 5
	nop
	.bundle_lock
	movl %edi, %edi
	addq %gs:0x10000, %rdi
	movl %esi, %esi
	addq %gs:0x10000, %rsi
	rep movsb
	.bundle_unlock
	.p2align 5
	nop
	.bundle_lock
	movq %gs:0x10000, %r11
	movl %edi, %edi
	leaq (%rdi,%r11), %rdi
	movl %esi, %esi
	leaq (%rsi,%r11), %rsi
	rep movsq
	.bundle_unlock
	.p2align 5
	# A runtime call refers to its own end: it stays.
	movl $39, %eax
	nop
	.bundle_lock align_to_end
	leaq 8(%rip), %r11
	jmpq *%gs:0x10008
	.bundle_unlock
	popq %r11
	nop
	.bundle_lock
	andl $-32, %r11d
	addq %gs:0x10000, %r11
	pushq %r11
	retq
	.bundle_unlock
# expect
# nops 18 -> 11, prefixes 3, calls 1
# verified
# 0000000000001000 <_start>:
#     1000: 41 5b                        	popq	%r11
#     1002: 66 0f 1f 44 00 00            	nopw	(%rax,%rax)
#     1008: 41 83 e3 e0                  	andl	$-0x20, %r11d
#     100c: 65 4c 03 1c 25 00 00 01 00   	addq	%gs:0x10000, %r11
#     1015: 41 ff e3                     	jmpq	*%r11
#     1018: 0f 1f 84 00 00 00 00 00      	nopl	(%rax,%rax)
#     1020: 48 89 c1                     	movq	%rax, %rcx
#     1023: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     102d: 0f 1f 44 00 00               	nopl	(%rax,%rax)
#     1032: 83 e0 e0                     	andl	$-0x20, %eax
#     1035: 65 48 03 04 25 00 00 01 00   	addq	%gs:0x10000, %rax
#     103e: ff d0                        	callq	*%rax
#     1040: 89 ec                        	movl	%ebp, %esp
#     1042: 65 48 03 24 25 00 00 01 00   	addq	%gs:0x10000, %rsp
#     104b: 5d                           	popq	%rbp
#     104c: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     1056: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     1060: 65 4c 8b 1c 25 00 00 01 00   	movq	%gs:0x10000, %r11
#     1069: 8d 65 f0                     	leal	-0x10(%rbp), %esp
#     106c: 4a 8d 24 1c                  	leaq	(%rsp,%r11), %rsp
#     1070: 89 c1                        	movl	%eax, %ecx
#     1072: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     107c: 0f 1f 40 00                  	nopl	(%rax)
#     1080: 89 ff                        	movl	%edi, %edi
#     1082: 65 48 03 3c 25 00 00 01 00   	addq	%gs:0x10000, %rdi
#     108b: 89 f6                        	movl	%esi, %esi
#     108d: 65 48 03 34 25 00 00 01 00   	addq	%gs:0x10000, %rsi
#     1096: f3 a4                        	rep		movsb	(%rsi), %es:(%rdi)
#     1098: 0f 1f 84 00 00 00 00 00      	nopl	(%rax,%rax)
#     10a0: 65 4c 8b 1c 25 00 00 01 00   	movq	%gs:0x10000, %r11
#     10a9: 89 ff                        	movl	%edi, %edi
#     10ab: 4a 8d 3c 1f                  	leaq	(%rdi,%r11), %rdi
#     10af: 89 f6                        	movl	%esi, %esi
#     10b1: 4a 8d 34 1e                  	leaq	(%rsi,%r11), %rsi
#     10b5: f3 48 a5                     	rep		movsq	(%rsi), %es:(%rdi)
#     10b8: 0f 1f 84 00 00 00 00 00      	nopl	(%rax,%rax)
#     10c0: 2e 2e b8 27 00 00 00         	movl	$0x27, %eax
#     10c7: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     10d1: 4c 8d 1d 08 00 00 00         	leaq	0x8(%rip), %r11         # 0x10e0 <_start+0xe0>
#     10d8: 65 ff 24 25 08 00 01 00      	jmpq	*%gs:0x10008
#     10e0: 2e 41 5b                     	popq	%r11
#     10e3: 41 83 e3 e0                  	andl	$-0x20, %r11d
#     10e7: 65 4c 03 1c 25 00 00 01 00   	addq	%gs:0x10000, %r11
#     10f0: 41 53                        	pushq	%r11
#     10f2: c3                           	retq
