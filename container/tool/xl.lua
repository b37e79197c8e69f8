-- SPDX-License-Identifier: MIT
-- Runs a guest on the Xen of this machine, by xl.
--
-- xl stays in the foreground and says when the guest runs and why it ended. A
-- guest that has ended is preserved until its console is read to the last byte:
-- destroying it closes the console's terminal with whatever that still holds.

local files = require("files")
local guests = require("guest")
local stats = require("stats")
local sys = require("sys")
local stub = require("stub")
local xenbus = require("xenbus")
local xl = require("xl_command")

local CREATE_MAX = 120 -- seconds until the guest runs
-- How often the console has to be found silent, after so many seconds each, to
-- count as read. xenconsoled serves a busy guest only every 0.2 s. Counted, because
-- a dom0 that stood still learns nothing from the time that went by.
local GLANCE = 0.02
local GLANCES = 60
local GLANCES_AFTER_END = 3 -- behind the image's own last line nothing follows
local WATCH_MAX = 65536 -- bytes of the console in which the text `after` is looked for
local ERRORS_MAX = 2 -- of xl's lines; the first names the cause, the later ones its effects
local TICK = 2 -- seconds between two calls of output.tick

local SHUTDOWN_POWEROFF, SHUTDOWN_REBOOT = 0, 1
local reasons = {
	[1] = "it rebooted or its processor gave up (a triple fault)",
	[2] = "it suspended itself",
	[3] = "it reported a crash",
	[4] = "its watchdog expired",
	[5] = "it asked for a soft reset",
}

local run = {}
run.__index = run

function run:console_open()
	local path = xenbus.read(("/local/domain/%d/console/tty"):format(self.domid))
	self.console = path and sys.open(path, "rw")
	if not self.console then
		self:fail(("no console terminal (%s); expected xenconsoled to serve one"):format(
			path or "none named"))
	end
end

function run:console_close()
	if self.console then
		sys.close(self.console)
		self.console = nil
	end
end

function run:fail(reason)
	self.ending, self.reason = self.ending or "failed", self.reason or reason
end

-- Asks the guest to end, as an administrator would.
function run:ask()
	local null = assert(sys.open("/dev/null"))
	local verb = self.guest.shutdown == "reboot" and "reboot" or "shutdown"
	self.asked = assert(sys.spawn({ "xl", verb, self.name, stdin = null, stdout = null,
		stderr = null, group = true }))
	sys.close(null)
end

-- What is to be done once the guest has said what it should.
function run:intervene(bytes)
	self.watch = (self.watch .. bytes):sub(-WATCH_MAX)
	if self.intervened or not self.watch:find(self.guest.after, 1, true) then
		return
	end
	self.intervened = true
	if self.guest.stats then
		self.output.write(stats.text(stats.of_domain(self.domid)))
	end
	if self.guest.shutdown then
		self:ask()
	end
end

-- Moves what the console holds to the output; false when there was nothing.
function run:console_take()
	local bytes, err = sys.read(self.console)
	if not bytes or bytes == "" then
		if err ~= "again" then
			self:console_close()
		end
		return false
	end
	self.first = self.first or sys.clock()
	self.tail = (self.tail .. bytes):sub(-guests.TAIL_MAX)
	self.output.write(bytes)
	if self.guest.after then
		self:intervene(bytes)
	end
	return true
end

-- The status in the console's last line.
function run:status()
	return guests.console_status(self.tail)
end

-- Has the guest's kernel said its last line?
function run:said_all()
	return self:status() or guests.console_crashed(self.tail)
end

function run:started(domid)
	self.domid, self.start = tonumber(domid), sys.clock()
	self.deadline = self.start + (self.guest.timeout or math.huge)
	self:console_open()
	if self.wire then
		local why
		self.stub, why = stub.new(self.domid, self.wire, self.guest.handler)
		if not self.stub then
			return self:fail(why)
		end
	end
	self.output.begin()
end

