# run:
# Ends of call sites stay, and so do landing pads; without them all nops of
# the first bundle would go.
	.globl _start
	.type _start,@function
	.p2align 5
_start:
	.cfi_startproc
	.cfi_personality 0x9b, personality
	.cfi_lsda 0x1b, .Ltable
	movl $1, %eax
	nop
	.p2align 0
.Lfrom:
	nop
	movl $2, %eax
	.bundle_lock align_to_end
	call _start
	.bundle_unlock
	.p2align 0
.Lto:
	nop
	movl $3, %eax
	.p2align 0
.Lpad:
	nop
	movl $4, %eax
	ud2
	.cfi_endproc
	.size _start, .-_start
	.section .gcc_except_table,"a",@progbits
.Ltable:
	.byte 0xff
	.byte 0xff
	.byte 1
	.uleb128 .Lend-.Lsites
.Lsites:
	.uleb128 .Lfrom-_start
	.uleb128 .Lto-.Lfrom
	.uleb128 .Lpad-_start
	.uleb128 0
.Lend:
	.data
personality:
	.quad 0
# expect
# nops 6 -> 2, prefixes 3, calls 0
# verified
# 0000000000001000 <_start>:
#     1000: 2e b8 01 00 00 00            	movl	$0x1, %eax
#     1006: b8 02 00 00 00               	movl	$0x2, %eax
#     100b: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     1015: 66 0f 1f 44 00 00            	nopw	(%rax,%rax)
#     101b: e8 e0 ff ff ff               	callq	0x1000 <_start>
#     1020: 2e b8 03 00 00 00            	movl	$0x3, %eax
#     1026: 2e b8 04 00 00 00            	movl	$0x4, %eax
#     102c: 0f 0b                        	ud2
