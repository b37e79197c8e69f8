-- SPDX-License-Identifier: MIT
-- What the tool and its agent in the emulated host say to each other: frames
-- of a kind (one letter), a length, and so many bytes.
--
-- To the agent                      From the agent
--   F path: the next D go there       H          hello
--   D bytes of that file              B          the guest runs
--   J guest (Lua table): run it       O bytes    of its console
--   I bytes: type them                T          still here
--   G bytes: of a gdb                 G bytes    for it
--                                     E result   (Lua table)
--
-- A guest's console is never more than the bytes of O frames, so no guest can
-- speak in the agent's name.

local sys = require("sys")

local HEADER = 5
local CHUNK = 65536

local reader = {}
reader.__index = reader

local function frame(kind, bytes)
	return string.pack("<c1I4", kind, #bytes) .. bytes
end

-- Writes all; returns nil and why not when that takes longer than `seconds`
-- (for ever without), fails, or a signal came.
local function write_all(fd, bytes, seconds)
	local first, deadline = 1, seconds and sys.clock() + seconds
	while first <= #bytes do
		local count, err = sys.write(fd, bytes, first)
		if count then
			first = first + count
		elseif err ~= "again" then
			return nil, err
		elseif sys.signalled() then
			return nil, "interrupted"
		elseif deadline and sys.clock() > deadline then
			return nil, "timeout"
		else
			sys.poll({}, { fd }, 0.2)
		end
	end
	return true
end

local function new_reader(fd)
	return setmetatable({ fd = fd, parts = {}, held = 0, wanted = HEADER }, reader)
end

-- Takes in what can be read now; false at the end of the stream.
function reader:fill()
	local bytes, err = sys.read(self.fd)
	if not bytes then
		return err == "again"
	elseif bytes == "" then
		return false
	end
	self.parts[#self.parts + 1] = bytes
	self.held = self.held + #bytes
	return true
end

-- The next frame's kind and bytes, or nil until it is whole.
function reader:next()
	if self.held < self.wanted then
		return nil
	end
	local bytes = table.concat(self.parts)
	local kind, length = string.unpack("<c1I4", bytes)
	self.wanted = HEADER + length
	if #bytes < self.wanted then
		self.parts = { bytes }
		return nil
	end
	self.parts = { bytes:sub(self.wanted + 1) }
	self.held = self.held - self.wanted
	self.wanted = HEADER
	return kind, bytes:sub(HEADER + 1, HEADER + length)
end

-- Lua source of a table of strings, numbers, booleans and lists of strings.
local function encode(value)
	if type(value) ~= "table" then
		return ("%q"):format(value)
	end
	local entries = {}
	for key, v in pairs(value) do
		entries[#entries + 1] = ("[%q]=%s"):format(key, encode(v))
	end
	return "{" .. table.concat(entries, ",") .. "}"
end

local function decode(text)
	return assert(load("return " .. text, "=stream", "t", {}))()
end

return {
	CHUNK = CHUNK,
	decode = decode,
	encode = encode,
	frame = frame,
	reader = new_reader,
	write_all = write_all,
}