function run:message(line)
	local domid = line:match("^Waiting for domain .* %(domid (%d+)%) to die")
	local reason = line:match("^Domain %d+ has shut down, reason code (%d+)")
	if domid then
		self:started(domid)
	elseif reason then
		self.stop = sys.clock()
		self.shutdown = tonumber(reason)
	elseif line:find("error", 1, true) then
		self.errors[#self.errors + 1] = line
	end
end

-- Takes in what xl says; false once it has ended.
function run:messages_take()
	local bytes = sys.read(self.from)
	if bytes == "" then
		return false
	end
	self.partial = self.partial .. (bytes or "")
	for line in self.partial:gmatch("([^\n]*)\n") do
		self:message(line)
	end
	self.partial = self.partial:match("[^\n]*$")
	return true
end

function run:input_take()
	local bytes = self.input.read()
	if bytes then
		self.typed = self.typed .. bytes
	else
		self.input = nil
	end
end

function run:input_give()
	local count, err = sys.write(self.console, self.typed)
	if count then
		self.typed = self.typed:sub(count + 1)
	elseif err ~= "again" then
		self:console_close()
	end
end

function run:check_clock()
	local now = sys.clock()
	if now >= self.deadline and not self.shutdown then
		self.ending = self.start and "timeout" or "failed"
		self.reason = not self.start
			and ("xl took more than %d s to create it"):format(CREATE_MAX) or nil
	elseif now >= self.next_tick then
		self.next_tick = now + TICK
		self.output.tick()
	end
end

-- What gdb said, and what the guest did about it.
function run:debug()
	local bytes = self.wire.take()
	if self.input then
		self:input_take()
	end
	if self.stub and bytes and bytes ~= "" then
		self.stub:take(bytes)
	end
	if self.stub then
		self.stub:look()
	end
	if not bytes or self.wire.ended() or self.stub and self.stub.killed then
		self.ending = self.ending or "interrupted"
	end
end

-- One turn of the loop; false once xl has ended.
function run:turn()
	local readers, writers = { self.signals, self.from, self.console }, {}
	if self.console and self.typed ~= "" then
		writers[1] = self.console
	elseif self.console and self.input then
		readers[#readers + 1] = self.input.fd
	end
	local wait = math.max(0, math.min(self.deadline, self.next_tick) - sys.clock())
	if self.wire then
		readers[#readers + 1] = self.wire.fd()
		wait = math.min(wait, self.stub and self.stub:patience() or wait)
	end
	local readable, writable = sys.poll(readers, writers, wait)
	if sys.signalled() then
		self.ending = "interrupted"
	end
	if self.console and readable[self.console] then
		self:console_take()
	end
	if self.console and writable[self.console] then
		self:input_give()
	end
	if self.input and readable[self.input.fd] then
		self:input_take()
	end
	if self.wire then
		self:debug()
	end
	self:check_clock()
	return not readable[self.from] or self:messages_take()
end

-- A guest that has ended stays until its gdb has.
function run:debug_on()
	self.stub:ended()
	while not self.ending do
		local readers = { self.signals, self.wire.fd() }
		sys.poll(readers, {}, math.max(0, self.next_tick - sys.clock()))
		if sys.signalled() then
			self.ending = "interrupted"
		end
		self:debug()
		self:check_clock()
	end
end

-- Reads on until the console stays silent.
function run:console_drain()
	local silent = 0
	while self.console and silent < (self:said_all() and GLANCES_AFTER_END or GLANCES) do
		if sys.poll({ self.console }, {}, GLANCE)[self.console] then
			self:console_take()
			silent = 0
		else
			silent = silent + 1
		end
	end
end

function run:judge()
	if self.ending then
		return
	elseif not self.start then
		local count = math.min(#self.errors, ERRORS_MAX)
		local why = table.concat(self.errors, "\n", 1, count)
		self:fail(why ~= "" and why or "xl ended without a reason")
	elseif not self.shutdown then
		self:fail("it was destroyed by someone else")
	elseif self.shutdown == SHUTDOWN_POWEROFF then
		self.ending = "poweroff"
	elseif self.shutdown == SHUTDOWN_REBOOT and self:status() then
		self.ending = "reboot"
	else
		self.ending = "crash"
		self.reason = reasons[self.shutdown] or "reason code " .. self.shutdown
	end
end

-- Whatever happened, neither xl nor the guest is left.
function run:cleanup()
	if self.start then
		xl.destroy(self.name)
	end
	if self.asked then
		sys.kill(self.asked, "KILL")
		sys.wait(self.asked, true)
	end
	sys.kill(self.pid, "TERM")
	xl.finish(self.pid, self.from)
	if not self.start then
		xl.destroy(self.name)
	end
	self:console_close()
	files.remove(self.folder)
end

function run:result()
	local now = sys.clock()
	local start = self.start or now
	return {
		ending = self.ending,
		reason = self.reason,
		status = (self.ending == "poweroff" or self.ending == "reboot") and self:status()
			or nil,
		seconds = (self.stop or now) - start,
		first_output_ms = self.start and self.first and (self.first - start) * 1000 or nil,
	}
end

local function create(guest, output, input, wire)
	local name = ("atoll-%s-%d"):format(guest.name, sys.getpid())
	local folder, path = xl.write_config(guest, name)
	local signals = assert(sys.signals())
	local pid, from = xl.spawn({ "xl", "create", wire and "-Fp" or "-F", path })
	if not pid then
		files.remove(folder)
		return nil, from
	end
	local now = sys.clock()
	return setmetatable({
		guest = guest,
		output = output,
		input = input,
		wire = wire,
		name = name,
		folder = folder, -- of the config, removed in the end
		signals = signals,
		pid = pid,
		from = from, -- what xl says
		deadline = now + CREATE_MAX,
		next_tick = now + TICK,
		errors = {},
		partial = "", -- of a line that xl has not finished
		tail = "", -- of the console
		watch = "", -- more of it
		typed = "", -- and not yet taken by the console
	}, run)
end

-- output: write(bytes), begin() once the guest runs, tick() every two seconds.
-- input, or nil: fd, and read() that returns bytes, or nil at the end.
-- wire, or nil, leads to a gdb that has the guest stopped at its beginning: fd(), take()
-- that returns bytes or nil at the end, write(bytes), and ended(), true when gdb has.
local function run_guest(guest, output, input, wire)
	local self, err = create(guest, output, input, wire)
	if not self then
		return { ending = "failed", reason = err, seconds = 0 }
	end
	local ok, raised = pcall(function()
		while not self.ending and self:turn() do
		end
		if self.shutdown then
			self:console_drain()
		end
		if self.stub and self.shutdown and not self.ending then
			self:debug_on()
		end
	end)
	self:judge()
	self:cleanup()
	if not ok then
		error(raised, 0)
	end
	return self:result()
end

return { available = xl.available, run = run_guest }
