-- SPDX-License-Identifier: MIT
-- What the parts in Lua use; conformance.h says what each call is for. A part
-- that finds something wrong raises an error.

local atoll = require("atoll")

local PATIENCE <const> = 20 -- seconds
local LENGTHS <const> = 80 -- of every length once, then of any
local OFFSETS <const> = 4093
local MASK <const> = 0xffffffff
local FILL_MOST <const> = 1000000

local side = {}
side.__index = side
side.PATIENCE = PATIENCE

local function following(x)
	x = x ~ (x << 13) & MASK
	x = x ~ (x >> 17)
	return x ~ (x << 5) & MASK
end

-- A number from 0 to n - 1.
function side:random(n)
	self.state = following(self.state)
	return self.state % n
end

local pattern = ""

function side.make_pattern(max)
	local parts, x = {}, 1
	for i = 1, (max + OFFSETS + 3) // 4 do
		x = following(x)
		parts[i] = ("<I4"):pack(x)
	end
	pattern = table.concat(parts)
end

local function hash(n)
	n = n * 2654435761 & MASK
	return n ~ (n >> 15)
end

function side:length(n)
	if n < LENGTHS then
		return n
	end
	local max, h = self.ch:max(), hash(n)
	local more = hash(h + 1 & MASK)
	if h % 8 == 0 then
		return max - more % 10
	elseif h % 8 == 1 then
		return more % (max + 1)
	end
	return more % 128
end

-- How many messages have all of these lengths.
function side:many()
	return LENGTHS + 10 * self.rounds
end

function side.message(n, len)
	local at = (n * 7 + len) % OFFSETS
	return pattern:sub(at + 1, at + len)
end

local function same(a, b, what)
	if a ~= b then
		error(("%s: got %s, expected %s"):format(what, a, b), 3)
	end
end

side.same = same

function side:send(ch, n, len)
	local ok, why = ch:send(self.message(n, len or self:length(n)))
	same(ok or why, true, "send")
end

function side:compare(n, wanted, message)
	same(#message, wanted, "length of message " .. n)
	if message ~= self.message(n, wanted) then
		error(("message %d, of %d bytes, is another one"):format(n, wanted), 2)
	end
end

-- As a string, or as a view of it.
function side:recv(ch, n, len)
	len = len or self:length(n)
	if self:random(2) == 0 then
		local message, why = ch:recv()
		same(why, nil, "recv")
		self:compare(n, len, message)
	else
		local view <close> = assert(ch:view())
		same(#view, len, "length of view " .. n)
		self:compare(n, len, tostring(view))
	end
end

-- Messages 0 to count - 1 of the channel, each of len bytes or of its own length.
function side:send_run(count, len)
	for n = 0, count - 1 do
		self:send(self.ch, n, len)
	end
end

function side:recv_run(count, len)
	for n = 0, count - 1 do
		self:recv(self.ch, n, len)
	end
end

-- A send of so many bytes is answered with this word.
function side.unsent(word, ch, len, timeout)
	local ok, why = ch:send(("x"):rep(len), timeout)
	same(ok and "sent" or why, word, "send")
end

-- A receive answers with this word.
function side.refused(word, ch, timeout)
	local message, why = ch:recv(timeout)
	same(message and "a message" or why, word, "recv")
end

-- Sends are refused, whatever the deadline.
function side.cannot_send(s)
	for _, timeout in ipairs({ 0, 1e9 }) do
		local ok, why = s.ch:send("x", timeout)
		same(ok or why, "closed", "send")
		ok, why = s.ch:send_value({}, timeout)
		same(ok or why, "closed", "send_value")
	end
end

-- f(timeout) answers nil and "timeout", and not before that.
function side.expect_past(f, timeout)
	local before = atoll.now()
	local ok, why = f(timeout)
	same(ok and "an answer" or why, "timeout", "wait")
	assert(atoll.now() - before >= timeout, "early")
end

function side:fill(ch, len)
	local n = 0
	while true do
		local ok, why = ch:send(self.message(n, len), 0)
		if not ok then
			same(why, "timeout", "send")
			assert(n > 0)
			return n
		end
		n = n + 1
		assert(n < FILL_MOST, "not bounded")
	end
end

function side:closed(ch, reason)
	self.refused("closed", ch, PATIENCE)
	same(ch:reason(), reason, "reason")
	self.refused("closed", ch, 0)
	self.refused("closed", ch)
end

function side:sleep(seconds)
	atoll.sleep(seconds)
end

function side:pause(seconds)
	if self:random(4) == 0 then
		atoll.sleep(seconds * self:random(1000) / 1000)
	end
end

function side:dawdle()
	if self:random(16) == 0 then
		atoll.sleep(self:random(1000) / 1e6)
	else
		self:pause(80e-6)
	end
end

-- The control channel.

function side:say(words)
	return self.control:send(words, PATIENCE)
end

-- The other side's next words; nil where it has come to its end, which `peer` then says.
function side:attend(timeout)
	local words, why = self.control:recv(timeout or PATIENCE)
	if not words then
		self.peer = why == "closed" and "end the other side: " .. self.control:reason() or "end silent: " .. why
	elseif words:sub(1, 3) == "end" then
		self.peer = words
	else
		return words
	end
	return nil
end

function side:meet()
	self:say("meet")
	local words = self:attend()
	if words ~= "meet" then
		error("instead of meeting: " .. (words or self.peer), 2)
	end
end

function side:tell(number)
	self:say(("%d"):format(number))
end

function side:hear()
	return tonumber(self:attend()) or error(self.peer, 2)
end

function side:open()
	self.ch = self.open_end(1)
end

function side:anew()
	self:open()
	self:meet()
end

function side.die()
	os.exit(3)
end

return side
