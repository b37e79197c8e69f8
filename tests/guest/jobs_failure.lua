-- SPDX-License-Identifier: MIT
-- Components that fail, in every way, and what the others see of it.

local shared = ...
local job, GUEST, PLAIN = shared.job, shared.GUEST, shared.PLAIN

-- MiB: threads that a component makes need more than the manifest promises.
local THREADED = 48

-- A component that fails: it ends with that status and these texts in its report.
local function crash(how, status, ...)
	return job("crash: " .. how, {
		on = PLAIN,
		words = { "culprit.arg=" .. how },
		expect = { status = status, output = {
			"component culprit failed in thread 2 on core 1", "backtrace:",
			"component culprit ended with status " .. status, "bystander goes on", ...
		} },
	})
end

-- The same, with a witness that sees the peer die.
local function fail(how, status, ...)
	return job("fail: " .. how, {
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
		memory = THREADED,
		on = PLAIN,
		words = { "greedy.arg=" .. how },
		expect = { status = status, output = {
			"greedy: printed", "greedy: 0 failures", "component greedy ended with status " .. status,
			"witness: peer died", "witness has standard error", ...
		} },
	})
end

return {
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
		memory = THREADED,
		on = GUEST,
		words = { "greedy.arg=channel" },
		expect = { crash = true, output = {
			"connection_leave", "the container itself failed, by signal 11",
		} },
	}),
	job("greedy: standard output for wide characters", {
		on = PLAIN,
		words = { "greedy.arg=wide" },
		expect = { output = { "greedy: printed wide", "witness: finished", "witness has standard error" } },
	}),
	greedy("threads", 139, "read of 0x10, NULL (page 0)", "runtime_c_getenv"),
	job("fail: an error in Lua", {
		words = { "sick.arg=error" },
		expect = { status = 1, output = { "sick.lua:%d+: sick by name", "stack traceback",
			"witness: lua: peer died", "component sick ended with status 1", "witness goes on" } },
	}),
	job("fail: more memory than a Lua component has", {
		on = PLAIN,
		words = { "sick.arg=memory" },
		expect = { status = 1, output = { "sick: .*memory", "witness: lua: peer died", "witness goes on" } },
	}),
	job("fail: os.exit with a status", {
		words = { "sick.arg=exit" },
		expect = { status = 4, output = { "witness: lua: peer died", "witness goes on" } },
	}),
}
