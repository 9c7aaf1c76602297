# run: rewrite
	movl	%gs:8, %eax
	movl	%ds:(%rax), %eax
	movabsq	%rax, 0x1000
	movl	8(%rip), %eax
	movl	.+4(%rip), %eax
	leal	%fs:(%eax), %eax
	xlatb
	maskmovdqu	%xmm0, %xmm1
	movl	%fs, %eax
	movq	%cr0, %rax
	movups	(%rdi), %tmm0
	movl	(%ax), %eax
	movl	(%rax,%rcx,3), %eax
	movl	%eax, %foo
	movsl	%eax, %ecx
	vpgatherdd	%ymm1, (%rax,%ymm2,4), %ymm2
	vpgatherdd	%ymm3, (%rax,%ymm2,4), %ymm3
# expect
# t.s:2: segment override: movl	%gs:8, %eax
# t.s:3: segment override: movl	%ds:(%rax), %eax
# t.s:4: an absolute 64-bit address cannot be guarded: movabsq	%rax, 0x1000
# t.s:5: a distance in bytes from here changes by rewriting; use a label: movl	8(%rip), %eax
# t.s:6: a distance in bytes from here changes by rewriting; use a label: movl	.+4(%rip), %eax
# t.s:7: segment override: leal	%fs:(%eax), %eax
# t.s:8: xlat has an address that cannot be guarded: xlatb
# t.s:9: this store has an address that cannot be guarded: maskmovdqu	%xmm0, %xmm1
# t.s:10: this register is not available in a sandbox: movl	%fs, %eax
# t.s:11: this register is not available in a sandbox: movq	%cr0, %rax
# t.s:12: this register is not available in a sandbox: movups	(%rdi), %tmm0
# t.s:13: unknown operand: movl	(%ax), %eax
# t.s:14: unknown operand: movl	(%rax,%rcx,3), %eax
# t.s:15: unknown operand: movl	%eax, %foo
# t.s:16: unknown operand: movsl	%eax, %ecx
# t.s:17: the vectors of a gather must differ: vpgatherdd	%ymm1, (%rax,%ymm2,4), %ymm2
# t.s:18: the vectors of a gather must differ: vpgatherdd	%ymm3, (%rax,%ymm2,4), %ymm3
