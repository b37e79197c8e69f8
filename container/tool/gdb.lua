-- SPDX-License-Identifier: MIT
-- One gdb beside the tool: on this terminal, or with commands given before.

local fail = require("fail").fail
local files = require("files")
local guests = require("guest")
local sys = require("sys")

local REPLY_MAX = 60 -- seconds that gdb waits for an answer; an emulated host may be slow

local session = {}
session.__index = session

local function check()
	if not files.run({ "gdb", "--version" }) then
		fail("no gdb here; expected Debian's package gdb (container/tool/setup.sh debug)")
	end
end

-- gdb.py and what else the tool was built with.
local function helper()
	return files.exe():match("^(.*)/") .. "/lib/gdb.py"
end

-- Where the sources are: paths in the objects begin at the manifest's folder, or at
-- the one where the tool was built.
local function source_folders(image)
	local folder = (image:match("^(.*)/") or ".") .. "/obj/link"
	local manifest = (guests.contents(folder) or ""):match("^[^\n]*\n([^\n]*)") or "."
	return manifest .. ":" .. files.realpath(files.exe():match("^(.*)/") .. "/..")
end

local function command_line(self, first)
	local opts = self.options
	local words = { "gdb", "-q", "-nx", "-iex", "set remotetimeout " .. REPLY_MAX,
		"-iex", "set confirm off", "-iex", "set pagination off", "-iex", "set style enabled off" }
	local function add(...)
		table.move({ ... }, 1, select("#", ...), #words + 1, words)
	end
	if opts.batch then
		add("-batch")
	end
	add("-iex", "set directories " .. source_folders(self.symbols))
	add(self.symbols, "-ex", "source " .. helper(), "-ex", "target remote " .. self.socket)
	for _, text in ipairs(first or {}) do
		add("-ex", text)
	end
	if opts.script then
		add("-x", opts.script)
	end
	for _, text in ipairs(opts.commands or {}) do
		add("-ex", text)
	end
	if not opts.batch then
		table.insert(words, 2, "-ex")
		table.insert(words, 3, "echo Type `help atoll`; to begin with, `break NAME_main` and `continue`.\\n")
	end
	return words
end

-- Starts gdb: what it is to connect to listens at self.socket. It first runs these commands.
function session:start(first)
	local command = command_line(self, first)
	if self.options.batch then
		command.stdin = assert(sys.open("/dev/null"))
	end
	local pid, err = sys.spawn(command)
	if command.stdin then
		sys.close(command.stdin)
	end
	if not pid then
		fail("%s", err)
	end
	self.pid = pid
end

-- gdb's exit status once it has ended, or nil.
function session:ended()
	if self.pid and not self.status then
		self.status = sys.wait(self.pid)
	end
	return self.status
end

-- Waits until gdb ends by itself; its exit status, or nil where it never began.
function session:finish()
	local signals = assert(sys.signals())
	while self.pid and not self:ended() do
		if sys.signalled() then
			return nil
		end
		sys.poll({ signals }, {}, 1)
	end
	return self.status
end

function session:__close()
	if self.pid and not self:ended() then
		sys.kill(self.pid, "KILL")
		sys.wait(self.pid, true)
	end
end

-- A gdb with these symbols for what listens at a socket. options: batch, script
-- (a file of commands), commands (a list). The terminal's Ctrl-C is gdb's from now on.
local function new(symbols, socket, opts)
	assert(sys.signals())
	sys.interrupt_ignore()
	return setmetatable({ symbols = symbols, socket = socket, options = opts }, session)
end

return { check = check, new = new }
