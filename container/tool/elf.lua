-- SPDX-License-Identifier: MIT
-- Reads ELF files of this machine, images and objects: segments, sections, and
-- a section's bytes.
-- Nothing in the file is trusted: whatever does not lie within it is an error.

local fail = require("fail").fail

local MAGIC = "\127ELF\2\1\1" -- 64 bits, little-endian, version 1
local MACHINE_X86_64 = 62
local SEGMENT_LOAD = 1
local SECTION_NOBITS = 8
local NAME_MAX = 1024 -- bytes of a section's name; or many sections with one endless name fill the memory

local file = {}
file.__index = file

local function damaged(self, what)
	fail("%s: %s; expected a whole 64-bit x86 ELF file", self.path, what)
end

local function slice(self, offset, size, what)
	if offset < 0 or size < 0 or offset > self.size or size > self.size - offset then
		damaged(self, what .. " lies behind the end of the file")
	end
	self.handle:seek("set", offset)
	local bytes = size == 0 and "" or self.handle:read(size)
	if not bytes or #bytes ~= size then
		damaged(self, what .. " cannot be read")
	end
	return bytes
end

-- Calls each(entry bytes) for every entry of a table.
local function for_entries(self, table_, what, each)
	local bytes = slice(self, table_.offset, table_.count * table_.entry, what)
	for i = 0, table_.count - 1 do
		each(bytes:sub(i * table_.entry + 1, (i + 1) * table_.entry))
	end
end

local function read_segments(self, segments)
	for_entries(self, segments, "the program header", function(entry)
		local kind, flags, offset, address, _, _, size = ("<I4I4i8i8i8i8i8"):unpack(entry)
		if kind == SEGMENT_LOAD and size > 0 then
			self.segments[#self.segments + 1] =
				{ offset = offset, base = address, size = size, flags = flags }
		end
	end)
end

local function read_sections(self, sections)
	for_entries(self, sections, "the section header", function(entry)
		local name, kind, flags, address, offset, size, _, _, align = ("<I4I4i8i8i8i8I4I4i8"):unpack(entry)
		self.sections[#self.sections + 1] = { name = "", name_offset = name, kind = kind, flags = flags,
			base = address, offset = offset, size = size, align = align }
	end)
	local strings = self.sections[sections.names + 1]
	if not strings then
		return
	end
	local text = slice(self, strings.offset, strings.size, "the table of names")
	for _, section in ipairs(self.sections) do
		local first = section.name_offset + 1
		section.name = text:sub(first, first + NAME_MAX - 1):match("^[^\0]*")
	end
end

-- The section of that name: where it lies in memory is from base, size bytes; or nil.
function file:find(name)
	for _, section in ipairs(self.sections) do
		if section.name == name then
			return section
		end
	end
	return nil
end

function file:has(name)
	return self:find(name) ~= nil
end

-- The bytes of the section of that name, or nil.
function file:section(name)
	for _, section in ipairs(self.sections) do
		if section.name == name and section.kind ~= SECTION_NOBITS then
			return slice(self, section.offset, section.size, "section " .. name)
		end
	end
	return nil
end

local function open(path)
	local handle, err = io.open(path, "rb")
	if not handle then
		fail("%s; expected an image", err)
	end
	local self = setmetatable({ path = path, handle = handle, segments = {}, sections = {} }, file)
	self.size = handle:seek("end") or 0
	if self.size < #MAGIC or slice(self, 0, #MAGIC, "the header") ~= MAGIC then
		damaged(self, "not an ELF file of this machine")
	end
	local head = slice(self, 16, 48, "the header")
	local _, machine, _, _, phoff, shoff, _, _, phentsize, phnum, shentsize, shnum, shstrndx =
		("<I2I2I4i8i8i8I4I2I2I2I2I2I2"):unpack(head)
	if machine ~= MACHINE_X86_64 or phnum > 0 and phentsize ~= 56 or shnum > 0 and shentsize ~= 64 then
		damaged(self, "an ELF file of another kind")
	end
	read_segments(self, { offset = phoff, entry = phentsize, count = phnum })
	read_sections(self, { offset = shoff, entry = shentsize, count = shnum, names = shstrndx })
	return self
end

return { open = open }
