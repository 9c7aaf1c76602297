# run: rewrite
	lock	addl %eax, %ecx
	lock	movl %eax, (%rdi)
	data16	movl %eax, (%rdi)
	addr32	movl %eax, (%rdi)
	gs	movl %eax, (%rdi)
	{evex}	vmovups (%rdi), %ymm0
	lock
label:
	lock
	.p2align 4
	rep
# expect
# t.s:2: this prefix does not go with this instruction: lock	addl %eax, %ecx
# t.s:3: this prefix does not go with this instruction: lock	movl %eax, (%rdi)
# t.s:4: this prefix does not go with this instruction: data16	movl %eax, (%rdi)
# t.s:5: this prefix does not go with this instruction: addr32	movl %eax, (%rdi)
# t.s:6: this prefix does not go with this instruction: gs	movl %eax, (%rdi)
# t.s:7: this prefix does not go with this instruction: {evex}	vmovups (%rdi), %ymm0
# t.s:8: a prefix without an instruction: lock
# t.s:10: a prefix without an instruction: lock
# t.s:12: a prefix without an instruction: rep
