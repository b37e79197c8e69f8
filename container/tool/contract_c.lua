-- SPDX-License-Identifier: MIT
-- A contract's header for one of its components in C, over runtimes/c/contract.h.

local function fill(template, values)
	return (template:gsub("%$(%a+)", values))
end

local function each(list, text)
	local parts = {}
	for i, entry in ipairs(list) do
		parts[i] = text(entry, i)
	end
	return table.concat(parts)
end

local frame = [[
/* The messages of $wire, as component $component has them; written by the packer. */
#ifndef CONTRACT_$GUARD_H
#define CONTRACT_$GUARD_H

#include <contract.h>
$include
enum $channel_kind {
$kinds};

$structs
$senders$receiver
static inline enum channel_status $channel_release(struct contract *c)
{
	return contract_release(c);
}

$begin
#endif
]]

-- How one gets to an endpoint, by kind.
local begins = {
	open = [[
static inline bool $channel_open(struct contract *c)
{
	return contract_open(c, "$channel");
}
]],
	connect = [[
/* False: errno is channel_connect's. */
static inline bool $channel_connect(struct contract *c, uint64_t deadline)
{
	return contract_begin(c, channel_connect("$service", deadline));
}

static inline enum channel_status $channel_drop(struct contract *c)
{
	return c->status = channel_drop(c->channel);
}
]],
	accept = [[
/* NULL: errno is service_listen's. */
static inline struct service *$channel_listen(void)
{
	return service_listen("$service");
}

static inline enum channel_status $channel_accept(struct service *s, uint64_t deadline, struct contract *c)
{
	struct channel *ch;
	enum channel_status status = service_accept(s, deadline, &ch);

	contract_begin(c, ch);
	return c->status = status;
}

static inline enum channel_status $channel_drop(struct contract *c)
{
	return c->status = channel_drop(c->channel);
}
]],
}

local sender = [[
/* At most $max bytes in all. */
static inline enum channel_status $channel_send_$message(struct contract *c, const struct $channel_$message *m,
	uint64_t deadline)
{
	unsigned char *room;
	size_t length = $fixed;
	unsigned next = c->state;

$checks$turn	if (contract_reserve(c, length, deadline, &room))
		return c->status;
	contract_put(room, 0, (uint32_t)$tag);
$puts	return contract_commit(c, length, next);
}

]]

local decoder = [[
static inline bool $channel_decode_$message(const unsigned char *bytes, size_t length, struct $channel_$message *m)
{
	size_t at = $fixed;

	if (length < at)
		return false;
$gets	return at == length;
}

]]

local receiver = [[
struct $channel_message {
	uint32_t kind; /* of enum $channel_kind */
	union {
$members	} as;
};

$decoders/*
 * The next message, whose strings lie in the ring until $channel_release. One that
 * breaks the contract closes the channel, and c->refusal says how.
 */
static inline enum channel_status $channel_peek(struct contract *c, uint64_t deadline, struct $channel_message *m)
{
	const unsigned char *bytes;
	size_t length;
	unsigned next = c->state;
	bool good = false;

	if (contract_peek(c, deadline, &bytes, &length, &m->kind))
		return c->status;
	switch (m->kind) {
$cases	default:
		return contract_break(c, "$channel: received what is no message of the contract");
	}
	if (!good)
		return contract_break(c, "$channel: received a message whose fields are not the contract's");
	return contract_hold(c, next);
}

]]

local function constant(contract, message)
	return ("%s_%s"):format(contract.name, message.name):upper()
end

local function struct_text(contract, message)
	local members = each(message.fields, function(field)
		return ("\t%s %s;%s\n"):format(field.kind.c, field.name, field.max and (" /* at most %d bytes */"):format(field.max)
			or "")
	end)
	return ("struct %s_%s {\n%s};\n\n"):format(contract.name, message.name,
		members == "" and "\tchar nothing;\n" or members)
end

-- What the state must be for the message, and what it is then; refuse says what follows if not.
local function turn_text(contract, message, indent, refuse)
	if not contract.states then
		return ""
	end
	local cases = ""
	for _, state in ipairs(contract.states) do
		for _, move in ipairs(state.moves) do
			if move.message == message then
				cases = cases .. ("%scase %d: /* %s */\n%s\tnext = %d; /* %s */\n%s\tbreak;\n"):format(indent, state.index,
					state.name, indent, contract.states[move.next].index, move.next, indent)
			end
		end
	end
	return ('%sswitch (c->state) {\n%s%sdefault:\n%s\treturn %s(c, "%s: it is not the turn of message %s");\n%s}\n')
		:format(indent, cases, indent, indent, refuse, contract.name, message.name, indent)
