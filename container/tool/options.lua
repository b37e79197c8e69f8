-- SPDX-License-Identifier: MIT
-- Reads a command's options.
--
-- A specification maps each option to {field name, name of its value}; without
-- a value's name the option is a flag; a third entry, true, makes the field a list
-- of the values of all such options. Everything else is an operand; `--` ends
-- the options and what follows it is in result.rest.

local fail = require("fail").fail
local keys = require("check").keys

local function known(spec)
	local names = keys(spec)
	return #names > 0 and table.concat(names, ", ") or "no options"
end

-- {field = value, operands..., rest = {...}}
local function parse(command, spec, args)
	local result, i = { rest = {} }, 1
	while i <= #args do
		local word, value = args[i], nil
		if word == "--" then
			result.rest = table.move(args, i + 1, #args, 1, {})
			break
		elseif word:sub(1, 1) ~= "-" or word == "-" then
			result[#result + 1] = word
		else
			local name, attached = word:match("^(%-%-[^=]+)=(.*)$")
			local option = spec[name or word]
			if not option then
				fail("%s: unknown option %s; expected %s", command, word, known(spec))
			end
			if option[2] and not name then
				i = i + 1
				attached = args[i]
			end
			if option[2] and not attached then
				fail("%s: option %s has no value; expected %s", command, word, option[2])
			elseif attached == "" then
				fail("%s: option %s has an empty value; expected %s", command, name or word, option[2] or "none")
			elseif name and not option[2] then
				fail("%s: option %s: got the value \"%s\"; expected none", command, name, attached)
			end
			value = attached or true
			if option[3] then
				value = table.move({ value }, 1, 1, #(result[option[1]] or {}) + 1, result[option[1]] or {})
			end
			result[option[1]] = value
		end
		i = i + 1
	end
	return result
end

return { parse = parse }
