# run: rewrite
	movl	$5, 0x1234
	movl	table(,%rax,4), %ecx
	movl	(%eax,%ecx), %edx
	movl	%eax, (%esp)
	movabsq	$0x123456789abcdef, %rax
# expect
# 	movl	$5, %gs:0x1234(,%eiz)
# 	movl	%gs:table(,%eax,4), %ecx
# 	movl	%gs:(%eax,%ecx,1), %edx
# 	movl	%eax, %gs:(%esp)
# 	movabsq	$0x123456789abcdef, %rax
