# run: rewrite
	.macro	outer
	.macro	inner
	.endm
	nop
	inner
	xlat
	.endm
	nop
	outer
	syscall ; outer
# expect
# t.s:10: xlat has an address that cannot be guarded: xlat
# t.s:11: xlat has an address that cannot be guarded: xlat
