# Assembly that no rule can make safe: it would write the segment base that
# confines every access.
	.text
	.globl	main
	.type	main, @function
main:
	xorl	%eax, %eax
	wrgsbase %rax
	retq
	.size	main, .-main
