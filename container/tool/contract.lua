-- SPDX-License-Identifier: MIT
-- A channel's contract: its messages, their layout, and whose turn it is.
--
-- The layout is little-endian and has no padding:
--
--     u32 tag | fixed fields in their order | bytes of the strings in their order
--
-- A string's place among the fixed fields has its length, a u32. A bool is one
-- byte, 0 or 1. The tag is FNV-1a of the message's description, such as
-- "order(id:u32,text:string<=64)", so that ends that were packed from different
-- contracts do not understand each other by chance. A message is exactly as long
-- as its fields say.

local check = require("check")

local MESSAGES_MAX, FIELDS_MAX, STATES_MAX = 256, 64, 256
local TAG_SIZE, LENGTH_SIZE = 4, 4
local START = "start"

local INTEGER = "integer"

-- Bytes, the type in C, what it is in Lua, and there an integer's range.
local types = {
	u8 = { size = 1, c = "uint8_t", lua = INTEGER, min = 0, max = 0xff },
	u16 = { size = 2, c = "uint16_t", lua = INTEGER, min = 0, max = 0xffff },
	u32 = { size = 4, c = "uint32_t", lua = INTEGER, min = 0, max = 0xffffffff },
	u64 = { size = 8, c = "uint64_t", lua = INTEGER, min = math.mininteger, max = math.maxinteger },
	i8 = { size = 1, c = "int8_t", lua = INTEGER, min = -0x80, max = 0x7f },
	i16 = { size = 2, c = "int16_t", lua = INTEGER, min = -0x8000, max = 0x7fff },
	i32 = { size = 4, c = "int32_t", lua = INTEGER, min = -0x80000000, max = 0x7fffffff },
	i64 = { size = 8, c = "int64_t", lua = INTEGER, min = math.mininteger, max = math.maxinteger },
	f32 = { size = 4, c = "float", lua = "number" },
	f64 = { size = 8, c = "double", lua = "number" },
	bool = { size = 1, c = "bool", lua = "boolean" },
	string = { size = LENGTH_SIZE, c = "struct contract_string", lua = "string" },
}

-- What a field must not be called, because it is a member of a struct in C: keywords, and macros.
local C_KEYWORDS = {}
for word in ([[auto break case char const continue default do double else enum extern float for goto if
	inline int long register restrict return short signed sizeof static struct switch typedef union
	unsigned void volatile while bool true false asm typeof errno linux unix]]):gmatch("%a+") do
	C_KEYWORDS[word] = true
end

-- Nor a message: the header has a struct and an enum by these names itself.
local HEADERS_OWN = { kind = true, message = true }

local function fnv1a(text)
	local hash = 0x811c9dc5
	for i = 1, #text do
		hash = (hash ~ text:byte(i)) * 0x01000193 & 0xffffffff
	end
	return hash
end

-- builder: one contract while it is checked; report(field, format, ...) says what is wrong.
local builder = {}
builder.__index = builder

function builder:check_name(place, name, seen)
	local ok, expected = check.name(name)
	if not ok then
		self.report("messages", "%s: got the name %s, expected %s", place, check.describe(name), expected)
	elseif C_KEYWORDS[name] then
		self.report("messages", '%s: got the name "%s", expected one that is no word of C', place, name)
	elseif seen[name] then
		self.report("messages", '%s: got "%s" twice, expected another name', place, name)
	end
	seen[ok or 0] = ok
	return ok
end

-- { "text", "string", max = 64 }
function builder:field(place, entry, seen)
	if type(entry) ~= "table" then
		self.report("messages", '%s: got %s, expected { "name", "type" }', place, check.describe(entry))
		return nil
	end
	local name = self:check_name(place, entry[1], seen)
	if not name then
		return nil
	end
	place = place .. " " .. name
	local kind = type(entry[2]) == "string" and types[entry[2]]
	if not kind then
		self.report("messages", "%s: got the type %s, expected one of %s", place, check.describe(entry[2]),
			table.concat(check.keys(types), ", "))
		return nil
	end
	for _, key in ipairs(check.keys(entry)) do
		if key ~= 1 and key ~= 2 and not (key == "max" and kind == types.string) then
			self.report("messages", "%s: got %s, expected a name, a type and, of a string, max", place,
				type(key) == "string" and check.describe(key) or "more than two entries")
		end
	end
	local max, expected
	if kind == types.string then
		max, expected = self.limit(entry.max)
		if not max then
			self.report("messages", "%s: max: got %s, expected %s", place, check.describe(entry.max), expected)
			return nil
		end
	end
	return { name = name, type = entry[2], kind = kind, max = max }
end

