# run: rewrite
# 12 "dir/foo.S"
	nop
	frobnicate
# 1 "header.h" 1
	frobnicate
# 14 "dir/foo.S" 2
	frobnicate
# 0 "" 2
	frobnicate
# expect
# dir/foo.S:13: unknown instruction: frobnicate
# header.h:1: unknown instruction: frobnicate
# dir/foo.S:14: unknown instruction: frobnicate
# t.s:10: unknown instruction: frobnicate
