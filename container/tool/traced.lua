-- SPDX-License-Identifier: MIT
-- A guest of Xen that is being debugged: its memory, its registers, its breakpoints,
-- and how it goes on and stops.
--
-- A breakpoint is the instruction INT3, a step is the trap flag; for both Xen stops the
-- vCPU, at the INT3 or behind the step, and the tool then pauses the whole guest. Xen
-- cannot hold single vCPUs: while one steps, the others run, for about a millisecond.
--
-- An emulated processor tells Xen of steps alone, and an INT3 enters the guest's own
-- handler. So the handler's first bytes are replaced by some that set the trap flag;
-- from there the vCPU is put back to the INT3.

local xen = require("xen")

local PAGE = 4096
local BREAKPOINT = "\xcc"

-- pushf; orb $1,1(%rsp); popf; nop; and behind it, where the step ends, jmp to itself
local HANDLER = "\x9c\x80\x4c\x24\x01\x01\x9d\x90\xeb\xfe"
local HANDLER_STEP = 8

local REASON_BREAKPOINT = 6 -- VM_EVENT_REASON_SOFTWARE_BREAKPOINT
local VCPUS_MAX = 32
local LOOK = 0.02 -- seconds between two looks at a guest that runs
local STEP_LOOKS = 2000 -- looks without a pause behind a step

-- Offsets in what xen.registers returns, counted from 1.
local RSP, RIP, RFLAGS = 57, 129, 137
local TRAP_FLAG, INTERRUPT_FLAG = 0x100, 0x200

-- Instructions that read or write the interrupt flag are stepped with it as it is:
-- pushf, popf, cli, sti, iretq, syscall.
local FLAG_READERS = { "\x9c", "\x9d", "\xfa", "\xfb", "\x48\xcf", "\x0f\x05" }

local signals = { interrupt = 2, quit = 3, trap = 5 }

local traced = {}
traced.__index = traced

