# run: rewrite
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
# t.s:2: unknown directive: .frobnicate
# t.s:4: data in an executable section: .ascii	"x"
# t.s:5: data in an executable section: .zero	3
# t.s:6: Intel syntax is not supported; write AT&T syntax: .intel_syntax noprefix
# t.s:7: only 64-bit code can be sandboxed: .code32
# t.s:8: this file has been rewritten already, or lays out bundles by itself: .bundle_align_mode 5
# t.s:9: rewriting changes distances, so that code cannot be placed by hand: .org	100
# t.s:10: syntax error: .p2align	40
# t.s:11: syntax error: .balign	3
# t.s:12: subsections are not supported: .subsection 1
# t.s:14: an instruction outside an executable section: nop
# t.s:15: syntax error: .text 1
# t.s:16: syntax error: .popsection
# t.s:17: a numeric label that is not defined: .long	1b
