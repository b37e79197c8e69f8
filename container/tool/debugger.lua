-- SPDX-License-Identifier: MIT
-- `atoll debug`: runs one image under gdb, from its first instruction.

local fail = require("fail").fail
local files = require("files")
local gdb = require("gdb")
local guests = require("guest")
local options = require("options")
local run = require("run")

local USAGE = [[
usage: atoll debug [OPTION]... IMAGE [-- WORD...]

Starts a packed image with gdb attached, its symbols loaded, and stopped at its
first instruction. What the image prints appears between gdb's own lines.

  --on qemu|xen   where: a PC without Xen (qemu, the default; it is quick), or Xen:
                  this machine's, or else an emulated Xen host
  --module FILE   hand FILE over to the image
  --memory MIB    the guest's memory
  --input FILE    type this; without it, nothing is typed
  --timeout SECONDS  end it after so long
  -x FILE         gdb runs the commands of FILE
  --ex COMMAND    gdb runs COMMAND, after those of FILE; may be repeated
  --batch         gdb ends after these commands

In gdb, `help atoll` lists what it knows about components and threads.

Exit status: the image's own where it ended under gdb; else gdb's.
]]

local SPEC = {
	["--on"] = { "on", "qemu or xen" },
	["--module"] = { "module", "a file" },
	["--memory"] = { "memory", "a number of MiB" },
	["--input"] = { "input", "a file" },
	["--timeout"] = { "timeout", "a number of seconds" },
	["-x"] = { "script", "a file of gdb commands" },
	["--ex"] = { "commands", "a gdb command", true },
	["--batch"] = { "batch" },
}

-- The bytes of a file, typed as soon as the guest takes them, and then Ctrl-D.
local function typed_file(path)
	local bytes, err = guests.contents(path)
	if not bytes then
		fail("--input: %s", err)
	end
	bytes = bytes:match("\n$") and bytes .. "\4" or bytes .. "\4\4"
	return { read = function()
		local all = bytes
		bytes = nil
		return all
	end }
end

local openers = { qemu = require("debug_qemu").open, xen = require("debug_xen").open }

local function describe(opts)
	if #opts ~= 1 then
		fail("debug: got %d images; expected one", #opts)
	elseif not openers[opts.on or "qemu"] then
		fail('debug: --on: got "%s"; expected qemu or xen', opts.on)
	end
	run.check_words(opts.rest)
	return guests.describe(opts[1], {
		module = opts.module, words = opts.rest,
		memory = run.positive(opts, "memory", true), timeout = run.positive(opts, "timeout"),
	})
end

-- Calls fn(folder) with a folder that is gone when it returns.
local function in_folder(fn)
	local folder = assert(files.temporary())
	local gone <close> = setmetatable({}, { __close = function()
		files.remove(folder)
	end })
	return fn(folder)
end

-- The terminal, and the end of what was printed on it.
local function watched_output()
	local output, seen = run.terminal_output(), { tail = "" }
	local write = output.write
	function output.write(bytes)
		seen.tail = (seen.tail .. bytes):sub(-guests.TAIL_MAX)
		write(bytes)
	end
	return output, seen
end

-- The image's own status, where it has ended; else what became of the run.
local function exit_status(seen, result, gdb_status)
	local status = guests.console_status(seen.tail)
	if status then
		return status
	elseif guests.console_crashed(seen.tail) then
		return guests.exit_status({ ending = "crash" })
	end
	return result.ending == "interrupted" and gdb_status or guests.exit_status(result)
end

local function debug(opts, guest, folder)
	local output, seen = watched_output()
	local input = opts.input and typed_file(opts.input)
	local machine <close> = openers[opts.on or "qemu"](guest, folder)
	local session <close> = gdb.new(machine.symbols, machine.socket, opts)
	io.stderr:write(("atoll: debugging %s %s\n"):format(guest.name, machine.place))
	local result = machine:run(guest, output, input, session)
	if result.ending == "timeout" or result.ending == "failed" then
		io.stderr:write(("atoll: %s %s\n"):format(guest.name, guests.summary(result)))
		return guests.exit_status(result)
	end
	return exit_status(seen, result, session:finish())
end

local function main(args)
	local opts = options.parse("debug", SPEC, args)
	local guest = describe(opts)
	gdb.check()
	return in_folder(function(folder)
		return debug(opts, guest, folder)
	end)
end

return { summary = "run a packed image under gdb", usage = USAGE, main = main }
