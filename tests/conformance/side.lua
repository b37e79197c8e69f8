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

-- The place is the part's, whatever of this file it called.
local function wrong(message)
	local here, level = debug.getinfo(1, "S").source, 1
	local at
	repeat
		level = level + 1
		at = debug.getinfo(level, "S")
	until not at or at.what ~= "C" and at.source ~= here
	error(message, level)
end

local function same(a, b, what)
	if a ~= b then
		wrong(("%s: got %s, expected %s"):format(what, a, b))
	end
end

side.same = same

-- A call of `what` answered nil and this word.
local function fails(word, what, answer, why)
	same(answer and "an answer" or why, word, what)
end

side.fails = fails

function side:send(ch, n, len)
	local ok, why = ch:send(self.message(n, len or self:length(n)))
	same(ok or why, true, "send")
end

function side:compare(n, wanted, message)
	same(#message, wanted, "length of message " .. n)
	if message ~= self.message(n, wanted) then
		wrong(("message %d, of %d bytes, is another one"):format(n, wanted))
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

-- `count` (many) messages of the channel, from number `first` (0) on, each of so many
-- bytes: a number, a function of the message's number, or none: its own length.
local function run(self, verb, count, len, first)
	first = first or 0
	for n = first, first + (count or self:many()) - 1 do
		verb(self, self.ch, n, type(len) == "function" and len(n) or len)
	end
end

function side:send_run(...)
	run(self, self.send, ...)
end

function side:recv_run(...)
	run(self, self.recv, ...)
end

-- The same, and nothing else ever.
function side:send_all(...)
	self:send_run(...)
	self.ch:finish()
end

function side:recv_all(...)
	self:recv_run(...)
	self:closed(self.ch, "finished")
end

-- A send of so many bytes is answered with this word.
function side.unsent(word, ch, len, timeout)
	fails(word, "send", ch:send(("x"):rep(len), timeout))
end

-- A receive answers with this word.
function side.refused(word, ch, timeout)
	fails(word, "recv", ch:recv(timeout))
end

-- There is no message.
function side:none()
	self.refused("timeout", self.ch, 0)
end

-- Sends are refused, whatever the deadline.
function side.cannot_send(s)
	for _, timeout in ipairs({ 0, 1e9 }) do
		fails("closed", "send", s.ch:send("x", timeout))
		fails("closed", "send_value", s.ch:send_value({}, timeout))
	end
end

-- f(..., timeout) answers nil and "timeout", and not before that.
function side.expect_past(timeout, f, ...)
	local before, words = atoll.now(), { ... }
	words[#words + 1] = timeout
	fails("timeout", "wait", f(table.unpack(words)))
	assert(atoll.now() - before >= timeout, "early")
end

-- f(1) to f(count), a task each; none may fail.
function side:together(count, f)
	local tasks = {}
	for i = 1, count do
		tasks[i] = atoll.spawn(f, i)
	end
	local why
	for i = 1, count do
		local _, failed = tasks[i]:join(self.PATIENCE)
		why = why or failed
	end
	if why then
		error(why, 0)
	end
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
		wrong("instead of meeting: " .. (words or self.peer))
	end
end

function side:tell(number)
	self:say(("%d"):format(number))
end

function side:hear()
	return tonumber(self:attend()) or wrong(self.peer)
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
