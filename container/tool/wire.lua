-- SPDX-License-Identifier: MIT
-- What joins components: channels and services, checked with their contracts.
--
-- A component's contracts are {name, contract, side, kind, service}: what its header
-- and its module go by, whose messages they are, and how one gets to an endpoint:
-- kind is "open", "connect" or "accept", the last two of the service so named. A
-- side is what `from` of a message may be: a component of a channel, the "client" or
-- the "server" of a service.

local check = require("check")
local contracts = require("contract")

local RING_HEADER = 8 -- bytes; RING_WORD of ipc/ring.h

local wire = {}

-- The contract between the sides, or nil. The largest message, with its header, is half the ring.
local function contract_of(reader, block, joined, from, to)
	if joined.order and block.fields.messages == nil then
		reader:report_field(block, "order", "got a table, expected none where there are no messages")
	elseif joined.messages and from and to and joined.size then
		return contracts.read(function(field, ...)
			reader:report_field(block, field, ...)
		end, { name = joined.name, messages = joined.messages, order = joined.order, size = joined.size, from = from,
			to = to }, joined.size // 2 - RING_HEADER)
	end
	return nil
end

-- What `require` answers with in every component, whatever modules it has.
local LIBRARIES = {}
for word in ("atoll coroutine debug io math os package string table utf8"):gmatch("%w+") do
	LIBRARIES[word] = true
end

local function attach(reader, block, component, entry)
	if component.language == "lua" and LIBRARIES[entry.name] then
		reader:report(block.line, '%sits contract would go by the name "%s" in component "%s", as a library of Lua\'s does; expected another name',
			block.title, entry.name, component.name)
	end
	for _, other in ipairs(component.contracts) do
		if other.name == entry.name then
			reader:report(block.line, '%sits contract would go by the name "%s" in component "%s", as another does; expected another name',
				block.title, entry.name, component.name)
		end
	end
	component.contracts[#component.contracts + 1] = entry
end

function wire.channel(reader, block, channel, components)
	reader:resolve(block, channel, "from", components)
	reader:resolve(block, channel, "to", components)
	if channel.from and channel.from == channel.to then
		reader:report_field(block, "to", 'got "%s" again, expected another component than in from', channel.to.name)
	end
	local contract = contract_of(reader, block, channel, channel.from, channel.to)
	for _, component in ipairs(contract and { channel.from, channel.to } or {}) do
		attach(reader, block, component, { name = channel.name, contract = contract, side = component, kind = "open" })
	end
end

local function clients_resolve(reader, block, service, components)
	local clients, seen = {}, {}
	for _, name in ipairs(service.clients or {}) do
		seen[name] = (seen[name] or 0) + 1
		if seen[name] == 1 then
			clients[#clients + 1] = reader:component_of(block, "clients", name, components)
		elseif seen[name] == 2 then
			reader:report_field(block, "clients", 'got "%s" twice, expected each component once', name)
		end
	end
	service.clients = clients
end

local function contract_attach(reader, block, service, contract, sides)
	attach(reader, block, service.server, { name = service.name .. "_server", contract = contract, side = sides.server,
		kind = "accept", service = service.name })
	for _, client in ipairs(service.clients) do
		attach(reader, block, client, { name = service.name .. "_client", contract = contract, side = sides.client, kind = "connect",
			service = service.name })
	end
end

function wire.service(reader, block, service, components)
	reader:resolve(block, service, "server", components)
	clients_resolve(reader, block, service, components)
	service.per_client = service.per_client or service.connections
	if service.per_client and service.connections and service.per_client > service.connections then
		reader:report_field(block, "per_client", "got %d, expected at most connections, which is %d", service.per_client,
			service.connections)
	end
	for _, component in ipairs({ service.server, table.unpack(service.clients) }) do
		component.in_service = true
	end
	local sides = { client = { name = "client" }, server = { name = "server" } }
	local contract = contract_of(reader, block, service, sides.client, sides.server)
	if contract and service.server then
		contract_attach(reader, block, service, contract, sides)
	end
end

return wire
