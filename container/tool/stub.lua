-- SPDX-License-Identifier: MIT
-- gdb's remote protocol for a guest of Xen: a gdb connects to the tool, and the
-- tool asks Xen. Threads are the guest's vCPUs, numbered from 1. (The protocol is in
-- gdb's manual, appendix "Remote Serial Protocol".)

local traced = require("traced")
local xen = require("xen")

local PACKET_MAX = 16384
local SIGNAL_TRAP = 5

local stub = {}
stub.__index = stub

local function hex(bytes)
	return (bytes:gsub(".", function(c)
		return ("%02x"):format(c:byte())
	end))
end

local function unhex(text)
	return (text:gsub("%x%x", function(pair)
		return string.char(tonumber(pair, 16))
	end))
end

local function number(text)
	return math.tointeger(tonumber(text, 16))
end

function stub:send(text)
	local sum = 0
	for i = 1, #text do
		sum = (sum + text:byte(i)) % 256
	end
	self.last = ("$%s#%02x"):format(text, sum)
	self.wire.write(self.last)
end

function stub:stop_reply()
	local guest = self.guest
	if guest.signal == SIGNAL_TRAP and guest.hit then
		return ("T05thread:%x;swbreak:;"):format(guest.thread + 1)
	end
	return ("T%02xthread:%x;"):format(guest.signal, guest.thread + 1)
end

function stub:resume(step)
	if self.guest.over then
		return self:send("W00")
	end
	self.guest:resume(step)
end

local packets = {}

packets["?"] = function(self)
	return self:stop_reply()
end

function packets.g(self)
	return hex((self.guest:state(self.guest.chosen)))
end

function packets.G(self, rest)
	local ok = xen.registers_set(self.guest.domain, self.guest.chosen, unhex(rest))
	return ok and "OK" or "E01"
end

function packets.m(self, rest)
	local address, size = rest:match("^(%x+),(%x+)$")
	local bytes = address and self.guest:read(number(address), math.min(number(size), PACKET_MAX // 4))
	return bytes and hex(bytes) or "E14"
end

function packets.M(self, rest)
	local address, data = rest:match("^(%x+),%x+:(%x*)$")
	return address and self.guest:write(number(address), unhex(data)) and "OK" or "E14"
end

-- Software breakpoints; those that ask for a hardware register are served the same way.
local function breakpoint_address(rest)
	local kind, address = rest:match("^([01]),(%x+)")
	return kind and number(address)
end

function packets.Z(self, rest)
	local address = breakpoint_address(rest)
	return not address and "" or self.guest:breakpoint_set(address) and "OK" or "E14"
end

function packets.z(self, rest)
	local address = breakpoint_address(rest)
	return not address and "" or self.guest:breakpoint_clear(address) and "OK" or "E14"
end

-- Hg and Hc: 0 and -1 mean any.
function packets.H(self, rest)
	local id = rest:match("^[gc](%x+)$")
	if id and number(id) > 0 then
		self.guest.chosen = number(id) - 1
	end
	return "OK"
end

function packets.T(self, rest)
	return xen.registers(self.guest.domain, number(rest) - 1) and "OK" or "E01"
end

function packets.c(self)
	self:resume()
end

function packets.s(self)
	self:resume(self.guest.chosen)
end

function packets.k(self)
	self.killed = true
end

function packets.D(self)
	for address in pairs(self.guest.breakpoints) do
		self.guest:breakpoint_clear(address)
	end
	self:send("OK")
	self:resume()
end

-- What begins with q, v and Q goes by its name.
local named = {}

function named.qSupported()
	return ("PacketSize=%x;swbreak+;vContSupported+"):format(PACKET_MAX)
end

function named.qAttached()
	return "1"
end

function named.qC(self)
	return ("QC%x"):format(self.guest.thread + 1)
end

function named.qfThreadInfo(self)
	local ids = {}
	for i, vcpu in ipairs(self.guest:vcpus()) do
		ids[i] = ("%x"):format(vcpu + 1)
	end
	return "m" .. table.concat(ids, ",")
end

function named.qsThreadInfo()
	return "l"
end

function named.qThreadExtraInfo(_, rest)
	return hex(("core %d"):format(number(rest:match("%x+$")) - 1))
end

named["vCont?"] = function()
	return "vCont;c;C;s;S"
end

function named.vCont(self, rest)
	local step
	for action, thread in rest:gmatch(";([cCsS])%x*:?(%-?%x*)") do
		if action:lower() == "s" then
			step = step or (thread ~= "" and number(thread) - 1 or self.guest.chosen)
		end
	end
	self:resume(step)
end

function named.vKill(self)
	self.killed = true
	return "OK"
end

function stub:packet(text)
	local name = text:match("^[qvQ][%a]+%??")
	if name then
		local handler = named[name]
		return handler and handler(self, text:sub(#name + 1)) or not handler and "" or nil
	end
	local handler = packets[text:sub(1, 1)]
	if not handler then
		return ""
	end
	return handler(self, text:sub(2))
end

-- Takes in what gdb sent.
function stub:take(bytes)
	self.held_bytes = self.held_bytes .. bytes
	while self.held_bytes ~= "" do
		local first = self.held_bytes:sub(1, 1)
		local text, behind = self.held_bytes:match("^%$([^#]*)#%x%x()")
		if first == "$" and not text then
			return
		end
		self.held_bytes = self.held_bytes:sub(behind or 2)
		if first == "\3" then
			self.guest:interrupt()
		elseif first == "-" and self.last then
			self.wire.write(self.last)
		elseif text then
			self.wire.write("+")
			local reply = self:packet(text)
			if reply then
				self:send(reply)
			end
		end
	end
end

-- What the guest did since the last look.
function stub:look()
	self.guest:look()
end

-- The guest has shut down; it can still be looked at.
function stub:ended()
	self.guest:ended()
end

-- Seconds until the next look; nil while the guest stands.
function stub:patience()
	return self.guest:patience()
end

-- For a domain that is paused before its first instruction. wire: write(bytes).
-- handler: address of the guest's handler of INT3, which traced.lua replaces.
local function new(domain, wire, handler)
	local self = setmetatable({
		wire = wire,
		held_bytes = "", -- of a packet that is not whole
	}, stub)
	local why
	self.guest, why = traced.new(domain, handler, function()
		self:send(self:stop_reply())
	end)
	return self.guest and self, why
end

return { new = new }
