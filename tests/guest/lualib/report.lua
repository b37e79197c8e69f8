#!/usr/bin/lua5.4
-- SPDX-License-Identifier: MIT
-- Prints lines of the transcript: a title, and values as Lua would write them.
local report = { file = debug.getinfo(1, "S").source, name = ... }

local function text(value)
	if math.type(value) == "float" then
		return ("%a"):format(value)
	elseif type(value) == "string" then
		return ("%q"):format(value):gsub("\\\n", "\\n")
	end
	return tostring(value)
end

function report.show(title, ...)
	local parts = table.pack(...)
	for i = 1, parts.n do
		parts[i] = text(parts[i])
	end
	print(title .. ": " .. table.concat(parts, " "))
end

function report.fails(title, f, ...)
	local results = table.pack(pcall(f, ...))
	local ok, first, why, number = table.unpack(results, 1, 4)
	if ok then
		report.show(title, first, why, number)
	else
		report.show(title, "error", first)
	end
end

function report.raise(message)
	error(message)
end

return report
