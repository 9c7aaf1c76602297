# run: rewrite
	.byte	0x0f
1:	.byte	0x01,0xd0
	.byte	0xe8,0,0,0,0
	nop
	.byte	0x48,0x8b,0x05,0,0,0,0
	nop
	.byte	1b-f
	nop
	.byte	0x64,0x8e,0xd8
	nop
	.byte	0x0f,0x05,0x0f,0x34
# expect
# t.s:2: data in an executable section: .byte	0x0f
# t.s:3: data in an executable section: .byte	0x01,0xd0
# t.s:6: data in an executable section: .byte	0x48,0x8b,0x05,0,0,0,0
# t.s:8: data in an executable section: .byte	1b-f
# t.s:10: this register is not available in a sandbox: mov %eax,%ds
# t.s:12: this instruction is for the operating system: sysenter
