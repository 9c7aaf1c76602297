# run: rewrite
/* one
   two */ movl %eax, %ecx /* three */ # four
	movl /* five */ (%rdi), /* six */ %eax ; nop // seven
	movb $'#', %al; movb $';', %al
	.ident	"a;b#c/*d*/"
a: b: 1: nop; c : nop
x = 5
# expect
# 	movl	%eax, %ecx
# 	movl	%gs:(%edi), %eax
# 	nop
# 	movb	$'#', %al
# 	movb	$';', %al
# 	.ident	"a;b#c/*d*/"
# a:
# b:
# 1:
# 	nop
# c:
# 	nop
# 	x = 5
