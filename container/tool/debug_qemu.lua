-- SPDX-License-Identifier: MIT
-- A PC without Xen: QEMU, which starts the image stopped and serves gdb.

local fail = require("fail").fail
local files = require("files")
local guests = require("guest")
local relink = require("relink")
local sys = require("sys")

local READY_MAX = 30 -- seconds until QEMU listens
local FIRMWARE = 16 -- MiB more than the image needs

local machine = {}
machine.__index = machine

local function comma(path)
	return (path:gsub(",", ",,"))
end

local function command_line(self, guest)
	local command = {
		"qemu-system-x86_64", "-nodefaults", "-accel", "tcg", "-cpu", "max", "-display", "none",
		"-no-reboot", "-no-shutdown", "-S", -- the guest can be looked at when it has ended
		"-smp", tostring(guests.config_number(guest.config, "vcpus") or 1),
		"-m", tostring(guest.memory + FIRMWARE),
		"-chardev", "socket,server=on,wait=off,id=gdb,path=" .. comma(self.socket),
		"-gdb", "chardev:gdb",
		"-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
		"-debugcon", "file:" .. comma(self.log),
		"-kernel", self.symbols,
	}
	local words = guest.words
	if guest.module and files.stat(guest.module).size > 0 then
		table.move({ "-initrd", comma(guest.module) }, 1, 2, #command + 1, command)
	elseif guest.module then
		words = table.move(words, 1, #words, 3, { "--module", "/dev/null" })
	end
	if #words > 0 then
		table.move({ "-append", guests.quote_words(words) }, 1, 2, #command + 1, command)
	end
	return command
end

function machine:start(guest)
	local command = command_line(self, guest)
	local stdin, to = assert(sys.pipe())
	local from, stdout = assert(sys.pipe())
	command.stdin, command.stdout, command.stderr, command.group = stdin, stdout, 2, true
	local pid, err = sys.spawn(command)
	sys.close(stdin)
	sys.close(stdout)
	if not pid then
		fail("%s; expected Debian's package qemu-system-x86", err)
	end
	assert(sys.nonblock(to))
	self.pid, self.to, self.from = pid, to, from
	local deadline = sys.clock() + READY_MAX
	while not files.stat(self.socket) do
		if self:ended() or sys.clock() > deadline then
			fail("QEMU does not start: %s", self.status and "exit status " .. self.status or "timeout")
		end
		sys.poll({}, {}, 0.02)
	end
end

function machine:ended()
	if not self.status then
		self.status = sys.wait(self.pid)
	end
	return self.status
end

-- What the kernel says before it has a console.
function machine:early_words()
	return guests.contents(self.log) or ""
end

-- Passes on what came; false at the end.
function machine:take(output)
	local bytes = sys.read(self.from)
	if not bytes or bytes == "" then
		return false
	end
	output.write(bytes)
	return true
end

function machine:give(input)
	if input and self.typed == "" then
		self.typed = input.read() or ""
	end
	if self.typed ~= "" then
		local count = sys.write(self.to, self.typed)
		self.typed = self.typed:sub((count or 0) + 1)
	end
	return self.typed ~= "" and { self.to } or {}
end

function machine:result(ending)
	local early = self:early_words()
	if early ~= "" then
		io.stderr:write(early)
	end
	return { ending = ending, seconds = 0 }
end

-- As xl.run, until the guest or its gdb has ended.
function machine:run(guest, output, input, session)
	local deadline = sys.clock() + (guest.timeout or math.huge)
	self:start(guest)
	session:start({ "tbreak pvh_start", "continue" })
	while true do
		local writers = self:give(input)
		local left = math.max(0, math.min(1, deadline - sys.clock()))
		local readable = sys.poll({ self.from, self.signals }, writers, left)
		if readable[self.from] and not self:take(output) then
			return self:result("failed")
		elseif sys.signalled() or session:ended() and not readable[self.from] then
			return self:result("interrupted")
		elseif sys.clock() >= deadline then
			return self:result("timeout")
		end
	end
end

function machine:__close()
	if self.pid and not self:ended() then
		sys.kill(self.pid, "KILL")
		sys.wait(self.pid, true)
	end
end

-- The PC for a guest; gdb is to connect to `socket` in this folder.
local function open(guest, folder)
	return setmetatable({
		place = "on a PC without Xen",
		symbols = relink.image(guest.image),
		socket = folder .. "/gdb",
		log = folder .. "/log",
		signals = assert(sys.signals()),
		typed = "", -- and not yet taken
	}, machine)
end

return { open = open }
