# run: rewrite
	vmovups	(%rdi), %zmm0
	vmovdqu64	%zmm17, 64(%rdi,%rax,8){%k1}
	vmovdqu8	(%rsi), %zmm31 {%k2} {z}
	vaddps	(%rax){1to16}, %zmm1, %zmm2{%k3}
	vaddps	{rz-sae}, %zmm1, %zmm2, %zmm3
	vcmpltps	table(%rip){1to16}, %zmm0, %k1
	vpcmpnleud	%zmm1, %zmm2, %k2{%k1}
	vpgatherdd	(%rax,%zmm1,4), %zmm2{%k1}
	vpscatterqq	%zmm2, (%rax,%zmm2,8){%k1}
	kmovq	(%rdi), %k1
	kmovw	%k1, %r11d
	kortestw	%k1, %k2
	vcvtusi2ssl	%eax, {rn-sae}, %xmm20, %xmm21
	vpternlogd	$255, %zmm0, %zmm0, %zmm0
	vaddpd	%fs:v@TPOFF{1to8}, %zmm1, %zmm2
# A masked access proves nothing about the stack pointer.
	subq	$64, %rsp
	vmovups	%zmm0, (%rsp){%k1}
	jmp	f
	subq	$64, %rsp
	vmovups	%zmm0, (%rsp)
	jmp	f
	subq	$64, %rsp
	vaddps	(%rsp){1to16}, %zmm1, %zmm2
	jmp	f
# expect
# 	vmovups	%gs:(%edi), %zmm0
# 	vmovdqu64	%zmm17, %gs:64(%edi,%eax,8){%k1}
# 	vmovdqu8	%gs:(%esi), %zmm31 {%k2} {z}
# 	vaddps	%gs:(%eax){1to16}, %zmm1, %zmm2{%k3}
# 	vaddps	{rz-sae}, %zmm1, %zmm2, %zmm3
# 	vcmpltps	table(%rip){1to16}, %zmm0, %k1
# 	vpcmpnleud	%zmm1, %zmm2, %k2{%k1}
# 	vpgatherdd	%gs:(%eax,%zmm1,4), %zmm2{%k1}
# 	vpscatterqq	%zmm2, %gs:(%eax,%zmm2,8){%k1}
# 	kmovq	%gs:(%edi), %k1
# 	kmovw	%k1, %r11d
# 	kortestw	%k1, %k2
# 	vcvtusi2ssl	%eax, {rn-sae}, %xmm20, %xmm21
# 	vpternlogd	$255, %zmm0, %zmm0, %zmm0
# 	movq	%rax, -136(%rsp)
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	movq	%rax, %r11
# 	movq	-136(%rsp), %rax
# 	vaddpd	%gs:v@TPOFF(%r11d){1to8}, %zmm1, %zmm2
# 	subq	$64, %rsp
# 	movq	(%rsp), %r11
# 	vmovups	%zmm0, (%rsp){%k1}
# 	jmp	f
# 	subq	$64, %rsp
# 	vmovups	%zmm0, (%rsp)
# 	jmp	f
# 	subq	$64, %rsp
# 	vaddps	(%rsp){1to16}, %zmm1, %zmm2
# 	jmp	f
