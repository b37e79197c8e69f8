-- SPDX-License-Identifier: MIT
-- An emulated Xen host: QEMU without any virtualization hardware, Xen, and a
-- Linux dom0 in which this very program runs guests as its agent.
--
-- What to boot is made by container/emulator/build.sh. The log of Xen and of
-- dom0 is on the first serial port and ends in FOLDER/last.log.

local files = require("files")
local fail = require("fail").fail
local guests = require("guest")
local stream = require("stream")
local sys = require("sys")

local BOOT_MAX = 180 -- seconds until the agent says hello
local SILENCE_MAX = 60 -- seconds without a word from the agent, which ticks every 2 s
local SEND_MAX = 60
local LOG_LINES = 15 -- of the log's end, shown when the host dies

-- MiB
local DOM0_MIN = 512
local XEN_OVERHEAD = 256

local MIB = 1 << 20

local host = {}
host.__index = host

-- One file as an archive that the kernel unpacks behind the initial ramdisk's own.
local function cpio_file(name, bytes)
	local function entry(path, mode, data)
		local fields = { 0, mode, 0, 0, 1, 0, #data, 0, 0, 0, 0, #path + 1, 0 }
		for i, field in ipairs(fields) do
			fields[i] = ("%08x"):format(field)
		end
		local head = "070701" .. table.concat(fields) .. path .. "\0"
		local function pad(text)
			return text .. ("\0"):rep(-#text % 4)
		end
		return pad(head) .. pad(data)
	end
	return entry(name, 0x81ed, bytes) .. entry("TRAILER!!!", 0, "")
end

local function folder()
	return os.getenv("ATOLL_EMULATOR") or files.exe():match("^(.*)/") .. "/emulator"
end

-- The name of a file that is not there, or nil.
local function file_missing(dir)
	for _, name in ipairs({ "xen", "vmlinux", "dom0.cpio", "recipe" }) do
		if not files.stat(dir .. "/" .. name) then
			return name
		end
	end
	return nil
end

-- The first use builds the host, where the tool lies in a checkout's build folder.
local function check_files(dir)
	local script = files.exe():match("^(.*)/[^/]*/[^/]*$") .. "/container/emulator/build.sh"
	if not file_missing(dir) then
		return
	end
	if files.stat(script) then
		local pid = assert(sys.spawn({ "sh", script, dir }))
		sys.wait(pid, true)
	end
	local missing = file_missing(dir)
	if missing then
		fail("no %s of an emulated Xen host in %s; expected the result of"
			.. " `container/emulator/build.sh %s`", missing, dir, dir)
	end
end

-- Folders of runs whose process was killed before it could tidy up.
local function remove_stale(dir)
	for _, name in ipairs(files.list(dir)) do
		local pid = name:match("^run%-(%d+)$")
		if pid and not files.stat("/proc/" .. pid) then
			files.remove(dir .. "/" .. name)
		end
	end
end

local function write_ramdisk(dir, path)
	local file = assert(io.open(path, "wb"))
	assert(file:write(assert(guests.contents(dir .. "/dom0.cpio"))))
	assert(file:write(cpio_file("agent", assert(guests.contents(files.exe())))))
	assert(file:close())
end

local function qemu_command(dir, run, dom0, total)
	-- QEMU's XSAVE does not trap while CR0.TS is set, so lazy switching of vector
	-- state would hand dom0's kernel a stranger's registers to save.
	local xen = ("console=com1 com1=115200,8n1 loglvl=warning guest_loglvl=all bootscrub=0"
		.. " spec-ctrl=eager-fpu no-real-mode dom0_mem=%dM,max:%dM dom0_max_vcpus=1"
	):format(dom0, dom0)
	-- Checks of dom0's own rights and ciphers cost half a second of emulation.
	local linux = "console=hvc0 quiet panic=-1 rodata=off cryptomgr.notests"
	local comma = function(path)
		return (path:gsub(",", ",,"))
	end
	local command = {
		"qemu-system-x86_64", "-nodefaults", "-accel", "tcg", "-display", "none",
		"-no-reboot",
		-- With SMAP, dom0 dies in Xen's bounce frames under emulation; RDTSCP's
		-- intercept reports no instruction length, which crashes guests. Xen does
		-- not see a guest's XSETBV, and takes AVX away again at the next switch.
		"-cpu", "max,-smap,-rdtscp,-avx,-avx2",
		"-smp", tostring(math.max(2, math.min(4, sys.cores()))),
		"-m", tostring(total),
		"-serial", "file:" .. comma(run .. "/log"),
		"-device", "virtio-serial-pci,max_ports=2",
		"-chardev", "stdio,id=agent,signal=off",
		"-device", "virtserialport,chardev=agent,nr=1",
		"-kernel", dir .. "/xen", "-append", xen,
		"-initrd", comma(dir .. "/vmlinux " .. linux) .. "," .. comma(run .. "/ramdisk"),
	}
	-- All clocks then count instructions, one a nanosecond: for benchmarks.
	if os.getenv("ATOLL_EMULATOR_COUNTS") then
		table.move({ "-icount", "shift=0,sleep=off" }, 1, 2, #command + 1, command)
	end
	return command
end

local function spawn_qemu(command, log)
	local stdin, to = assert(sys.pipe())
	local from, stdout = assert(sys.pipe())
	local stderr = assert(sys.open(log, "w"))
	command.stdin, command.stdout, command.stderr = stdin, stdout, stderr
	command.group = true
	local pid, err = sys.spawn(command)
	sys.close(stdin)
	sys.close(stdout)
	sys.close(stderr)
	if not pid then
		fail("%s; expected Debian's package qemu-system-x86", err)
	end
	assert(sys.nonblock(to))
	assert(sys.nonblock(from))
	return pid, to, from
end

-- The log without Xen's chatter about building guests.
function host:log_tail()
	local lines = {}
	for _, name in ipairs({ "log", "qemu" }) do
		local text = guests.contents(self.run_dir .. "/" .. name) or ""
		for line in text:gmatch("[^\r\n]+") do
			if not line:find("^%(XEN%) HVM ?%S* [sr][ae][vs]") then
				lines[#lines + 1] = line
			end
		end
	end
	return table.concat(lines, "\n", math.max(1, #lines - LOG_LINES + 1))
end

-- Everything was sent for nothing: the host is gone or hangs.
function host:die(what)
	local tail = self:log_tail()
	fail("the emulated Xen host %s; its log (%s/last.log) ends with:\n%s", what, self.dir,
		tail)
end

function host:interrupted()
	return sys.signalled() ~= nil
end

function host:send(kind, bytes)
	local ok, err = stream.write_all(self.to, stream.frame(kind, bytes), SEND_MAX)
	if ok or err == "interrupted" then
		return
	end
	self:die(err == "timeout" and "takes nothing any more" or "ended")
end

function host:send_file(path, source)
	local file, err = io.open(source, "rb")
	if not file then
		fail("%s", err)
	end
	self:send("F", path)
	for bytes in function() return file:read(stream.CHUNK) end do
		self:send("D", bytes)
	end
	file:close()
end

-- Waits for the host's words and for what else was asked for; each word allows
-- for another silence.
function host:wait(silence, readers, writers)
	table.move({ self.from, self.signals }, 1, 2, #readers + 1, readers)
	self.deadline = self.deadline or sys.clock() + silence
	local left = math.max(0, self.deadline - sys.clock())
	local readable, writable = sys.poll(readers, writers, left)
	if readable[self.from] then
		self.deadline = nil
		if not self.reader:fill() then
			self:die("ended")
		end
	elseif sys.clock() >= self.deadline then
		self:die(("has been silent for %d s"):format(silence))
	end
	return readable, writable
end

function host:greet()
	while not self.greeted do
		if self:interrupted() then
			return false
		end
		self:wait(BOOT_MAX, {}, {})
		self.greeted = self.reader:next() == "H"
	end
	return true
end

-- What is typed goes out only as fast as the agent takes it, while output is taken always.
local function new_typing(input)
	return { input = input, queue = "" }
end

function host:typing_wants(typing)
	if typing.queue ~= "" then
		return {}, { self.to }
	elseif self.running and typing.input then
		return { typing.input.fd }, {}
	end
	return {}, {}
end

function host:typing_turn(typing, readable, writable)
	if typing.input and readable[typing.input.fd] then
		local bytes = typing.input.read()
		typing.queue = bytes and bytes ~= "" and stream.frame("I", bytes) or ""
		typing.input = bytes and typing.input
	end
	if writable[self.to] then
		local count, err = sys.write(self.to, typing.queue)
		if not count and err ~= "again" then
			self:die("ended")
		end
		typing.queue = typing.queue:sub((count or 0) + 1)
	end
end

-- Handles the frames that have come; the result once it is there.
function host:frames(output, wire)
	for kind, bytes in self.reader.next, self.reader do
		if kind == "O" then
			output.write(bytes)
		elseif kind == "B" then
			self.running = true
			output.begin()
		elseif kind == "G" and wire then
			wire.write(bytes)
		elseif kind == "E" then
			return stream.decode(bytes)
		end
	end
	return nil
end

-- Copies the guest's files into dom0 and has it run there.
function host:hand_over(guest)
	local remote = {
		name = guest.name,
		config = guest.config,
		words = guest.words,
		memory = guest.memory,
		timeout = guest.timeout,
		after = guest.after,
		stats = guest.stats,
		shutdown = guest.shutdown,
		debug = guest.debug,
		handler = guest.handler,
		image = "/job/image.elf",
		module = guest.module and "/job/module",
	}
	self:send_file(remote.image, guest.image)
	if guest.module then
		self:send_file(remote.module, guest.module)
	end
	self:send("J", stream.encode(remote))
end

-- What the gdb of this wire said goes to the agent; false once it has ended.
function host:relay(wire)
	local bytes = wire.take()
	if bytes and bytes ~= "" then
		self:send("G", bytes)
	end
	return bytes and not wire.ended()
end

-- As xl.run. After an interruption the host is only good for stopping.
function host:run(guest, output, input, wire)
	local typing = new_typing(input)
	guest.debug = wire ~= nil
	self.running = false
	if self:greet() then
		self:hand_over(guest)
	end
	while not self:interrupted() do
		local readers, writers = self:typing_wants(typing)
		if wire then
			readers[#readers + 1] = wire.fd()
		end
		local readable, writable = self:wait(SILENCE_MAX, readers, writers)
		self:typing_turn(typing, readable, writable)
		local result = self:frames(output, wire)
		if wire and not self:relay(wire) then
			return { ending = "interrupted", seconds = 0 }
		elseif result then
			return result
		end
	end
	return { ending = "interrupted", seconds = 0 }
end

function host:stop()
	if not self.pid then
		return
	end
	sys.kill(self.pid, "KILL")
	sys.wait(self.pid, true)
	self.pid = nil
	sys.close(self.to)
	sys.close(self.from)
	os.rename(self.run_dir .. "/log", self.dir .. "/last.log")
	files.remove(self.run_dir)
end

host.__close = host.stop
host.__gc = host.stop

-- Memory that the host needs to run any one of these guests at a time, in MiB.
local function memory_sizes(list)
	local dom0, guest = DOM0_MIN, 0
	for _, g in ipairs(list) do
		-- A file may fill half of dom0's memory, and xl holds it a second time.
		dom0 = math.max(dom0, DOM0_MIN + 4 * guests.payload(g) // MIB)
		guest = math.max(guest, g.memory)
	end
	return dom0, dom0 + XEN_OVERHEAD + guest + guest // 16
end

-- Boots a host that can run any of these guests, one after the other; returns
-- while it still boots. To be held in a variable with <close>.
local function start(list)
	local dir = files.realpath(folder()) or folder()
	check_files(dir)
	remove_stale(dir)
	local run_dir = ("%s/run-%d"):format(dir, sys.getpid())
	assert(files.mkdir(run_dir))
	local self = setmetatable({ dir = dir, run_dir = run_dir }, host)
	self.signals = assert(sys.signals())
	write_ramdisk(dir, run_dir .. "/ramdisk")
	local command = qemu_command(dir, run_dir, memory_sizes(list))
	self.pid, self.to, self.from = spawn_qemu(command, run_dir .. "/qemu")
	self.reader = stream.reader(self.from)
	return self
end

return { start = start }
