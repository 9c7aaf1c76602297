# run: rewrite
	.type	f,@function
f:
.Lfunc_begin0:
	.cfi_startproc
	.cfi_lsda 27, .Lexception0
	pushq	%rax
.Ltmp0:
	callq	g
.Ltmp1:
	popq	%rax
	retq
.Ltmp2:
	callq	h
	ud2
.Lfunc_end0:
	.size	f, .Lfunc_end0-f
	.cfi_endproc
	.section	.gcc_except_table,"a",@progbits
	.p2align	2, 0x0
GCC_except_table0:
.Lexception0:
	.byte	255
	.byte	255
	.byte	1
	.uleb128 .Lcst_end0-.Lcst_begin0
.Lcst_begin0:
	.uleb128 .Ltmp0-.Lfunc_begin0
	.uleb128 .Ltmp1-.Ltmp0
	.uleb128 .Ltmp2-.Lfunc_begin0
	.byte	0
	.uleb128 .Ltmp1-.Lfunc_begin0
	.uleb128 .Lfunc_end0-.Ltmp1
	.byte	0
	.byte	0
.Lcst_end0:
# expect
# 	.type	f,@function
# 	.p2align	5
# f:
# 	.p2align	0
# .Lfunc_begin0:
# 	.p2align	0
# 	.cfi_startproc
# 	.p2align	0
# 	.cfi_lsda 27, .Lexception0
# 	.p2align	0
# 	pushq	%rax
# .Ltmp0:
# 	.p2align	0
# 	leaq	.Llfi_0(%rip), %r11
# 	pushq	%r11
# 	jmp	g
# 	.p2align	5
# .Llfi_0:
# .Ltmp1:
# 	.p2align	0
# 	popq	%rax
# 	popq	%r11
# 	.cfi_adjust_cfa_offset -8
# 	.p2align	0
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.cfi_adjust_cfa_offset 8
# 	.p2align	0
# 	.p2align	5
# .Ltmp2:
# 	.p2align	0
# 	leaq	.Llfi_1(%rip), %r11
# 	pushq	%r11
# 	jmp	h
# 	.p2align	5
# .Llfi_1:
# 	ud2
# .Lfunc_end0:
# 	.p2align	0
# 	.size	f, .Lfunc_end0-f
# 	.cfi_endproc
# 	.section	.gcc_except_table,"a",@progbits
# 	.p2align	2, 0x0
# GCC_except_table0:
# .Lexception0:
# 	.byte	255
# 	.byte	255
# 	.byte	1
# 	.uleb128 .Lcst_end0-.Lcst_begin0
# .Lcst_begin0:
# 	.uleb128 .Ltmp0-.Lfunc_begin0
# 	.uleb128 .Ltmp1-.Ltmp0
# 	.uleb128 .Ltmp2-.Lfunc_begin0
# 	.byte	0
# 	.uleb128 .Ltmp1-.Lfunc_begin0
# 	.uleb128 .Lfunc_end0-.Ltmp1
# 	.byte	0
# 	.byte	0
# .Lcst_end0:
