-- SPDX-License-Identifier: MIT
-- atoll symbolize: adds files and lines to the backtraces in a console log.
--
-- The log may hold anything: only lines that look like a report's are read, and
-- only numbers of them reach another program.

local elf = require("elf")
local fail = require("fail").fail
local files = require("files")
local guests = require("guest")
local layout = require("layout")
local options = require("options")

local usage = [[
usage: atoll symbolize IMAGE [LOG]

Prints a console log with every line of a backtrace completed by file and line,
and by the functions that were inlined there:
   #1  000000000040f3cf main+0x3f at main.c:70
LOG is a file, or standard input, so that this works too:
  atoll run IMAGE 2>&1 | atoll symbolize IMAGE

IMAGE is what was running: the folder that `atoll build` wrote, its NAME.elf or
its NAME.debug. All other lines of the log pass unchanged.
]]

local BATCH_MAX = 64 -- addresses for one addr2line
local DIGITS_MAX = 16

-- The file with debug information that belongs to what the user named.
local function debug_file(path)
	local image = guests.image_path(path)
	local debug = image:gsub("%.elf$", ".debug")
	if not files.stat(debug) then
		fail("symbolize: %s is not there; expected it beside the image, as atoll build writes it", debug)
	elseif not elf.open(debug):has(".debug_line") then
		fail("symbolize: %s has no debug information; expected the NAME.debug that atoll build writes", debug)
	end
	return debug
end

local function run(command)
	local status, out, err = files.run(command)
	if not status then
		fail("symbolize: %s; expected the package binutils", out)
	elseif status ~= 0 then
		fail("symbolize: %s: %s", command[1], err)
	end
	return out
end

-- {[address] = {[name] = true}} of the functions in the image.
local function functions(debug)
	local result = {}
	for address, name in run({ "nm", debug }):gmatch("(%x+) %a ([^\n]+)") do
		address = tonumber(address, 16)
		result[address] = result[address] or {}
		result[address][name] = true
	end
	return result
end

-- Reader: one log and the image that wrote it.
local reader = {}
reader.__index = reader

-- What addr2line prints for an address: its place and those that it is inlined
-- into, innermost first: {{func, place}...}; none where it knows nothing.
local function frames_parse(lines)
	local frames = {}
	for i = 1, #lines - 1, 2 do
		local place = lines[i + 1]:gsub(" %(discriminator %d+%)$", ""):gsub("%f[^%z/]%./", "")
		if not place:find("?", 1, true) then
			frames[#frames + 1] = { func = lines[i], place = place }
		end
	end
	return frames
end

-- Looks up addresses that are not known yet, in one go.
function reader:look_up(addresses)
	local command, wanted = { "addr2line", "-a", "-f", "-i", "-e", self.debug }, {}
	for _, address in ipairs(addresses) do
		if not self.frames[address] then
			command[#command + 1] = ("0x%x"):format(address)
			self.frames[address] = {}
			wanted[#wanted + 1] = address
		end
	end
	if #wanted == 0 then
		return
	end
	local count = 0
	for block in ("\n" .. run(command)):gsub("\n0x", "\n\0"):gmatch("\0([^\0]*)") do
		local lines = {}
		for line in block:gmatch("[^\n]+") do
			lines[#lines + 1] = line
		end
		count = count + 1
		table.remove(lines, 1) -- the address
		self.frames[wanted[count] or 0] = frames_parse(lines)
	end
end

-- An address of the image, or nil.
local function image_address(digits)
	local address = #digits <= DIGITS_MAX and tonumber(digits, 16)
	local offset = address and address - layout.image_base
	return offset and offset >= 0 and offset < layout.image_size and address or nil
end

-- Whether the image has the function where the log says so.
function reader:fits(address, name, offset)
	self.functions = self.functions or functions(self.debug)
	local names = #offset <= DIGITS_MAX and self.functions[address - tonumber(offset, 16)]
	return names and names[name] or false
end

-- What a line of the log needs: {line, lookup} for a line of a backtrace, with
-- rip set for the registers'. A return address may lie behind its function: of
-- a call, the address before counts, but not where the processor itself was.
function reader:entry(line)
	local digits, name, offset = line:match("#%d+%s+(%x+) ([^%s+]+)%+0?x?(%x+)%s*$")
	local rip = line:match("^%s*rip (%x+)")
	local address = image_address(digits or rip or "")
	if not address then
		return nil
	elseif rip then
		self.faults[address] = true
		return { line = line, lookup = address, rip = true }
	elseif not self:fits(address, name, offset) then
		self.strangers = self.strangers + 1
		return nil
	end
	local is_exact = self.faults[address] or tonumber(offset, 16) == 0
	return { line = line, lookup = is_exact and address or address - 1 }
end

local function completed(entry, frames)
	if #frames == 0 then
		return entry.line
	end
	local text, tail = entry.line:match("^(.-)(%s*)$")
	local lines = { ("%s at %s"):format(text, frames[1].place) }
	if entry.rip then
		lines = { text, ("     rip at %s in %s"):format(frames[1].place, frames[1].func) }
	elseif #frames > 1 then
		lines[1] = lines[1] .. " in " .. frames[1].func
	end
	for i = 2, #frames do
		lines[#lines + 1] = ("     inlined into %s at %s"):format(frames[i].func, frames[i].place)
	end
	return table.concat(lines, tail .. "\n") .. tail
end

function reader:flush()
	local addresses = {}
	for i, entry in ipairs(self.entries) do
		addresses[i] = entry.lookup
	end
	self:look_up(addresses)
	for _, entry in ipairs(self.entries) do
		io.stdout:write(completed(entry, self.frames[entry.lookup]), "\n")
	end
	self.entries = {}
end

-- Lines of a backtrace wait for one another; any other line goes out at once.
function reader:line(line)
	local entry = self:entry(line)
	if entry then
		self.entries[#self.entries + 1] = entry
	end
	if not entry or #self.entries == BATCH_MAX then
		self:flush()
	end
	if not entry then
		io.stdout:write(line, "\n")
		io.stdout:flush()
	end
end

local function open(path)
	if not path then
		return io.stdin
	end
	local file, err = io.open(path, "rb")
	if not file then
		fail("symbolize: %s; expected a console log", err)
	end
	return file
end

local function main(args)
	local opts = options.parse("symbolize", {}, args)
	if #opts < 1 or #opts > 2 or #opts.rest > 0 then
		fail("symbolize: got %d words; expected an image and at most one log\n%s", #opts + #opts.rest, usage)
	end
	local self = setmetatable({ debug = debug_file(opts[1]), frames = {}, faults = {}, entries = {}, strangers = 0 },
		reader)
	for line in open(opts[2]):lines() do
		self:line(line)
	end
	self:flush()
	if self.strangers > 0 then
		fail("symbolize: %d lines name functions that are not there in %s; expected the image that wrote this log",
			self.strangers, self.debug)
	end
	return 0
end

return { summary = "add files and lines to the backtraces in a console log", usage = usage, main = main }
