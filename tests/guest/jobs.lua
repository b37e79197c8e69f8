-- SPDX-License-Identifier: MIT
-- One tiny guest a property, and the examples. `tests/guest/run` packs the images
-- first, and the inputs and expected results of wordcount.
--
-- VARIANT in the environment names a sanitizer build to run instead: "address"
-- or "thread".
--
-- The three jobs whose names begin with "selftest" are there to be found out:
-- they must be judged FAILED, or the rig would pass anything.

local GUEST = { "xl" }

local VARIANT = os.getenv("VARIANT") or "elf"

-- The sanitizers bring a malloc of their own, which knows no quota.
local PLAIN = VARIANT == "elf" and { "xl", "host" } or GUEST

local function image(name)
	return ("build/guest/%s/%s.%s"):format(name, name, VARIANT)
end

local function job(name, fields)
	fields.name = name
	fields.image = image(fields.image)
	return fields
end

-- A component that fails: it ends with that status and these texts in its report.
local function crash(how, status, ...)
	return job("crash: " .. how, {
		image = "crash",
		on = PLAIN,
		words = { "culprit.arg=" .. how },
		expect = { status = status, output = {
			"component culprit failed in thread 2 on core 1", "backtrace:",
			"component culprit ended with status " .. status, "bystander goes on", ...
		} },
	})
end

-- MiB: threads that a component makes need more than the manifest promises.
local THREADED = 48

-- The same, with a witness that sees the peer die.
local function fail(how, status, ...)
	return job("fail: " .. how, {
		image = "fail",
		memory = THREADED,
		on = PLAIN,
		words = { "culprit.arg=" .. how },
		expect = { status = status, output = {
			"component culprit ended with status " .. status, "witness: lua: finished",
			"witness: c: peer died", "witness goes on", ...
		} },
	})
end

-- The same job, whose output must not have that text.
local function without(text, of)
	of.expect.absent = { text }
	return of
end

-- One that tries to take along what all share.
local function greedy(how, status, ...)
	return job("greedy: " .. how, {
		image = "greedy",
		memory = THREADED,
		on = PLAIN,
		words = { "greedy.arg=" .. how },
		expect = { status = status, output = {
			"greedy: printed", "greedy: 0 failures", "component greedy ended with status " .. status,
			"witness: peer died", "witness has standard error", ...
		} },
	})
end

