-- SPDX-License-Identifier: MIT
-- Gives what each C component brings besides code a range of its own in the
-- image: its writable data, which a restart makes pristine, and its
-- constructors and destructors, which run on the component's own thread.
--
-- Sections of a component's object are renamed to .component.NAME.KIND, and
-- the linker script gathers those between the symbols NAME_KIND_start and
-- NAME_KIND_end; KIND is data, bss, init or fini. Thread-local data stays with
-- the image's own: each thread has a copy anyway.

local elf = require("elf")

local NOBITS = 8 -- sh_type
local WRITE, ALLOC, TLS = 1, 2, 0x400 -- sh_flags

local CONSTANT = ",alloc,load,readonly,data,contents"

-- Components never share a line of a processor's cache, since cores may.
local LINE = 64

-- Sanitizers bring constructors with the priorities that programs may not use.
local PRIORITY_MIN = 101

-- In a static image nothing is relocated at run time, so what C calls constant is.
local function is_constant(name)
	return name == ".data.rel.ro" or name:find("^%.data%.rel%.ro%.")
end

-- ".init_array.00101" -> "init", ".00101"
local function array_kind(name)
	if name:find("^%.preinit_array") then
		return "init", ".first"
	end
	local kind, rest = name:match("^%.(%a+)_array(.*)$")
	if (kind == "init" or kind == "fini") and (rest == "" or rest:find("^%.%d+$")) then
		return kind, rest
	end
	return nil
end

local function writable_kind(section)
	if section.flags & WRITE == 0 or section.flags & TLS ~= 0 then
		return nil
	end
	return section.kind == NOBITS and "bss" or "data"
end

-- The new name of a section of component NAME, with flags; nil where it stays.
local function new_name(section, name, sanitized)
	local prefix = ".component." .. name .. "."
	local array, rest = array_kind(section.name)
	if array then
		local priority = tonumber(rest:match("%d+")) or PRIORITY_MIN
		return not (sanitized and priority < PRIORITY_MIN) and prefix .. array .. rest .. CONSTANT or nil
	elseif is_constant(section.name) then
		return ".rodata." .. name .. CONSTANT
	end
	local kind = writable_kind(section)
	return kind and prefix .. kind or nil
end

-- Names X of the __start_X and __stop_X that an object's code asks the linker for.
local function set_names(undefined)
	local result = {}
	for bound, name in undefined:gmatch("__(st%a+)_([%a_][%w_]*)\n") do
		result[name] = bound == "start" or bound == "stop" or result[name]
	end
	return result
end

-- What is to be done to component NAME's object, given what `nm -u` says of it:
-- {options for objcopy}, and its sets: sections between symbols of their own,
-- {{name, symbol, align, writable}...}. Nil and the section's name where one
-- is not understood.
local function plan(object, name, undefined, sanitized)
	local options, sets, asked = {}, {}, set_names(undefined)
	for _, section in ipairs(elf.open(object).sections) do
		local set = asked[section.name] and section.name
		local renamed = section.flags & ALLOC ~= 0 and new_name(section, name, sanitized)
		if section.name:find("^%.[cd]tors") then
			return nil, section.name
		elseif set then
			sets[#sets + 1] = { name = set, align = section.align, writable = section.flags & WRITE ~= 0 }
			renamed = (".component.%s.set.%s"):format(name, set)
			for _, bound in ipairs({ "start", "stop" }) do
				options[#options + 1] = ("--redefine-sym=__%s_%s=%s_%s_%s"):format(bound, set, name, bound, set)
			end
		end
		if renamed then
			options[#options + 1] = ("--rename-section=%s=%s"):format(section.name, renamed)
		end
	end
	return options, sets
end

local function lines(format, ...)
	return (format:format(...):gsub("\n", "\n\t\t"))
end

local function set_text(name, set)
	return lines("\n. = ALIGN(%d);\n%s_start_%s = .;\nKEEP(*(.component.%s.set.%s))\n%s_stop_%s = .;",
		set.align, name, set.name, name, set.name, name, set.name)
end

local function sets_text(component, writable)
	local texts = {}
	for _, set in ipairs(component.sets) do
		if set.writable == writable then
			texts[#texts + 1] = set_text(component.name, set)
		end
	end
	return table.concat(texts)
end

local texts = {}

function texts.arrays(component)
	local name = component.name
	return lines("\n. = ALIGN(8);\n%s_init_start = .;\nKEEP(*(.component.%s.init.first))\n"
			.. "KEEP(*(SORT_BY_INIT_PRIORITY(.component.%s.init.*)))\nKEEP(*(.component.%s.init))\n"
			.. "%s_init_end = .;", name, name, name, name, name)
		.. lines("\n%s_fini_start = .;\nKEEP(*(SORT_BY_INIT_PRIORITY(.component.%s.fini.*)))\n"
			.. "KEEP(*(.component.%s.fini))\n%s_fini_end = .;", name, name, name, name)
		.. sets_text(component, false)
end

function texts.data(component)
	local name = component.name
	return lines("\n. = ALIGN(%d);\n%s_data_start = .;\n*(.component.%s.data)", LINE, name, name)
		.. sets_text(component, true) .. lines("\n. = ALIGN(8);\n%s_data_end = .;", name)
end

function texts.bss(component)
	local name = component.name
	return lines("\n. = ALIGN(%d);\n%s_bss_start = .;\n*(.component.%s.bss)\n. = ALIGN(8);\n%s_bss_end = .;",
		LINE, name, name, name)
end

local function fragment(components, kind)
	local result = {}
	for _, component in ipairs(components) do
		result[#result + 1] = component.language == "c" and texts[kind](component) or nil
	end
	return table.concat(result)
end

-- The image's linker script with what the components need in place of its
-- lines INCLUDE component.KIND.
local function script(template, components)
	return (template:gsub("INCLUDE component%.(%a+)", function(kind)
		return (fragment(components, kind):gsub("^%s+", ""))
	end))
end

-- The same for a Linux process, beside the linker's own script.
local insertion = [[
SECTIONS { .component.arrays : {
		INCLUDE component.arrays
	}
} INSERT AFTER .rodata;
SECTIONS { .component.data : {
		INCLUDE component.data
	}
} INSERT AFTER .data;
SECTIONS { .component.bss : {
		INCLUDE component.bss
	}
} INSERT AFTER .bss;
]]

return { plan = plan, script = script, insertion = insertion }
