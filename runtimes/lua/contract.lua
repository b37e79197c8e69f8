-- SPDX-License-Identifier: MIT
-- What the modules that the packer writes from a channel's contract are made of.
--
-- A component requires the module by the channel's name. The layout is the one
-- of container/tool/contract.lua. What is sent wrongly is an error; what is
-- received wrongly closes the channel, for both ends, as a protocol error.

local atoll = require("atoll")

local TAG_SIZE = 4

-- Fields in terms of string.pack; a bool is a byte.
local function message_prepare(message)
	local formats = {}
	for i, field in ipairs(message.fields) do
		formats[i] = field.pack
	end
	message.format = "<I4" .. table.concat(formats)
	return message
end

local function value_text(value)
	return type(value) == "string" and ("%d bytes"):format(#value) or tostring(value)
end

-- What goes among the fixed fields, or nil and what was expected.
local function field_number(field, value)
	if field.type == "string" then
		if type(value) == "string" and #value <= field.max then
			return #value
		end
		return nil, ("a string of at most %d bytes"):format(field.max)
	elseif field.type == "bool" then
		if type(value) == "boolean" then
			return value and 1 or 0
		end
		return nil, "a boolean"
	elseif not field.min then
		return type(value) == "number" and value or nil, "a number"
	end
	local integer = math.type(value) and math.tointeger(value)
	if integer and integer >= field.min and integer <= field.max then
		return integer
	end
	return nil, ("an integer from %d to %d"):format(field.min, field.max)
end

local contract = {}
contract.__index = contract

function contract:check(name, level)
	local message = self.by_name[name]
	if not message then
		error(("%s: got the message %s, expected one of the contract"):format(self.name, tostring(name)), level + 1)
	end
	return message
end

local function check_unknown(self, message, fields, level)
	for key in pairs(fields) do
		if not message.known[key] then
			error(("%s: message %s: got the field %s, expected one of the contract"):format(self.name, message.name,
				tostring(key)), level + 1)
		end
	end
end

-- The bytes of a message; what is not the contract's is an error of the caller's caller.
local function encode(self, message, fields, level)
	local values, strings = {}, {}
	if type(fields) ~= "table" then
		error(("%s: message %s: got a %s, expected a table of its fields"):format(self.name, message.name,
			type(fields)), level + 1)
	end
	for i, field in ipairs(message.fields) do
		local value = fields[field.name]
		local number, expected = field_number(field, value)
		if not number then
			error(("%s: message %s: field %s: got %s, expected %s"):format(self.name, message.name, field.name,
				value_text(value), expected), level + 1)
		end
		values[i] = number
		if field.type == "string" then
			strings[#strings + 1] = value
		end
	end
	check_unknown(self, message, fields, level + 1)
	return message.format:pack(message.tag, table.unpack(values)) .. table.concat(strings)
end

local function value_of(field, number, bytes, at)
	if field.type == "bool" then
		return number <= 1 and number == 1, number <= 1, at
	elseif field.type == "string" then
		local good = number <= field.max and number <= #bytes - at + 1
		return bytes:sub(at, at + number - 1), good, good and at + number or at
	end
	return number, true, at
end

-- The name and the fields, or nil and why it is no message of the contract.
local function decode(self, bytes)
	local message = #bytes >= TAG_SIZE and self.by_tag[("<I4"):unpack(bytes)]
	if not message then
		return nil, "no message of the contract"
	elseif #bytes < message.fixed then
		return nil, "a message that is too short"
	end
	local numbers = { message.format:unpack(bytes) }
	local fields, at = {}, message.fixed + 1
	for i, field in ipairs(message.fields) do
		local good
		fields[field.name], good, at = value_of(field, numbers[i + 1], bytes, at)
		if not good then
			return nil, ("a message whose field %s is not the contract's"):format(field.name)
		end
	end
	if at ~= #bytes + 1 then
		return nil, "a message that is too long"
	end
	return message.name, fields
end

function contract:encode(name, fields)
	return encode(self, self:check(name, 2), fields, 2)
end

function contract:decode(bytes)
	return decode(self, bytes)
end

-- One end of the channel.
local conversation = {}
conversation.__index = conversation

-- conversation | nil, what the call says that gives the endpoint
local function converse(self, endpoint, ...)
	if not endpoint then
		return nil, ...
	end
	return setmetatable({ contract = self, endpoint = endpoint, state = self.order and "start" }, conversation)
end

function contract:open()
	return converse(self, atoll.open(self.wire))
end

-- As client of a service.
function contract:connect(timeout)
	return converse(self, atoll.connect(self.wire, timeout))
end

-- A service whose connections are conversations.
local listener = {}
listener.__index = listener

-- As its server: listener | nil, message
function contract:listen()
	local service, err = atoll.listen(self.wire)
	if not service then
		return nil, err
	end
	return setmetatable({ contract = self, service = service }, listener)
end

function listener:accept(timeout)
	return converse(self.contract, self.service:accept(timeout))
end

local function accept_next(self)
	return self:accept()
end

-- for conversation in listener:accepted() do
function listener:accepted()
	return accept_next, self
end

function listener:close()
	self.service:close()
end
listener.__close = listener.close

-- Where a message leads from here, or nil.
local function turn(self, name)
	local order = self.contract.order
	return not order or order[self.state][name]
end

-- true | nil, word. A task that waits for room has its turn already.
function conversation:send(name, fields, timeout)
	local c = self.contract
	local message, before = c:check(name, 2), self.state
	if not message.mine then
		error(("%s: message %s is the other side's to send"):format(c.name, name), 2)
	end
	local bytes, next_state = encode(c, message, fields, 2), turn(self, name)
	if not next_state then
		error(("%s: it is not the turn of message %s, but of %s's"):format(c.name, name, before), 2)
	end
	self.state = next_state
	local ok, why = self.endpoint:send(bytes, timeout)
	if not ok then
		self.state = before
	end
	return ok, why
end

local function reject(self, why)
	self.endpoint:reject()
	return nil, "closed", ("%s: received %s"):format(self.contract.name, why)
end

-- name, fields | nil, word, and how the message broke the contract if it did.
function conversation:recv(timeout)
	local bytes, word = self.endpoint:recv(timeout)
	if not bytes then
		return nil, word
	end
	local name, fields = decode(self.contract, bytes)
	if not name then
		return reject(self, fields)
	elseif self.contract.by_name[name].mine then
		return reject(self, ("message %s, which is this side's to send"):format(name))
	end
	local next_state = turn(self, name)
	if not next_state then
		return reject(self, ("message %s, whose turn it is not"):format(name))
	end
	self.state = next_state
	return name, fields
end

local function messages_next(self)
	return self:recv()
end

-- for name, fields in conversation:messages() do
function conversation:messages()
	return messages_next, self
end

for _, method in ipairs({ "close", "finish", "reason" }) do
	conversation[method] = function(self)
		return self.endpoint[method](self.endpoint)
	end
end
conversation.__close = conversation.close

-- A contract from its description: {name, order, messages = {{name, tag, fixed, mine, fields}...}}.
return function(description)
	local self = setmetatable(description, contract)
	self.by_name, self.by_tag = {}, {}
	for _, message in ipairs(self.messages) do
		self.by_name[message.name] = message_prepare(message)
		self.by_tag[message.tag] = message
		message.known = {}
		for _, field in ipairs(message.fields) do
			message.known[field.name] = true
		end
	end
	return self
end
