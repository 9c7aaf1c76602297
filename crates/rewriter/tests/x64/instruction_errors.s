# run: rewrite
	frobnicate	%eax
	int	$0x80
	rdfsbase	%rax
	wrgsbase	%rax
	rdtscp
	cli
	xsave	(%rdi)
	clflush	(%rdi)
	xbegin	1f
1:	sysenter
	swapgs
	popfq
	pushw	%ax
	inb	%dx, %al
	rdmsr
	tdpbssd	%tmm0, %tmm1, %tmm2
	m(x)
# expect
# t.s:2: unknown instruction: frobnicate	%eax
# t.s:3: interrupts leave the sandbox: int	$0x80
# t.s:4: segment registers and their bases belong to the runtime: rdfsbase	%rax
# t.s:5: segment registers and their bases belong to the runtime: wrgsbase	%rax
# t.s:6: this instruction is for the operating system: rdtscp
# t.s:7: this instruction is for the operating system: cli
# t.s:8: this instruction saves or loads state that belongs to the runtime: xsave	(%rdi)
# t.s:9: cache control is not available in a sandbox: clflush	(%rdi)
# t.s:10: transactions abort to an address that is not checked: xbegin	1f
# t.s:11: this instruction is for the operating system: 1:	sysenter
# t.s:12: segment registers and their bases belong to the runtime: swapgs
# t.s:13: it can set the trap and alignment-check flags; use sahf: popfq
# t.s:14: 16-bit pushes and pops leave the stack pointer unaligned: pushw	%ax
# t.s:15: this instruction is for the operating system: inb	%dx, %al
# t.s:16: this instruction is for the operating system: rdmsr
# t.s:17: unknown instruction: tdpbssd	%tmm0, %tmm1, %tmm2
# t.s:18: unknown instruction: m(x)
