# run: rewrite
	movl	8(%rsp), %eax
	movl	%eax, -128(%rsp)
	movl	(%rsp), %eax
	movl	(8+4*2)(%rsp), %eax
	movl	0x7dff(%rsp), %eax
	movl	0x7e00(%rsp), %eax
	movl	-32767(%rsp), %eax
	movl	-32768(%rsp), %eax
	movl	8(%rsp,%rax), %eax
	movl	sym(%rsp), %eax
	movl	-8(%rsp,%riz,2), %eax
# expect
# 	movl	8(%rsp), %eax
# 	movl	%eax, -128(%rsp)
# 	movl	(%rsp), %eax
# 	movl	(8+4*2)(%rsp), %eax
# 	movl	0x7dff(%rsp), %eax
# 	movl	%gs:0x7e00(%esp), %eax
# 	movl	-32767(%rsp), %eax
# 	movl	%gs:-32768(%esp), %eax
# 	movl	%gs:8(%esp,%eax,1), %eax
# 	movl	%gs:sym(%esp), %eax
# 	movl	%gs:-8(%esp,%eiz,2), %eax
