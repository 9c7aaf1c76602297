# run: rewrite
	.section	.note.GNU-stack,"x",@progbits
# expect
# t.s:2: a sandbox's stack is never executable (addresses of nested functions need that): .section	.note.GNU-stack,"x",@progbits
