-- SPDX-License-Identifier: MIT
-- What a program in C or Lua relies on: arguments, environment, libraries, standard streams.

local shared = ...
local job, transcript, GUEST, PLAIN = shared.job, shared.transcript, shared.GUEST, shared.PLAIN

return {
	job("hello: arguments, environment and handlers of both languages", {
		expect = { output = {
			"greeter: argv[0] = greeter", "greeter: argv[1] = one", "greeter: argv[2] = two words",
			"greeter: COLOUR is green", "greeter: COLOUR is now blue", "greeter: goodbye",
			"parrot: arg[1] = uno", "parrot: COLOUR is red",
		}, absent = { "argv[3]" } },
	}),
	job("hello: words of extra= add arguments and environment", {
		words = { "greeter.arg=-v", "greeter.arg=a b", "parrot.env.COLOUR=pink" },
		expect = { output = { "greeter: argv[3] = -v", "greeter: argv[4] = a b", "parrot: COLOUR is pink" } },
	}),
	job("hello: a word for an unknown component starts nothing", {
		words = { "stranger.arg=x" },
		expect = { status = 64, output = { "stranger", "greeter", "parrot" }, absent = { "argv[0]" } },
	}),
	job("hello: a status reaches the outside", {
		words = { "greeter.arg=--status=3" },
		expect = { status = 3, output = { "greeter: goodbye" } },
	}),
	job("hello: an uncaught Lua error has a traceback and status 1", {
		words = { "parrot.arg=error" },
		expect = { status = 1, output = { "parrot.lua:8: parrot is sick", "stack traceback" } },
	}),
	transcript("the C library says what it says in a process", "clib", {
		output = { "time: work is counted: yes", "getrandom: 64 and 64 bytes, different",
			"checksum 8a28e410", "too much: NULL, ENOMEM", "order 12\n", "called last\ndestructor: ", "lgamma: inf" },
		absent = { "time: [^\n]*no\n" },
	}, PLAIN), -- it asks for more memory than a sanitizer lets it
	job("clib: a failed assertion says where, and ends the component", {
		on = PLAIN,
		words = { "scribe.arg=assert" },
		expect = { status = 134, output = { "scribe.c:%d+: main: Assertion `argc == 1' failed.",
			"component scribe failed in thread 1 on core 0: aborted", "scribe_main%+0x" },
			absent = { "called last" } },
	}),
	transcript("Lua's library, cjson and lpeg say what they say in a process", "lualib", {
		output = { "# text, lpeg", "# compiled, lpeg", 'input: "first line" 42 " rest"', "module: 35149 true",
			"rounding: %-4 %-3 ", 'again: "%[10000000000,%-0.5,', "sums: 7 " },
	}),
	job("lualib: a traceback has the names of the script's own files", {
		words = { "text.arg=fail" },
		expect = { status = 1, output = { "text: report.lua:34: at the bottom\nstack traceback:\n",
			"\n\treport.lua:34: in function 'report.raise'\n\tlibrary.lua:25: in upvalue 'inner'\n" } },
	}),
	job("lualib: so has that of bytecode", {
		words = { "compiled.arg=fail" },
		input = shared.contents("tests/guest/typed"),
		expect = { status = 1, output = { "compiled: report.lua:34: at the bottom\nstack traceback:\n",
			"library.lua:25: in upvalue 'inner'\n\t" } },
	}),
	job("unread: standard output without a reader keeps nobody from ending", {
		on = shared.VARIANT == "elf" and { "host" } or GUEST, -- sanitizers do not know such an end
		timeout = 20,
		expect = { status = 141, output = { "component writer failed in thread 1 on core 0: got signal 13",
			"component writer ended with status 141\n", "other: channel closed" } },
	}),
	job("input: what is typed arrives", {
		input = "one\ntwo\nbye\n",
		expect = { output = { "heard one", "heard two", "heard bye" } },
	}),
	job("input: Ctrl-D ends it", {
		on = GUEST,
		input = "last\n\4",
		expect = { output = { "heard last", "end of input" } },
	}),
}
