# run: rewrite
	.file	"a.c"
	.file	1 "/dir" "a.c"
	.loc	1 3 4 is_stmt 0 view .LVU5
	.globl	x
	.type	x,@object
	.data
x:	.quad	x+1
	.comm	y,4,4
	.weak	z
	.text
	.balign	8
	.align	16, 0x90
	nop
	.size	x, 8
	.section	.note.GNU-stack,"",@progbits
# expect
# 	.file	"a.c"
# 	.file	1 "/dir" "a.c"
# 	.loc	1 3 4 is_stmt 0
# 	.p2align	0
# 	.globl	x
# 	.type	x,@object
# 	.data
# x:
# 	.quad	x+1
# 	.comm	y,4,4
# 	.weak	z
# 	.text
# 	.p2align	3
# 	.p2align	4
# 	nop
# 	.size	x, 8
# 	.section	.note.GNU-stack,"",@progbits
