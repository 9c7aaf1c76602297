# run: rewrite
	leal	(%eax,%ecx), %eax
	leaq	-8(%r8d,%r9d,4), %r10
	leaw	x(%edi), %cx
	leaq	(%eax,%eiz), %rdx
# expect
# 	leal	(%rax,%rcx,1), %eax
# 	leal	-8(%r8,%r9,4), %r10d
# 	leaw	x(%rdi), %cx
# 	leal	(%rax,%riz,1), %edx
