# run: rewrite
	lock ; cmpxchg %ecx, (%rdi)
	#APP
	lock
	orl	$0, (%rsp)
	#NO_APP
	lock	xchgl (%rdi), %eax
	rep nop
	rep; nop
	rep bsfq	%rax, %rcx
	repz bsrl	(%rdi), %ecx
# expect
# 	lock cmpxchg	%ecx, %gs:(%edi)
# 	lock orl	$0, (%rsp)
# 	lock xchgl	%gs:(%edi), %eax
# 	pause
# 	pause
# 	tzcntq	%rax, %rcx
# 	lzcntl	%gs:(%edi), %ecx