-- Places and lengths; what the tag is made of.
local function message_lay(message)
	local words, offset, max = {}, TAG_SIZE, TAG_SIZE
	for i, field in ipairs(message.fields) do
		field.offset = offset
		offset = offset + field.kind.size
		max = max + field.kind.size + (field.max or 0)
		words[i] = ("%s:%s%s"):format(field.name, field.type, field.max and "<=" .. field.max or "")
	end
	message.fixed, message.max = offset, max
	message.tag = fnv1a(("%s(%s)"):format(message.name, table.concat(words, ",")))
end

function builder:fields(message, list)
	local place = "message " .. message.name
	if type(list) ~= "table" or #list > FIELDS_MAX or #check.keys(list) ~= #list then
		self.report("messages", "%s: fields: got %s, expected a list of at most %d", place, check.describe(list),
			FIELDS_MAX)
		return
	end
	local seen = {}
	for i, entry in ipairs(list) do
		local field = self:field(("%s: field %d"):format(place, i), entry, seen)
		message.fields[#message.fields + 1] = field
	end
end

function builder:message(name, entry)
	local place = "message " .. name
	local message = { name = name, fields = {} }
	if type(entry) ~= "table" then
		self.report("messages", "%s: got %s, expected { from = ..., fields = { ... } }", place, check.describe(entry))
		return message
	end
	for _, key in ipairs(check.keys(entry)) do
		if key ~= "from" and key ~= "fields" then
			self.report("messages", "%s: got %s, expected from and fields", place, check.describe(key))
		end
	end
	for _, side in ipairs({ self.channel.from, self.channel.to }) do
		message.from = side.name == entry.from and side or message.from
	end
	if not message.from then
		self.report("messages", '%s: from: got %s, expected "%s" or "%s"', place, check.describe(entry.from),
			self.channel.from.name, self.channel.to.name)
	end
	self:fields(message, entry.fields)
	message_lay(message)
	if message.max > self.room then
		self.report("messages", "%s: got up to %d bytes, expected at most %d in a ring of %s", place, message.max,
			self.room, check.size_text(self.channel.size))
	end
	return message
end

function builder:messages()
	local list, tags = {}, {}
	local names = check.keys(self.channel.messages)
	if #names == 0 or #names > MESSAGES_MAX then
		self.report("messages", "got %d, expected 1 to %d", #names, MESSAGES_MAX)
		return list
	end
	local seen = {}
	for _, name in ipairs(names) do
		if HEADERS_OWN[name] then
			self.report("messages", 'message: got the name "%s", expected another: the header has a %s of its own', name, name)
		elseif self:check_name("message", name, seen) then
			local message = self:message(name, self.channel.messages[name])
			if message.tag and tags[message.tag] then
				self.report("messages", "%s and %s have the same tag; expected another name for one of them", name,
					tags[message.tag])
			end
			tags[message.tag or 0] = name
			list[#list + 1] = message
			list[name] = message
		end
	end
	return list
end

-- { message = "next state", ... }, all from one side, so that both ends always agree.
function builder:moves(state, entry, messages)
	if type(entry) ~= "table" then
		self.report("order", '%s: got %s, expected { message = "next state" }', state.name, check.describe(entry))
		return
	end
	for _, name in ipairs(check.keys(entry)) do
		local message = messages[name]
		if type(name) ~= "string" or not message then
			self.report("order", "%s: got %s, expected a message's name", state.name, check.describe(name))
		elseif not self.channel.order[entry[name]] then
			self.report("order", "%s: %s leads to %s, expected a state's name", state.name, name,
				check.describe(entry[name]))
		elseif state.from and state.from ~= message.from then
			self.report("order", "%s: got messages of both sides, expected those of one", state.name)
		else
			state.from = message.from
			state.moves[#state.moves + 1] = { message = message, next = entry[name] }
		end
	end
end

-- The states, "start" first.
function builder:states(messages)
	local order = self.channel.order
	if not order then
		return nil
	end
	local names, states = check.keys(order), { { name = START } }
	if not order[START] or #names > STATES_MAX then
		self.report("order", "got %d states, expected %s among at most %d", #names, START, STATES_MAX)
		return nil
	end
	for _, name in ipairs(names) do
		if not check.name(name) then
			self.report("order", "got the state %s, expected %s", check.describe(name), select(2, check.name(name)))
		elseif name ~= START then
			states[#states + 1] = { name = name }
		end
	end
	for i, state in ipairs(states) do
		state.index, state.moves = i - 1, {}
		states[state.name] = state
	end
	for _, state in ipairs(states) do
		self:moves(state, order[state.name], messages)
	end
	return states
end

-- The contract of a channel whose ends are known: {name, messages, states}.
local function read(report, channel, room)
	local self = setmetatable({ report = report, channel = channel, room = room,
		limit = check.size(1, room, 1) }, builder)
	local messages = self:messages()
	return { name = channel.name, messages = messages, states = self:states(messages) }
end

return { read = read }
