-- SPDX-License-Identifier: MIT
-- The sentences about what a channel says of itself: those of state.c.

local side = require("conformance.side")
local same = side.same

-- The counters since the part began.
local function stats(s)
	local now = s.ch:stats()
	for name, value in pairs(s.before) do
		now[name] = now[name] - value
	end
	return now
end

local function bytes_of(s)
	local bytes = 0
	for n = 0, s.rounds - 1 do
		bytes = bytes + s:length(n)
	end
	return bytes
end

local function is_counted(s)
	s:send_run(s.rounds)
	s:meet()
	s.ch:send(("x"):rep(s.ch:max() + 1), 0)
	s:none()
	local counted = stats(s)
	same(counted.sent, s.rounds, "sent")
	same(counted.sent_bytes, bytes_of(s), "sent_bytes")
	same(counted.received + counted.received_bytes, 0, "received")
end

local function counts(s)
	s:recv_run(s.rounds)
	local counted = stats(s)
	same(counted.received, s.rounds, "received")
	same(counted.received_bytes, bytes_of(s), "received_bytes")
	same(counted.sent + counted.sent_bytes, 0, "sent")
	s:meet()
end

local function nobody_waited(s)
	local counted = stats(s)
	same(counted.parks, 0, "parks")
	same(counted.bells, 0, "bells")
end

local function sends_to_the_busy(s)
	for _ = 1, s.rounds // 10 + 2 do
		s:send_run(10, 20)
		s:meet()
		s:meet()
	end
	nobody_waited(s)
end

local function is_busy(s)
	for _ = 1, s.rounds // 10 + 2 do
		s:meet()
		s:recv_run(10, 20)
		s:none()
		s:meet()
	end
	nobody_waited(s)
end

local function rings(s)
	for n = 0, 9 do
		s:meet()
		s:sleep(0.002)
		s:send(s.ch, n, 8)
	end
	s:meet()
	local counted = stats(s)
	assert(counted.bells <= counted.sent)
	s:tell(counted.bells)
end

local function sleeps(s)
	for n = 0, 9 do
		s:meet()
		s:recv(s.ch, n, 8)
	end
	s:meet()
	assert(s:hear() <= stats(s).received)
end

local function has_a_name(s)
	assert(#s.ch:name() > 0 and s.ch:name() ~= s.more[1]:name())
	s:send(s.ch, 0, 0)
	s:meet()
	assert(s.ch:send(s.ch:name()))
end

local function has_the_same_name(s)
	s:recv(s.ch, 0, 0)
	s:meet()
	same(s.ch:recv(), s.ch:name(), "name")
end

return {
	{ says = "messages and bytes are counted at both ends", left = is_counted, right = counts },
	{
		says = "where nobody waits nobody sleeps and no bell rings",
		left = sends_to_the_busy, right = is_busy,
	},
	{ says = "a receiver asleep costs its sender one bell at most for a message", left = rings, right = sleeps },
	{ says = "both ends have the name that was opened", left = has_a_name, right = has_the_same_name },
}
