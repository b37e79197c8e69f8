/* SPDX-License-Identifier: MIT */
/*
 * How an image is linked, as a Xen guest and as a Linux process alike.
 *
 * Physical address = virtual address. Each kind of rights has pages of its own.
 * The image is not relocated, so what only a relocation would write is read-only
 * from the start, but for what the C library sets itself before main.
 * Text comes before everything whose size depends on the symbol table, so that
 * linking once more with the table in place moves no function.
 */
#include "layout/layout.h"

OUTPUT_FORMAT(elf64-x86-64)
ENTRY(image_start)

PHDRS
{
	headers PT_LOAD FILEHDR PHDRS FLAGS(4);
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
	note PT_NOTE FLAGS(4);
	tls PT_TLS FLAGS(4);
	unwind PT_GNU_EH_FRAME FLAGS(4);
	stack PT_GNU_STACK FLAGS(6);
}

SECTIONS
{
	. = LAYOUT_IMAGE_BASE + SIZEOF_HEADERS;
	.note : { KEEP(*(.note.Xen)) } :headers :note

	. = ALIGN(LAYOUT_PAGE_SIZE);
	image_text_start = .;
	.init : { KEEP(*(.init)) } :text
	.plt : { *(.plt) *(.iplt) }
	/* What a thread that is made to leave may not be in the middle of has bounds. */
	.text.libraries : {
		image_malloc_start = .;
		*libjemalloc.a:*(.text .text.*)
		image_malloc_end = .;
		image_libc_start = .;
		*libc.a:*(.text .text.*)
		image_libc_end = .;
	}
	.text : { *(.text.unlikely .text.unlikely.*) *(.text.startup .text.startup.*) *(.text.hot .text.hot.*) *(.text .text.*) }
	__libc_freeres_fn : { *(__libc_freeres_fn) }
	.fini : { KEEP(*(.fini)) }
	PROVIDE(etext = .);

	. = ALIGN(LAYOUT_PAGE_SIZE);
	image_text_end = .;
	.rodata : { *(.rodata .rodata.*) *(.rodata.cst*) } :rodata
	.rela.plt : {
		PROVIDE_HIDDEN(__rela_iplt_start = .);
		*(.rela.plt) *(.rela.iplt)
		PROVIDE_HIDDEN(__rela_iplt_end = .);
	}
	.stapsdt.base : { *(.stapsdt.base) }
	.eh_frame_hdr : { *(.eh_frame_hdr) } :rodata :unwind
	/* The zero is its end to whoever goes through it: that of crtend.o, which comes
	   before the C library here, the linker drops. */
	.eh_frame : {
		KEEP(*(.eh_frame)) *(.eh_frame.*)
		LONG(0)
	} :rodata
	.gcc_except_table : { *(.gcc_except_table .gcc_except_table.*) }
	/* The packer puts the components' constructors, data and bss where INCLUDE names them. */
	.component.arrays : {
		INCLUDE component.arrays
	}
	.tdata : { *(.tdata .tdata.*) } :rodata :tls
	.tbss : { *(.tbss .tbss.*) } :rodata :tls
	.preinit_array : {
		PROVIDE_HIDDEN(__preinit_array_start = .);
		KEEP(*(.preinit_array))
		PROVIDE_HIDDEN(__preinit_array_end = .);
	} :rodata
	.init_array : {
		PROVIDE_HIDDEN(__init_array_start = .);
		KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*)))
		KEEP(*(.init_array))
		PROVIDE_HIDDEN(__init_array_end = .);
	}
	.fini_array : {
		PROVIDE_HIDDEN(__fini_array_start = .);
		KEEP(*(SORT_BY_INIT_PRIORITY(.fini_array.*)))
		KEEP(*(.fini_array))
		PROVIDE_HIDDEN(__fini_array_end = .);
	}
	/* The C library walks these by the bounds that the linker makes from their names. */
	__libc_subfreeres : { KEEP(*(__libc_subfreeres)) }
	__libc_atexit : { KEEP(*(__libc_atexit)) }
	__libc_IO_vtables : { KEEP(*(__libc_IO_vtables)) }
	.atoll.symbols : { image_symbols = .; KEEP(*(.atoll.symbols)) image_symbols_end = .; }

	. = ALIGN(LAYOUT_PAGE_SIZE);
	image_rodata_end = .;
	.boot.tables : { KEEP(*(.boot.tables)) } :data
	image_tables_end = .;
	/* Written by the C library's start alone; region_reserve takes the right away. */
	image_settled_start = .;
	.data.rel.ro : { *(.data.rel.ro .data.rel.ro.*) }
	.got : { *(.got) *(.igot) }
	.got.plt : { *(.got.plt) *(.igot.plt) }
	. = ALIGN(LAYOUT_PAGE_SIZE);
	image_settled_end = .;
	.atoll.stats : { KEEP(*(.atoll.stats)) }
	.boot.data : { KEEP(*(.boot.data)) }
	.data : { *(.data .data.*) }
	.component.data : {
		INCLUDE component.data
	}
	PROVIDE(edata = .);
	__bss_start = .;
	.component.bss : {
		INCLUDE component.bss
	}
	/* What is much larger than what is used of it, the allocator's, goes to .sparse. */
	.bss : {
		*(.boot.bss)
		*(EXCLUDE_FILE(*libjemalloc.a:*) .bss EXCLUDE_FILE(*libjemalloc.a:*) .bss.*)
		*(__libc_freeres_ptrs)
		*(EXCLUDE_FILE(*libjemalloc.a:*) COMMON)
	}
	. = ALIGN(LAYOUT_PAGE_SIZE);
	image_end = .;
	PROVIDE(_end = .);
	PROVIDE(end = .);

	. = LAYOUT_SPARSE_BASE;
	.sparse (NOLOAD) : { *libjemalloc.a:*(.bss .bss.* COMMON) } :NONE
	. = ALIGN(LAYOUT_PAGE_SIZE);
	image_sparse_end = .;

	.debug_aranges 0 : { *(.debug_aranges) }
	.debug_info 0 : { *(.debug_info) }
	.debug_abbrev 0 : { *(.debug_abbrev) }
	.debug_line 0 : { *(.debug_line) }
	.debug_str 0 : { *(.debug_str) }
	.debug_line_str 0 : { *(.debug_line_str) }
	.debug_loclists 0 : { *(.debug_loclists) }
	.debug_rnglists 0 : { *(.debug_rnglists) }
	.debug_frame 0 : { *(.debug_frame) }

	/DISCARD/ : { *(.note.GNU-stack) *(.note.gnu.*) *(.note.ABI-tag) *(.note.stapsdt) *(.comment) *(.gnu.warning.*) }
}

ASSERT(image_end <= LAYOUT_IMAGE_END, "the image fits its region")
ASSERT(image_sparse_end <= LAYOUT_SPARSE_END, "data backed when touched fits its region")
ASSERT(SIZEOF(.sparse) > 0, "the allocator's data is where image_start maps it")
ASSERT(image_text_start % LAYOUT_PAGE_SIZE == 0, "text begins on a page")
ASSERT(SIZEOF(.boot.tables) == 3 * LAYOUT_PAGE_SIZE, "the boot tables are three pages")
