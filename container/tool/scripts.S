/* SPDX-License-Identifier: MIT */
/*
 * The tool's Lua scripts, and the table by which it finds them: name, first
 * byte, first byte behind, and a NULL name at the end.
 */
	.macro script name
	.section .rodata.scripts, "a"
1:	.asciz "\name"
2:	.incbin "container/tool/\name\().lua"
3:
	.section .data.rel.ro.script_table, "aw"
	.quad 1b, 2b, 3b
	.endm

	.section .data.rel.ro.script_table, "aw"
	.balign 8
	.globl script_table
script_table:
	.include "scripts.inc"
	.quad 0, 0, 0

	.section .note.GNU-stack, "", @progbits
