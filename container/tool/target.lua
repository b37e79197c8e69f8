-- SPDX-License-Identifier: MIT
-- Where guests run: on this machine's Xen, on an emulated Xen host, or as
-- Linux processes. A target is an object with run(guest, output, input) and a
-- place in words; held in a variable with <close>, it leaves nothing behind.

local emulator = require("emulator")
local fail = require("fail").fail
local host = require("host")
local xl = require("xl")

local target = {}
target.__index = target

function target:run(guest, output, input)
	if self.machine then
		return self.machine:run(guest, output, input)
	end
	return self.run_guest(guest, output, input)
end

function target:__close()
	if self.machine then
		self.machine:stop()
	end
end

local function on_xl()
	return setmetatable({ place = "on this machine's Xen", run_guest = xl.run }, target)
end

local function on_emulator(list, note)
	local place = "on an emulated Xen host" .. (note or "")
	return setmetatable({ place = place, machine = emulator.start(list) }, target)
end

local openers = {}

function openers.xl()
	local ok, why = xl.available()
	if not ok then
		fail("--on xl: %s; expected a Xen dom0 where `xl info` works", why)
	end
	return on_xl()
end

function openers.emulator(list)
	return on_emulator(list)
end

function openers.host()
	local self = { place = "as a Linux process", run_guest = host.run, is_host = true }
	return setmetatable(self, target)
end

function openers.auto(list)
	local ok, why = xl.available()
	return ok and on_xl() or on_emulator(list, (" (%s)"):format(why))
end

-- A target by the name that --on takes, for any one of these guests at a time.
local function open(name, list)
	local opener = openers[name or "auto"]
	if not opener then
		fail('--on: got "%s"; expected auto, xl, emulator or host', name)
	end
	return opener(list)
end

return { open = open }