end

local function sender_text(contract, message)
	local checks, puts, strings = "", "", ""
	for _, field in ipairs(message.fields) do
		if field.max then
			checks = checks .. ('\tif (m->%s.length > %d)\n\t\treturn contract_refuse(c, "%s: message %s: field %s: got'
				.. ' more than %d bytes");\n\tlength += m->%s.length;\n'):format(field.name, field.max, contract.name,
				message.name, field.name, field.max, field.name)
			puts = puts .. ("\tcontract_put(room, %d, (uint32_t)m->%s.length);\n"):format(field.offset, field.name)
			strings = strings .. ("\troom = contract_put_string(room, m->%s);\n"):format(field.name)
		else
			puts = puts .. ("\tcontract_put(room, %d, m->%s);\n"):format(field.offset, field.name)
		end
	end
	if #message.fields == 0 then
		puts = "\t(void)m;\n"
	elseif strings ~= "" then
		strings = ("\troom += %d;\n"):format(message.fixed) .. strings
	end
	return fill(sender, { channel = contract.name, message = message.name, max = tostring(message.max),
		fixed = tostring(message.fixed), checks = checks, turn = turn_text(contract, message, "\t", "contract_refuse"),
		tag = constant(contract, message), puts = puts .. strings })
end

local function decoder_text(contract, message)
	local fixed, strings = "", ""
	for _, field in ipairs(message.fields) do
		if field.max then
			strings = strings .. ("\tif (!contract_get_string(bytes, length, %d, %d, &at, &m->%s))\n\t\treturn false;\n")
				:format(field.offset, field.max, field.name)
		elseif field.type == "bool" then
			fixed = fixed .. ("\tif (!contract_get_bool(bytes, %d, &m->%s))\n\t\treturn false;\n"):format(field.offset,
				field.name)
		else
			fixed = fixed .. ("\tcontract_get(bytes, %d, m->%s);\n"):format(field.offset, field.name)
		end
	end
	if #message.fields == 0 then
		fixed = "\t(void)bytes;\n\tm->nothing = 0;\n"
	end
	return fill(decoder, { channel = contract.name, message = message.name, fixed = tostring(message.fixed),
		gets = fixed .. strings })
end

local function receiver_text(contract, received)
	if #received == 0 then
		return ""
	end
	return fill(receiver, {
		channel = contract.name,
		members = each(received, function(message)
			return ("\t\tstruct %s_%s %s;\n"):format(contract.name, message.name, message.name)
		end),
		decoders = each(received, function(message)
			return decoder_text(contract, message)
		end),
		cases = each(received, function(message)
			return ("\tcase %s:\n%s\t\tgood = %s_decode_%s(bytes, length, &m->as.%s);\n\t\tbreak;\n"):format(
				constant(contract, message), turn_text(contract, message, "\t\t", "contract_break"), contract.name,
				message.name, message.name)
		end),
	})
end

-- The header's text for this component, whose contract the entry is (wire.lua).
local function header(entry, component)
	local sent, received = {}, {}
	local contract = { name = entry.name, messages = entry.contract.messages, states = entry.contract.states }
	for _, message in ipairs(contract.messages) do
		local list = message.from == entry.side and sent or received
		list[#list + 1] = message
	end
	return fill(frame, {
		wire = (entry.service and "service " or "channel ") .. entry.contract.name,
		channel = contract.name,
		component = component.name,
		GUARD = contract.name:upper(),
		include = entry.service and '#include "ipc/service.h"\n' or "",
		begin = fill(begins[entry.kind], { channel = contract.name, service = entry.service }),
		kinds = each(contract.messages, function(message)
			return ("\t%s = 0x%08x,\n"):format(constant(contract, message), message.tag)
		end),
		structs = each(contract.messages, function(message)
			return struct_text(contract, message)
		end),
		senders = each(sent, function(message)
			return sender_text(contract, message)
		end),
		receiver = receiver_text(contract, received),
	})
end

return { header = header }
