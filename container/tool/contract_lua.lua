-- SPDX-License-Identifier: MIT
-- A contract's module for one of its components in Lua, over runtimes/lua/contract.lua and lua_contract.c.

local keys = require("check").keys

local function serialize(value)
	if type(value) ~= "table" then
		return ("%q"):format(value)
	end
	local parts = {}
	for i, key in ipairs(keys(value)) do
		parts[i] = ("[%q]=%s"):format(key, serialize(value[key]))
	end
	return "{" .. table.concat(parts, ",") .. "}"
end

local function field_data(field)
	return { name = field.name, kind = field.kind.lua, size = field.kind.size, min = field.kind.min,
		max = field.max or field.kind.max }
end

local function message_data(message, side)
	local fields = {}
	for i, field in ipairs(message.fields) do
		fields[i] = field_data(field)
	end
	return { name = message.name, tag = message.tag, fixed = message.fixed, mine = message.from == side,
		fields = fields }
end

local function order_data(states)
	local order = {}
	for _, state in ipairs(states) do
		order[state.name] = {}
		for _, move in ipairs(state.moves) do
			order[state.name][move.message.name] = move.next
		end
	end
	return order
end

-- The module's text for this component, whose contract the entry is (wire.lua).
local function module(entry, component)
	local contract = entry.contract
	local data = { name = entry.name, wire = contract.name, kind = entry.kind, messages = {},
		order = contract.states and order_data(contract.states) }
	for i, message in ipairs(contract.messages) do
		data.messages[i] = message_data(message, entry.side)
	end
	return ('-- The messages of %s %s, as component %s has them; written by the packer.\nreturn require("atoll.contract")(%s)\n')
		:format(entry.service and "service" or "channel", contract.name, component.name, serialize(data))
end

return { module = module }
