-- SPDX-License-Identifier: MIT
-- `atoll run`: runs one image, with its console on this terminal.

local fail = require("fail").fail
local guests = require("guest")
local options = require("options")
local stream = require("stream")
local sys = require("sys")
local targets = require("target")

local USAGE = [[
usage: atoll run [OPTION]... IMAGE [-- WORD...]

Runs a packed image. IMAGE is an ELF file with its xl config beside it, or the
folder that `atoll build` wrote. WORDs go to the image.

  --on auto|xl|emulator|host  where; auto (the default) is this machine's Xen
                              where xl works, and else an emulated Xen host;
                              host is a Linux process
  --module FILE               hand FILE over to the image
  --memory MIB                the guest's memory; by default what the config
                              says, and the module's size
  --timeout SECONDS           end it after so long

Exit status: the image's own; 124 after the timeout, 125 when atoll itself
failed, 130 when interrupted, 134 when the image crashed.
]]

local SPEC = {
	["--on"] = { "on", "auto, xl, emulator or host" },
	["--module"] = { "module", "a file" },
	["--memory"] = { "memory", "a number of MiB" },
	["--timeout"] = { "timeout", "a number of seconds" },
}

local function say(format, ...)
	io.stderr:write("atoll: ", format:format(...), "\n")
end

local function positive(opts, field, integer)
	local text = opts[field]
	local value = text and tonumber(text)
	local fits = value and value > 0 and value < 1e9
	if text and not (fits and (not integer or math.type(value) == "integer")) then
		fail('run: --%s: got "%s"; expected a positive number', field, text)
	end
	return value
end

-- On Xen the words are one line that the image splits at blanks.
local function check_words(words, on)
	for _, word in ipairs(words) do
		if on ~= "host" and (word == "" or word:find("[%s%c]")) then
			fail('run: word "%s"; expected no blanks in it, since Xen hands all words'
				.. " over as one line", word)
		end
	end
end

local function terminal_output()
	return {
		begin = function() end,
		tick = function() end,
		write = function(bytes)
			local ok, err = stream.write_all(1, bytes)
			if not ok and err ~= "interrupted" then
				fail("stdout: %s", err)
			end
		end,
	}
end

-- The end of stdin is typed as Ctrl-D, which the guest takes as a terminal does:
-- on an empty line it ends the input, behind other bytes only the line.
local function terminal_input()
	local last, ended = "\n", false
	local function read()
		if ended then
			return nil
		end
		local bytes, err = sys.read(0)
		if bytes == "" or not bytes and err ~= "again" then
			ended = true
			return last == "\n" and "\4" or "\4\4"
		end
		last = bytes and bytes:sub(-1) or last
		return bytes or ""
	end
	return { fd = 0, read = read }
end

local function run(target, guest)
	if target.is_host then
		return target:run(guest)
	end
	return target:run(guest, terminal_output(), terminal_input())
end

local function main(args)
	local opts = options.parse("run", SPEC, args)
	if #opts ~= 1 then
		fail("run: got %d images; expected one", #opts)
	end
	check_words(opts.rest, opts.on)
	local guest = guests.describe(opts[1], {
		module = opts.module, words = opts.rest,
		memory = positive(opts, "memory", true), timeout = positive(opts, "timeout"),
	})
	local target <close> = targets.open(opts.on, { guest })
	say("running %s %s", guest.name, target.place)
	local result = run(target, guest)
	if not result.status then
		say("%s %s", guest.name, guests.summary(result))
	end
	if result.ending == "crash" then
		say("with files and lines: atoll symbolize %s LOG, or 2>&1 | atoll symbolize %s", opts[1], opts[1])
	end
	return guests.exit_status(result)
end

return { summary = "run a packed image on Xen, an emulated Xen host, or as a Linux process",
	usage = USAGE, main = main, check_words = check_words, positive = positive,
	terminal_output = terminal_output }
