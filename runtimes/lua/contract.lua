-- SPDX-License-Identifier: MIT
-- What the modules that the packer writes from a channel's contract are made of.
--
-- A component requires the module by the channel's name. What is sent wrongly is
-- an error; what is received wrongly closes the channel, for both ends, as a
-- protocol error. The bytes are lua_contract.c's.

local atoll = require("atoll")
local message = require("atoll.message")

local contract = {}
contract.__index = contract

-- The message's description; what it has not is an error of the caller's caller.
function contract:check(name)
	local found = self.by_name[name]
	if not found then
		error(("%s: got the message %s, expected one of the contract"):format(self.name, tostring(name)), 3)
	end
	return found
end

-- The bytes of a message. No tail call: errors name the place two calls up.
function contract:encode(name, fields)
	local bytes = message.encode(self:check(name).form, fields)
	return bytes
end

-- The name and the fields, or nil and why the bytes are no message of the contract.
function contract:decode(bytes)
	local name, fields = message.decode(self.forms, bytes)
	return name or nil, fields
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

-- What is called with a dot where a colon belongs is an error of the caller's caller.
local function conversation_check(self, method)
	if getmetatable(self) ~= conversation then
		error(("%s: got a %s, expected a conversation, as in talk:%s(...)"):format(method, type(self), method), 3)
	end
end

-- true | nil, word. Of tasks that wait for room, whose turn it is says who comes first.
function conversation:send(name, fields, timeout)
	conversation_check(self, "send")
	local sent = self.contract:check(name)
	if not sent.mine then
		error(("%s: message %s is the other side's to send"):format(self.contract.name, name), 2)
	end
	local ok, why = message.send(self.endpoint, sent.form, fields, timeout, self, self.contract.order)
	if ok then
		return true
	end
	return nil, why
end

local function reject(self, why)
	self.endpoint:reject()
	return nil, "closed", ("%s: received %s"):format(self.contract.name, why)
end

-- name, fields | nil, word, and how the message broke the contract if it did.
function conversation:recv(timeout)
	conversation_check(self, "recv")
	local name, fields = message.recv(self.endpoint, self.contract.forms, timeout)
	if name == nil then
		return nil, fields
	elseif not name then
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
		conversation_check(self, method)
		return self.endpoint[method](self.endpoint)
	end
end
conversation.__close = conversation.close

-- A contract from its description: {name, order, messages = {{name, tag, fixed, mine, fields}...}}.
return function(description)
	local self = setmetatable(description, contract)
	self.by_name, self.forms = {}, {}
	for _, entry in ipairs(self.messages) do
		entry.form = message.form(self.name, entry)
		self.by_name[entry.name] = entry
		self.forms[entry.tag] = entry.form
	end
	return self
end