-- The sentences of tests/conformance between these two; its verdicts name those that fail.
-- What a component's first thread keeps of its tasks is a leak to the sanitizer. On
-- two cores every wait is an upcall, of which the emulated host loses one now and
-- then, so the sides take no turns there.
local function conform(follower, what)
	local leader = follower:match("^%a+")
	local words = { leader .. ".arg=" .. follower }
	if VARIANT == "address" then
		words[#words + 1] = leader .. ".env.NO_TASKS=1"
	end
	if follower:find("cores$") then
		words[#words + 1] = leader .. ".env.ONE_WAY=1"
	end
	return job("conformance: " .. what, {
		image = "conformance",
		memory = 80,
		timeout = 200,
		words = words,
		expect = { output = { "# conformance: " .. follower .. ": %d+ held, 0 failed" }, absent = { "not ok" } },
	})
end

local function contents(path)
	local file <close> = assert(io.open(path, "rb"))
	return file:read("a")
end

-- All that was printed but the kernel's own last line, which a process has not.
local function own_output(text)
	return (text:gsub("\r", ""):gsub("atoll: image %w+ ended with status %d+\n$", ""))
end

-- The whole result, against what tr, sort and uniq made of the same text.
local function wordcount(what, file)
	return job("wordcount: " .. what, {
		image = "wordcount",
		module = "build/guest/text/" .. file,
		timeout = 120,
		expect = { check = function(text)
			local expected = contents("build/guest/text/" .. file .. ".expected")
			return own_output(text) == expected, "its output is not what tr, sort and uniq say"
		end },
	})
end

-- Its output is that of the same file as a Linux process, which `tests/guest/run`
-- wrote beforehand; and it has these texts, so that both are not wrong together.
local function transcript(what, name, expect, on)
	function expect.check(text)
		local expected = contents("build/guest/transcript/" .. name)
		return own_output(text) == expected, "its output is not that of a Linux process"
	end
	return job(name .. ": " .. what, {
		image = name,
		module = "build/guest/text/gpl",
		input = contents("tests/guest/typed"),
		on = on,
		expect = expect,
	})
end

return {
	job("greeting: the example of the README", {
		image = "greeting",
		words = { "asker.arg=Ada" },
		expect = { output = { "hello, Ada, from Lua 5.4" } },
	}),
	job("orders: a contract between C and Lua", {
		image = "orders",
		expect = { output = { "soup for seat 7: 1100 cents, hot", "cake for seat 7: 420 cents",
			"moon: there is no moon" } },
	}),
	job("till: a service in C for the tasks of a Lua component", {
		image = "till",
		on = PLAIN, -- asked to stop, it may end with tasks under way, which to a sanitizer are leaks
		expect = { output = { "ten customers paid 55.00", "the bank closes with 55.00" } },
	}),
	job("tasks: a Lua component that waits at many places at once", {
		image = "tasks",
		expect = { output = { "fast 20, slow 3, ticks true, values true, views true", "failed: wanted",
			"keeper.lua:%d+: not joined", "component keeper ended with status 1" }, status = 1 },
	}),
	job("shop: calls between C and Lua, both ways, many at once", {
		image = "shop",
		on = PLAIN, -- a component that ends badly leaves what it has, which to a sanitizer are leaks
		expect = { status = 0, output = { "buyer: 20 of 20 orders",
			"buyer: ghost: call failed, the store: failed, we have no ghosts",
			"guest: 200 of 200 prices, 0 late", "guest:%s+nil%s+failed%s+error object is a table value",
			"component store ended with status 3",
			"buyer: fire: call failed, the store: closed, peer died",
			"buyer: soup: call failed, the store: closed, peer died",
			"shop: closed\r?\nshop: closed" } },
	}),
	wordcount("the GPL", "gpl"),
	wordcount("an empty file", "empty"),
	wordcount("a last line without its end", "open-end"),
	wordcount("bytes that are no text, and one long word", "odd"),
	wordcount("16 MB", "large"),
	job("wordcount: without a text", {
		image = "wordcount",
		expect = { status = 66, output = { "splitter: " } },
	}),
	job("hello: arguments, environment and handlers of both languages", {
		image = "hello",
		expect = { output = {
			"greeter: argv[0] = greeter", "greeter: argv[1] = one", "greeter: argv[2] = two words",
			"greeter: COLOUR is green", "greeter: COLOUR is now blue", "greeter: goodbye",
			"parrot: arg[1] = uno", "parrot: COLOUR is red",
		}, absent = { "argv[3]" } },
	}),
	job("hello: words of extra= add arguments and environment", {
		image = "hello",
		words = { "greeter.arg=-v", "greeter.arg=a b", "parrot.env.COLOUR=pink" },
		expect = { output = { "greeter: argv[3] = -v", "greeter: argv[4] = a b", "parrot: COLOUR is pink" } },
	}),
	job("hello: a word for an unknown component starts nothing", {
		image = "hello",
		words = { "stranger.arg=x" },
		expect = { status = 64, output = { "stranger", "greeter", "parrot" }, absent = { "argv[0]" } },
	}),
	job("hello: a status reaches the outside", {
		image = "hello",
		words = { "greeter.arg=--status=3" },
		expect = { status = 3, output = { "greeter: goodbye" } },
	}),
	job("hello: an uncaught Lua error has a traceback and status 1", {
		image = "hello",
		words = { "parrot.arg=error" },
		expect = { status = 1, output = { "parrot.lua:8: parrot is sick", "stack traceback" } },
	}),
	job("menu: a module, a library in C and a bundled file", {
		image = "menu",
		words = { "cook.arg=warm" },
		expect = { output = { "soup of the day +4.50\nfish pie +12.90\nall of it +17.40\n" }, absent = { "cheese" } },
	}),
	transcript("5,000 rows in a database in memory", "sqlite", {
		output = { "SQLite 3", "5000 | 152711152 |", "USING INDEX of_customer", "    ok\n", "in use: 0 bytes" },
	}),
	transcript("the C library says what it says in a process", "clib", {
		output = { "time: work is counted: yes", "getrandom: 64 and 64 bytes, different",
			"checksum 8a28e410", "too much: NULL, ENOMEM", "order 12\n", "called last\ndestructor: ", "lgamma: inf" },
		absent = { "time: [^\n]*no\n" },
	}, PLAIN), -- it asks for more memory than a sanitizer lets it
	job("clib: a failed assertion says where, and ends the component", {
		image = "clib",
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
		image = "lualib",
		words = { "text.arg=fail" },
		expect = { status = 1, output = { "text: report.lua:34: at the bottom\nstack traceback:\n",
			"\n\treport.lua:34: in function 'report.raise'\n\tlibrary.lua:25: in upvalue 'inner'\n" } },
	}),
	job("lualib: so has that of bytecode", {
		image = "lualib",
		words = { "compiled.arg=fail" },
		input = contents("tests/guest/typed"),
		expect = { status = 1, output = { "compiled: report.lua:34: at the bottom\nstack traceback:\n",
			"library.lua:25: in upvalue 'inner'\n\t" } },
	}),
	job("clock: forward, at the right pace, on both cores", {
		image = "clock",
		expect = { output = { "watch: clocks are right", "dial: clocks are right" } },
	}),
	job("cores: a vCPU each, halted when idle", {
		image = "cores",
		on = GUEST,
		expect = { output = { "processors 0 and 2", "vCPU 0 was halted for most of the wait: yes",
			"vCPU 1 was halted for most of the wait: yes",
			"a thread was on processors 0, 2 and 0" } },
	}),
	job("tables: 2 MiB pages and the map's rights", {
		image = "tables",
		on = GUEST,
		expect = { output = { "heap .*2048 KiB, rw%-", "ring .*2048 KiB, rw%-",
			"audit: %d+ pages, 0 wrong" } },
	}),
	conform("c_c_cores", "C and C on two cores"),
	conform("c_c_core", "C and C on one core"),
	conform("c_lua_cores", "C and Lua on two cores"),
	conform("c_lua_core", "C and Lua on one core"),
	conform("lua_lua_cores", "Lua and Lua on two cores"),
	conform("lua_lua_core", "Lua and Lua on one core"),
	job("sets: three peers and a timer at once", {
		image = "sets",
		expect = { status = 3, output = { "hub: red: 20 numbers, then: finished",
			"hub: green: 20 numbers, then: finished", "hub: blue: 0 numbers, then: peer died",
			"hub: the timer ran beside them" } },
	}),
	job("desk: many calls at once, a slow peer, a dead one", {
		image = "desk",
		on = PLAIN, -- it ends with tasks under way, which to a sanitizer are leaks
		expect = { status = 3, output = { "callers: 0 of 20 calls went wrong",
			"callers: a slow desk: nothing there before the deadline",
			"callers: a desk that dies: channel closed, channel closed, peer died" } },
	}),
	job("mailbox: short calls between cores, a server that sleeps, one that dies", {
		image = "mailbox",
		expect = { status = 3, output = { "caller: 0 of 400 calls went wrong, 0 of 5 after a nap; bells: yes",
			"caller: a server that dies: channel closed, peer died" } },
	}),
	job("quota: memory ends in one component alone", {
		image = "quota",
		on = PLAIN,
		expect = { output = { "hoarder: not enough memory", "hoarder: goes on with 1048576 bytes" } },
	}),
	job("quota: an uncaught memory error has the quota and a traceback", {
		image = "quota",
		on = PLAIN,
		words = { "hoarder.arg=again" },
		expect = { status = 1, output = { "hoarder: out of memory; the heap's quota is 12288 KiB\nstack traceback:\n",
			"\thoarder.lua:%d+: in function <hoarder.lua:6>\n" } },
	}),
	job("quota: a guest with too little memory says how much it needs", {
		image = "quota",
		on = GUEST,
		memory = 20,
		expect = { status = 71, output = { "image quota needs %d+ MiB of memory, Xen gave 20: raise memory=" },
			absent = { "hoarder" } },
	}),
	job("idle: what is free goes back while a component waits", {
		image = "idle",
		on = PLAIN,
		expect = { output = { "sleeper: 1%d MiB after free, 2 MiB after a wait", "lodger: 2 MiB" } },
	}),
	job("quiet: where all wait nothing runs", {
		image = "quiet",
		on = PLAIN, -- sanitizers have threads of their own
		expect = { output = { "meter: nothing ran for 2 seconds\n", "receiver: waited, channel closed",
			"sender: waited, channel closed", "set: waited, ok", "tasks: waited, channel closed",
			"lua: waited, " } },
	}),
	job("unread: standard output without a reader keeps nobody from ending", {
		image = "unread",
		on = VARIANT == "elf" and { "host" } or GUEST, -- sanitizers do not know such an end
		timeout = 20,
		expect = { status = 141, output = { "component writer failed in thread 1 on core 0: got signal 13",
			"component writer ended with status 141\n", "other: channel closed" } },
	}),
	job("giga: a whole GiB is one page, until a part of it goes", {
		image = "giga",
		on = GUEST,
		memory = 2112, -- so that the second GiB of it is whole
		timeout = 120,
		expect = { output = { "giant: 0 failures" } },
	}),
	job("memory: is mapped as Linux has it", {
		image = "memory",
		on = PLAIN,
		expect = { output = { "mapper: 0 failures" } },
	}),
	job("memory: rights of the image stay as they are", {
		image = "memory",
		on = GUEST,
		words = { "mapper.arg=guest" },
		expect = { output = { "text cannot be made writable: yes" } },
	}),
	job("memory: none left is told apart from none there", {
		image = "memory",
		on = GUEST,
		words = { "mapper.arg=all" },
		expect = { status = 135, output = { "write to 0x.*region COMMON, which no memory is left for" } },
	}),
	job("threads: a thousand, and nothing left behind", {
		image = "threads",
		on = GUEST,
		expect = { output = { "free memory before and after: the same" } },
	}),
	job("posix: threads of several components at once", {
		memory = 72,
		image = "posix",
		on = PLAIN,
		expect = { output = {
			"warp: 0 failures; a thread ended it", "weft: 0 failures; a thread ended it",
			"wool: 0 failures; a thread ended it",
		} },
	}),
	job("storm: two cores at once, and nothing lost", {
		image = "storm",
		memory = 24, -- its mmap draws on memory that no manifest names
		expect = { output = { "east: nothing was lost", "west: nothing was lost" } },
	}),
	job("vector: registers are kept", {
		image = "vector",
		expect = { output = { "registers were kept" } },
	}),
	job("signals: as on Linux", {
		image = "signals",
		on = PLAIN,
		expect = { output = { "signals: all is as on Linux" } },
	}),
	job("signals: a fault without a handler is the guest's end", {
		image = "signals",
		on = GUEST,
		words = { "signals.arg=11" },
		expect = { crash = true, output = { "crashed in signals on core 0: write to 0xb, NULL", "#0 .*end_unhandled" } },
	}),
	job("signals: so is one that ends a process", {
		image = "signals",
		on = GUEST,
		words = { "signals.arg=6" },
		expect = { crash = true, output = { "crashed in signals on core 0: aborted", "#2 .*end_unhandled" } },
	}),
	job("signals: but one that asks it to end has a status", {
		image = "signals",
		on = GUEST,
		words = { "signals.arg=1" },
		expect = { status = 129 },
	}),
	job("preempt: threads that never wait take turns", {
		image = "preempt",
		on = PLAIN,
		expect = { output = { "turns: all had theirs" } },
	}),
	job("share: a component that never waits, and one beside it", {
		image = "share",
		expect = {
			output = { "rounds: %d+ rounds, all the same" },
			check = function(text)
				local guest, rounds = text:find("guest: had its turns"), text:find("rounds: ")
				return guest and rounds and guest < rounds, "the guest had no turn before the rounds were over"
			end,
		},
	}),
	job("cputime: of threads, of the process, of Lua", {
		image = "cputime",
		expect = { output = { "meter: CPU time is right", "dial: time went by with work" } },
	}),
	job("calls: an unknown system call is reported once, by name", {
		image = "calls",
		on = GUEST,
		expect = {
			output = { "caller: there is no such call" },
			check = function(text)
				local _, count = text:gsub("system call swapon %(167%) is not implemented, asked for by caller", "")
				return count == 1, ("it was reported %d times"):format(count)
			end,
		},
	}),
	job("pointers: bad ones are EFAULT, whatever the call", {
		image = "pointers",
		on = PLAIN,
		expect = { output = { "pointer: %d+ calls, 0 failures" } },
	}),
	job("input: what is typed arrives", {
		image = "input",
		input = "one\ntwo\nbye\n",
		expect = { output = { "heard one", "heard two", "heard bye" } },
	}),
	job("input: Ctrl-D ends it", {
		image = "input",
		on = GUEST,
		input = "last\n\4",
		expect = { output = { "heard last", "end of input" } },
	}),
	crash("null", 139, "write to 0x10, NULL (page 0), which has nothing there", "write_null"),
	crash("text", 139, "image text, which does not allow it", "write_text"),
	crash("constant", 139, "image read%-only data, which does not allow it", "write_constant"),
	crash("data", 139, "jump to 0x", "image data, which does not allow it", "#0  %x+ %?", "run_data"),
	crash("stack", 139, "stack overflow of component culprit, thread 2"),
	crash("task", 139, "stack overflow of component culprit, task 2", "overflow_stack", "task_main"),
	crash("divide", 136, "divide error", "divide"),
	crash("abort", 134, "aborted", "give_up"),
	fail("thread", 139, "failed in thread 4", "faulter"),
	fail("exit", 7),
	fail("overflow", 139, "stack overflow of component culprit, thread 4", "overflower"),
	fail("spin", 5),
	fail("churn", 134, "aborted", "way_churn"),
	fail("allocator", 139, "cannot be started again: its heap's bookkeeping is damaged"),
	fail("locked", 139, "read of 0x10, NULL (page 0)", "way_locked"),
	fail("quota", 139, "write to 0x0, NULL (page 0)", "way_quota"),
	fail("handler", 139, "write to 0x10", "write_bad"),
	fail("stream", 139, "streams_close"),
	without("damaged", fail("key", 139, "write to 0x10", "key_end")),
	fail("cling", 137, "culprit does not close what it left open within 5 s"),
	fail("status", 3),
	greedy("raise", 138, "failed in thread 1 on core 0: got signal 10"),
	greedy("kill", 140, "failed in thread 1 on core 0: got signal 12"),
	greedy("handler", 139, "write to 0x10, NULL (page 0)", "masked_fault"),
	job("greedy: one that breaks the container's tables is the image's end, and that is said", {
		image = "greedy",
		memory = THREADED,
		on = GUEST,
		words = { "greedy.arg=channel" },
		expect = { crash = true, output = {
			"connection_leave", "the container itself failed, by signal 11",
		} },
	}),
	job("greedy: standard output for wide characters", {
		image = "greedy",
		on = PLAIN,
		words = { "greedy.arg=wide" },
		expect = { output = { "greedy: printed wide", "witness: finished", "witness has standard error" } },
	}),
	greedy("threads", 139, "read of 0x10, NULL (page 0)", "runtime_c_getenv"),
	job("fail: an error in Lua", {
		image = "fail",
		words = { "sick.arg=error" },
		expect = { status = 1, output = { "sick.lua:%d+: sick by name", "stack traceback",
			"witness: lua: peer died", "component sick ended with status 1", "witness goes on" } },
	}),
	job("fail: more memory than a Lua component has", {
		image = "fail",
		on = PLAIN,
		words = { "sick.arg=memory" },
		expect = { status = 1, output = { "sick: .*memory", "witness: lua: peer died", "witness goes on" } },
	}),
	job("fail: os.exit with a status", {
		image = "fail",
		words = { "sick.arg=exit" },
		expect = { status = 4, output = { "witness: lua: peer died", "witness goes on" } },
	}),
	job("stop: a component looks, one waits, and one is ended", {
		image = "stop",
		on = PLAIN, -- TSan takes a thread that leaves from a signal handler for a fault
		words = { "looker.arg=15" },
		timeout = 20,
		expect = { status = 137, output = {
			"looker: stops", "looker: goodbye", "waiter: asked to stop",
			"component deaf did not stop in time", "component deaf ended with status 137",
		}, absent = { "starts again" } },
	}),
	job("restart: a thousand times, in C and in Lua, and nothing left behind", {
		image = "restart",
		on = PLAIN,
		timeout = 300,
		expect = { output = {
			"mayfly ended with status 139; starts again in 0 ms (51 of 1000)",
			"cicada ended with status 1; starts again in 0 ms (51 of 1000)",
			"gauge: 1000 and 1000 restarts",
		}, absent = { "not as new" } },
	}),
	job("reconnect: a client outlives its server many times", {
		image = "reconnect",
		on = PLAIN,
		expect = { output = { "all 10 deaths were told", "Lua: all 5 deaths were told" } },
	}),
	job("service: clients in C and Lua, a server that dies, a component with itself", {
		image = "service",
		on = PLAIN, -- the desk dies with tasks under way
		expect = { output = { "caller: all 60 connections were answered or told of a death: yes, %d+ deaths",
			"script: 40 connections were answered or told of a death",
			"loop: 12 tasks were served by their own component" } },
	}),
	job("shutdown: a component that is asked to stop may do so", {
		image = "shutdown",
		after = "waits to be asked",
		shutdown = "poweroff",
		expect = { status = 7, output = { "asked to end" } },
	}),
	job("stats: the counters of a running image are read from the outside", {
		image = "shutdown",
		on = PLAIN,
		after = "waits to be asked",
		stats = true,
		shutdown = "poweroff",
		expect = { status = 7, output = {
			"component +state +restarts +ends +status +heap +peak +quota +CPU",
			"waiter +running +0 +0 +%- +2 MiB +2 MiB +4 MiB ",
		} },
	}),
	job("shutdown: xl reboot asks for a new start", {
		image = "shutdown",
		on = GUEST,
		after = "waits to be asked",
		shutdown = "reboot",
		expect = { reboot = true, status = 7, output = { "asked to end" } },
	}),
	job("asked: Lua is told in a loop and in a wait, and ended where it does not listen", {
		image = "asked",
		on = PLAIN, -- sanitizers put signals off, and miss what a component leaves that is ended
		after = "spinner: spins",
		shutdown = "poweroff",
		expect = { status = 3, output = {
			"spinner: asked, spinner.lua:%d+: in function",
			"listener: on_stop was called 1 times, stopping: true\n", "listener: recv says\tnil\tstopping\n",
			"listener: recv with a deadline says\tnil\ttimeout\n",
			"component deaf ended with status 137",
		} },
	}),
	job("selftest: a guest that fails is found out", {
		image = "hello",
		words = { "greeter.arg=--status=1" },
	}),
	job("selftest: a guest that crashes is found out", {
		image = "crash",
		on = GUEST,
		words = { "culprit.arg=null" },
	}),
	job("selftest: a guest that hangs is found out", {
		image = "hang",
		timeout = 6,
	}),
	job("hang: is ended after its time", {
		image = "hang",
		timeout = 6,
		expect = { timeout = true, output = { "sleeper waits", "spinner spins" } },
	}),
}
