-- SPDX-License-Identifier: MIT
-- Checks of single manifest values. Each takes the value and returns what it
-- means, or nil and what was expected. And what messages about them need.

local SHOWN_MAX = 40 -- bytes of a string in a message

local units = { K = 1 << 10, M = 1 << 20, G = 1 << 30 }

-- 8388608 -> "8M"
local function size_text(bytes)
	for _, unit in ipairs({ "G", "M", "K" }) do
		if bytes >= units[unit] and bytes % units[unit] == 0 then
			return bytes // units[unit] .. unit
		end
	end
	return tostring(bytes)
end

-- How a message shows what was found.
local function describe(value)
	local kind = type(value)
	if kind == "nil" then
		return "nothing"
	elseif kind == "string" then
		local shown = #value > SHOWN_MAX and value:sub(1, SHOWN_MAX) .. "..." or value
		return ('"%s" (string)'):format(shown:gsub("%c", "?"))
	elseif kind == "number" or kind == "boolean" then
		return ("%s (%s)"):format(value, kind)
	end
	return "a " .. kind
end

-- Any keys: by type, then numbers by value and all else as text.
local function key_before(a, b)
	if type(a) ~= type(b) then
		return type(a) < type(b)
	elseif type(a) == "number" then
		return a < b
	end
	return tostring(a) < tostring(b)
end

-- The keys of a table, in order.
local function keys(value)
	local result = {}
	for key in pairs(value) do
		result[#result + 1] = key
	end
	table.sort(result, key_before)
	return result
end

local function text(value)
	if type(value) == "string" and not value:find("\0", 1, true) then
		return value
	end
	return nil, "a string without NUL bytes"
end

-- A path may be long, but a name that is no file's is found here.
local function path(value)
	if type(value) == "string" and value ~= "" and not value:find("\0", 1, true) then
		return value
	end
	return nil, "a path"
end

-- The NAME of libNAME.a.
local function library(value)
	if type(value) == "string" and value:find("^[%w_][%w_+.-]*$") then
		return value
	end
	return nil, "a library's name, such as m for libm.a"
end

local function boolean(value)
	if type(value) == "boolean" then
		return value
	end
	return nil, "true or false"
end

-- What is in it is checked by who knows what it means.
local function any_table(value)
	if type(value) == "table" then
		return value
	end
	return nil, "a table"
end

local function integer(min, max, what)
	return function(value)
		if math.type(value) == "integer" and value >= min and value <= max then
			return value
		end
		return nil, ("%s from %d to %d"):format(what, min, max)
	end
end

-- Seconds, whole or not, as milliseconds.
local function seconds(min, max)
	return function(value)
		if type(value) == "number" and value >= min and value <= max then
			return math.floor(value * 1000 + 0.5)
		end
		return nil, ("seconds from %d to %d"):format(min, max)
	end
end

-- "a", "b" or "c"
local function alternatives(names)
	local all_but_last = table.concat(names, '", "', 1, #names - 1)
	return ('"%s" or "%s"'):format(all_but_last, names[#names])
end

local function one_of(...)
	local allowed, names = {}, { ... }
	for _, name in ipairs(names) do
		allowed[name] = true
	end
	return function(value)
		if allowed[value] then
			return value
		end
		return nil, alternatives(names)
	end
end

local function name(value)
	if type(value) == "string" and #value <= 31 and value:find("^%l[%l%d_]*$") then
		return value
	end
	return nil, "a lower-case letter, then up to 30 lower-case letters, digits or _"
end

-- A list without holes, whose every entry the other check accepts.
local function list(entry, what)
	return function(value)
		if type(value) ~= "table" then
			return nil, "a list of " .. what
		end
		local count, result = 0, {}
		for _ in pairs(value) do
			count = count + 1
		end
		if count ~= #value then
			return nil, ("a list of %s without holes or named entries"):format(what)
		end
		for i, v in ipairs(value) do
			local ok, expected = entry(v)
			if ok == nil then
				return nil, ("a list of %s: entry %d is %s, not %s"):format(what, i, describe(v), expected)
			end
			result[i] = ok
		end
		return result
	end
end

-- A list whose entries may have names: {{path, name}...}, those without a name first.
local function named_list(entry, what)
	return function(value)
		if type(value) ~= "table" then
			return nil, "a list of " .. what
		end
		local result = {}
		for i, key in ipairs(keys(value)) do
			local named = type(key) == "string"
			local ok, expected = entry(value[key])
			if not named and key ~= i then
				return nil, ("a list of %s without holes"):format(what)
			elseif named and not path(key) then
				return nil, ("a list of %s: %s is no name"):format(what, describe(key))
			elseif ok == nil then
				return nil, ("a list of %s: entry %s is %s, not %s"):format(what, tostring(key),
					describe(value[key]), expected)
			end
			result[i] = { path = ok, name = named and key or nil }
		end
		return result
	end
end

local function nonempty(check)
	return function(value)
		local result, expected = check(value)
		if result and #result == 0 then
			return nil, "at least one entry"
		end
		return result, expected
	end
end

-- {NAME = "value"} as a sorted list of "NAME=value"
local function environment(value)
	if type(value) ~= "table" then
		return nil, 'a table such as { LANG = "C" }'
	end
	local result = {}
	for key, v in pairs(value) do
		if type(key) ~= "string" or not key:find("^[%a_][%w_]*$") then
			return nil, ("names of letters, digits and _: %s is none"):format(describe(key))
		elseif not text(v) then
			return nil, ("strings without NUL bytes: %s is %s"):format(key, describe(v))
		end
		result[#result + 1] = key .. "=" .. v
	end
	table.sort(result)
	return result
end

local function size_parse(value)
	if math.type(value) == "integer" then
		return value
	elseif type(value) ~= "string" then
		return nil
	end
	local digits, unit = value:match("^(%d+)([KMG]?)$")
	if not digits or #digits > 9 then
		return nil
	end
	return tonumber(digits) * (units[unit] or 1)
end

-- A size from min to max in whole granules.
local function size(min, max, granule)
	local range = ("from %s to %s"):format(size_text(min), size_text(max))
	return function(value)
		local bytes = size_parse(value)
		if not bytes then
			return nil, "a size such as 8M, " .. range
		elseif bytes < min or bytes > max then
			return nil, "a size " .. range
		elseif bytes % granule ~= 0 then
			local below = bytes // granule * granule
			return nil, ("whole %s: %s or %s"):format(size_text(granule),
				size_text(math.max(below, min)), size_text(math.min(below + granule, max)))
		end
		return bytes
	end
end

-- A size from min to max that is a power of two.
local function power_of_two(min, max)
	local range = size(min, max, 1)
	return function(value)
		local bytes, expected = range(value)
		if bytes and bytes & (bytes - 1) ~= 0 then
			return nil, ("a power of two from %s to %s"):format(size_text(min), size_text(max))
		end
		return bytes, expected
	end
end

return {
	boolean = boolean,
	describe = describe,
	environment = environment,
	integer = integer,
	keys = keys,
	library = library,
	list = list,
	name = name,
	named_list = named_list,
	nonempty = nonempty,
	one_of = one_of,
	path = path,
	power_of_two = power_of_two,
	seconds = seconds,
	size = size,
	size_text = size_text,
	table = any_table,
	text = text,
}