function traced:vcpus()
	local list = {}
	for vcpu = 0, VCPUS_MAX - 1 do
		if not xen.registers(self.domain, vcpu) then
			break
		end
		list[#list + 1] = vcpu
	end
	return list
end

-- The registers of a vCPU, and those two that matter here.
function traced:state(vcpu)
	local bytes = assert(xen.registers(self.domain, vcpu))
	return bytes, string.unpack("<i8", bytes, RIP), string.unpack("<I4", bytes, RFLAGS)
end

local function replaced(bytes, at, format, value)
	local new = string.pack(format, value)
	return bytes:sub(1, at - 1) .. new .. bytes:sub(at + #new)
end

function traced:set_flags(vcpu, flags)
	local bytes = replaced(self:state(vcpu), RFLAGS, "<I4", flags)
	assert(xen.registers_set(self.domain, vcpu, bytes))
end

-- Puts a vCPU that stands in the handler of INT3 back to where it came from: to the
-- breakpoint, or behind an INT3 of the program's own.
function traced:leave_handler(vcpu)
	local bytes = self:state(vcpu)
	local frame = assert(self:raw(string.unpack("<i8", bytes, RSP), 32))
	local rip, _, flags, rsp = string.unpack("<i8i8i8i8", frame)
	bytes = replaced(bytes, RIP, "<i8", self.breakpoints[rip - 1] and rip - 1 or rip)
	bytes = replaced(bytes, RFLAGS, "<I4", flags & 0xffffffff)
	assert(xen.registers_set(self.domain, vcpu, replaced(bytes, RSP, "<i8", rsp)))
end

-- An event's vCPU stands where gdb expects it.
function traced:event_done(vcpu, reason)
	local bytes, rip = self:state(vcpu)
	if rip == self.handler + HANDLER_STEP then
		self:leave_handler(vcpu)
	elseif reason == REASON_BREAKPOINT and not self.breakpoints[rip] then
		assert(xen.registers_set(self.domain, vcpu, replaced(bytes, RIP, "<i8", rip + 1)))
	end
	assert(xen.answer(self.domain, vcpu, reason))
end

-- The bytes of a page as they are now; kept while the guest stands.
function traced:page(address)
	local first = address // PAGE * PAGE
	self.pages[first] = self.pages[first] or xen.page(self.domain, first)
	return self.pages[first]
end

-- The guest's memory up to the first byte that is not mapped, or nil.
function traced:raw(address, size)
	local parts, done = {}, 0
	while done < size do
		local page, offset = self:page(address + done), (address + done) % PAGE
		if not page then
			break
		end
		local part = page:sub(offset + 1, offset + size - done)
		parts[#parts + 1] = part
		done = done + #part
	end
	return done > 0 and table.concat(parts) or nil
end

function traced:raw_write(address, bytes)
	self.pages = {}
	while bytes ~= "" do
		local part = bytes:sub(1, PAGE - address % PAGE)
		if not xen.write(self.domain, address, part) then
			return nil
		end
		address, bytes = address + #part, bytes:sub(#part + 1)
	end
	return true
end

-- Memory as the program means it: without the breakpoints.
function traced:read(address, size)
	local bytes = self:raw(address, size)
	for at, original in pairs(bytes and self.breakpoints or {}) do
		local offset = at - address
		if offset >= 0 and offset < #bytes then
			bytes = bytes:sub(1, offset) .. original .. bytes:sub(offset + 2)
		end
	end
	return bytes
end

function traced:write(address, bytes)
	for at in pairs(self.breakpoints) do
		local offset = at - address
		if offset >= 0 and offset < #bytes then
			self.breakpoints[at] = bytes:sub(offset + 1, offset + 1)
			bytes = bytes:sub(1, offset) .. BREAKPOINT .. bytes:sub(offset + 2)
		end
	end
	return self:raw_write(address, bytes)
end

-- true, or nil where nothing is mapped.
function traced:breakpoint_set(address)
	local original = not self.breakpoints[address] and self:raw(address, 1)
	if not self.breakpoints[address] then
		if not original or not self:raw_write(address, BREAKPOINT) then
			return nil
		end
		self.breakpoints[address] = original
	end
	return true
end

function traced:breakpoint_clear(address)
	local original = self.breakpoints[address]
	self.breakpoints[address] = nil
	return not original or self:raw_write(address, original)
end

-- The stepped vCPU's flags, as the program means them.
function traced:step_finish()
	local step = self.stepping
	self.stepping = nil
	if step then
		local _, _, flags = self:state(step.vcpu)
		flags = flags & ~TRAP_FLAG
		self:set_flags(step.vcpu, step.masked and flags | INTERRUPT_FLAG or flags)
	end
end

-- The paused guest stands still from now on.
function traced:stopped(signal, vcpu, hit)
	self.running = false
	self.signal, self.thread, self.hit = signal, vcpu, hit
	self.chosen = vcpu
	self:step_finish()
	self.report()
end

-- Has a vCPU met a breakpoint or done its step? Of several that did, the stepped one
-- counts; another that stands at a breakpoint will meet it again.
function traced:look()
	if not self.running then
		return
	end
	local first, reason = xen.event()
	if not first then
		return
	end
	assert(xen.pause(self.domain))
	local stepped, vcpu = nil, first
	while vcpu do
		stepped = stepped or self.stepping and vcpu == self.stepping.vcpu
		self:event_done(vcpu, reason)
		vcpu, reason = xen.event()
	end
	vcpu = stepped and self.stepping.vcpu or first
	local _, rip = self:state(vcpu)
	self:stopped(signals.trap, vcpu, self.breakpoints[rip] ~= nil and not stepped)
end

-- Interrupts that wait would be taken before the step's instruction: they are held off.
function traced:step_prepare(vcpu)
	local _, rip, flags = self:state(vcpu)
	local code, masked = self:read(rip, 2) or "", flags & INTERRUPT_FLAG ~= 0
	for _, reader in ipairs(FLAG_READERS) do
		masked = masked and code:sub(1, #reader) ~= reader
	end
	self.stepping = { vcpu = vcpu, masked = masked }
	flags = flags | TRAP_FLAG
	self:set_flags(vcpu, masked and flags & ~INTERRUPT_FLAG or flags)
end

-- Lets the guest go on, with a vCPU to step or without.
function traced:resume(step)
	if step then
		self:step_prepare(step)
	end
	self.pages = {}
	self.running = true
	assert(xen.unpause(self.domain))
	-- A step is over at once, unless its vCPU waits for something.
	for _ = 1, step and STEP_LOOKS or 0 do
		if self.running then
			self:look()
		end
	end
end

-- Stops a guest that runs, wherever it is.
function traced:interrupt()
	if self.running then
		assert(xen.pause(self.domain))
		self:stopped(signals.interrupt, self.thread)
	end
end

-- The guest has shut down; it can still be looked at.
function traced:ended()
	if not self.over then
		self.over = true
		if self.running then
			self:stopped(signals.quit, self.thread)
		end
	end
end

-- Seconds until the guest has to be looked at again; nil while it stands.
function traced:patience()
	return self.running and LOOK or nil
end

-- For a domain that is paused before its first instruction. report is called when it
-- has stopped.
-- handler: address of the guest's handler of INT3, which has room for HANDLER.
local function new(domain, handler, report)
	local ok, err = xen.attach(domain)
	if ok then
		ok, err = xen.write(domain, handler, HANDLER)
	end
	if not ok then
		return nil, ("Xen refuses to let domain %d be debugged (%s)"):format(domain, err)
	end
	return setmetatable({
		domain = domain,
		report = report,
		handler = handler,
		breakpoints = {}, -- address = the byte that was there
		pages = {}, -- what has been read since the guest stands
		thread = 0, -- vCPU that stopped last
		chosen = 0, -- vCPU that register packets mean
		signal = signals.trap,
	}, traced)
end

return { new = new }
