# run:
# What is referred to stays where it is; what lies between moves.
	.globl _start
	.type _start,@function
	.p2align 5
_start:
	.cfi_startproc
	pushq %rbp
	.cfi_def_cfa_offset 16
	nop
	movl $1, %eax
	nop
.Ltarget:
	addl $2, %eax
	nop
	jnz .Ltarget
	nopw 0(%rax,%rax)
	leaq .Ltarget(%rip), %rcx
	.globl symbol
symbol:
	nopl 0(%rax)
	addl $3, %eax
	.p2align 5, 0x90
	jmp .Ltarget
	# Never reached: left alone.
	nop
	nop
	addl $3, %eax
	.p2align 5, 0x90
	ud2
	.cfi_endproc
	.size _start, .-_start
# expect
# nops 10 -> 5, prefixes 11, calls 0
# verified
# 0000000000001000 <_start>:
#     1000: 55                           	pushq	%rbp
#     1001: 2e 2e b8 01 00 00 00         	movl	$0x1, %eax
#     1008: 2e 2e 2e 83 c0 02            	addl	$0x2, %eax
#     100e: 75 f8                        	jne	0x1008 <_start+0x8>
#     1010: 2e 2e 2e 48 8d 0d ee ff ff ff	leaq	%cs:-0x12(%rip), %rcx
# 000000000000101a <symbol>:
#     101a: 2e 2e 2e 83 c0 03            	addl	$0x3, %eax
#     1020: eb e6                        	jmp	0x1008 <_start+0x8>
#     1022: 90                           	nop
#     1023: 90                           	nop
#     1024: 83 c0 03                     	addl	$0x3, %eax
#     1027: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     1031: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     103b: 0f 1f 44 00 00               	nopl	(%rax,%rax)
#     1040: 0f 0b                        	ud2
