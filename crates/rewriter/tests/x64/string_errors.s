# run: rewrite
	movsb	(%esi), %es:(%edi)
	movsb	%fs:(%rsi), %es:(%rdi)
	stosl	%ecx, (%rdi)
	repne	movsb
	rep	addl %eax, %ecx
	lock	movsb
	insb
# expect
# t.s:2: unknown operand: movsb	(%esi), %es:(%edi)
# t.s:3: unknown operand: movsb	%fs:(%rsi), %es:(%rdi)
# t.s:4: unknown operand: stosl	%ecx, (%rdi)
# t.s:5: this prefix does not go with this instruction: repne	movsb
# t.s:6: this prefix does not go with this instruction: rep	addl %eax, %ecx
# t.s:7: this prefix does not go with this instruction: lock	movsb
# t.s:8: this instruction is for the operating system: insb
