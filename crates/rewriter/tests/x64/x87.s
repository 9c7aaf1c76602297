# run: rewrite
1:	fstcw	8(%rsp)
	fstsw	%ax
	fnstcw	(%rdi)
	finit
	fildll	(%rdi)
	fadd	%st(1), %st
	fucomip	%st(1), %st
	fcmovbe	%st(1), %st
# expect
# 1:
# 	fwait
# 	fnstcw	8(%rsp)
# 	fwait
# 	fnstsw	%ax
# 	fnstcw	%gs:(%edi)
# 	fwait
# 	fninit
# 	fildll	%gs:(%edi)
# 	fadd	%st(1), %st
# 	fucomip	%st(1), %st
# 	fcmovbe	%st(1), %st
