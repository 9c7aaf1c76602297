# run: rewrite
	.macro	m
	.endm
	.rept	4
	.endr
	.if	1
	.endif
	.frobnicate
	.byte	0x90
	.ascii	"x"
	.zero	3
	.intel_syntax noprefix
	.code32
	.bundle_align_mode 5
	.org	100
	.p2align	40
	.balign	3
	.subsection 1
	.data
	nop
	.text 1
	.popsection
	.long	1b
# expect
# t.s:2: macros and conditional assembly are not supported; preprocess the file first: .macro	m
# t.s:3: macros and conditional assembly are not supported; preprocess the file first: .endm
# t.s:4: macros and conditional assembly are not supported; preprocess the file first: .rept	4
# t.s:5: macros and conditional assembly are not supported; preprocess the file first: .endr
# t.s:6: macros and conditional assembly are not supported; preprocess the file first: .if	1
# t.s:7: macros and conditional assembly are not supported; preprocess the file first: .endif
# t.s:8: unknown directive: .frobnicate
# t.s:10: data in an executable section: .ascii	"x"
# t.s:11: data in an executable section: .zero	3
# t.s:12: Intel syntax is not supported; write AT&T syntax: .intel_syntax noprefix
# t.s:13: only 64-bit code can be sandboxed: .code32
# t.s:14: this file has been rewritten already, or lays out bundles by itself: .bundle_align_mode 5
# t.s:15: rewriting changes distances, so that code cannot be placed by hand: .org	100
# t.s:16: syntax error: .p2align	40
# t.s:17: syntax error: .balign	3
# t.s:18: subsections are not supported: .subsection 1
# t.s:20: an instruction outside an executable section: nop
# t.s:21: syntax error: .text 1
# t.s:22: syntax error: .popsection
# t.s:23: a numeric label that is not defined: .long	1b
