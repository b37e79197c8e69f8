-- SPDX-License-Identifier: MIT
-- The sentences about messages: order, bounds, back-pressure, counters. Texts and
-- parts are those of order.c, bounds.c, pressure.c, place.c, batch.c, stream.c and
-- state.c, as far as Lua has the verbs; a part may play with one in C.

local side = require("conformance.side")
local same, refused = side.same, side.refused

local LENGTHS <const> = 80

local function sends_all(s)
	for n = 0, LENGTHS + 10 * s.rounds - 1 do
		s:send(s.ch, n)
	end
	s.ch:finish()
end

local function receives_all(s)
	for n = 0, LENGTHS + 10 * s.rounds - 1 do
		s:recv(s.ch, n)
	end
	s:closed(s.ch, "finished")
end

local function talks_both_ways(s)
	local out, inward, all = 0, 0, 2 * s.rounds
	local mine, theirs = s.is_left and 0 or 1000, s.is_left and 1000 or 0
	while out < all or inward < all do
		if out < all then
			local ok, why = s.ch:send(s.message(mine + out, s:length(mine + out)), 0)
			same(ok or why, ok and true or "timeout", "send")
			out = out + (ok and 1 or 0)
		end
		if inward < all then
			local message, why = s.ch:recv(s:random(20) / 1e6)
			if message then
				s:compare(theirs + inward, s:length(theirs + inward), message)
				inward = inward + 1
			else
				same(why, "timeout", "recv")
			end
		else
			s:sleep(20e-6)
		end
	end
	s:meet()
	refused("timeout", s.ch, 0)
end

local function sends_the_empty(s)
	for _ = 1, s.rounds + 2 do
		s:send(s.ch, 0, 0)
	end
	s.ch:finish()
end

local function counts_the_empty(s)
	for _ = 1, s.rounds + 2 do
		s:recv(s.ch, 0, 0)
	end
	s:closed(s.ch, "finished")
end

local function receives_wholes(s)
	for n = 0, s.rounds - 1 do
		s:recv(s.ch, n)
	end
	s:closed(s.ch, "finished")
end

local function sends_the_largest(s)
	for n = 0, 4 do
		s:send(s.ch, n, s.ch:max())
	end
	s:meet()
end

local function receives_the_largest(s)
	for n = 0, 4 do
		s:recv(s.ch, n, s.ch:max())
	end
	s:meet()
end

local function sends_too_much(s)
	for _, len in ipairs({ s.ch:max() + 1, 2 * s.ch:max() }) do
		for _, timeout in ipairs({ 0, 1e9 }) do
			local ok, why = s.ch:send(("x"):rep(len), timeout)
			same(ok or why, "too big", "send")
		end
	end
	s:send(s.ch, 1, 3)
	s.ch:finish()
end

local function receives_the_rest(s)
	s:recv(s.ch, 1, 3)
	s:closed(s.ch, "finished")
end

local function sends_some(s)
	for n = 1, s.rounds - 1 do
		s:send(s.ch, n)
	end
end

local function sends_small_then_large(s)
	for i = 0, s.rounds - 1 do
		for n = 0, i * 7 % 64 - 1 do
			s:send(s.ch, n, n % 9)
		end
		s:meet()
		assert(s.ch:send(s.message(i, s.ch:max() - i % 8), s.PATIENCE))
		s:meet()
	end
end

local function receives_small_then_large(s)
	for i = 0, s.rounds - 1 do
		for n = 0, i * 7 % 64 - 1 do
			s:recv(s.ch, n, n % 9)
		end
		refused("timeout", s.ch, 0)
		s:meet()
		s:meet()
		s:recv(s.ch, i, s.ch:max() - i % 8)
	end
end

local LAPS <const> = { 0, 24, 7, 100 }

local function fills(s)
	for _, len in ipairs(LAPS) do
		s:tell(s:fill(s.ch, len))
		for _, timeout in ipairs({ 0, -1, 0.001 }) do
			local ok, why = s.ch:send(("x"):rep(len), timeout)
			same(ok or why, "timeout", "send")
		end
		s:meet()
		s:meet()
	end
end

local function empties(s)
	for _, len in ipairs(LAPS) do
		local sent = s:hear()
		s:meet()
		for n = 0, sent - 1 do
			s:recv(s.ch, n, len)
		end
		refused("timeout", s.ch, 0)
		s:meet()
	end
end

local function large(s, n)
	return s.ch:max() // 2 + n % 64
end

local function sends_more_than_fits(s)
	for n = 0, s.rounds - 1 do
		s:send(s.ch, n, large(s, n))
	end
	s:meet()
end

local function takes_its_time(s)
	for n = 0, s.rounds - 1 do
		s:pause(200e-6)
		s:recv(s.ch, n, large(s, n))
	end
	refused("timeout", s.ch, 0)
	s:meet()
end

local function tops_up(s)
	local n = s:fill(s.ch, 40)
	s:tell(n)
	for i = n, 2 * n - 1 do
		s:send(s.ch, i, 40)
	end
	s:meet()
end

local function takes_as_many_again(s)
	local n = s:hear()
	for i = 0, 2 * n - 1 do
		s:recv(s.ch, i, 40)
	end
	refused("timeout", s.ch, 0)
	s:meet()
end

local function sees_no_drafts(s)
	for _ = 1, 2 do
		s:meet()
		refused("timeout", s.ch, 0)
		refused("timeout", s.ch, 0.001)
		s:meet()
	end
	s:recv(s.ch, 0, 5)
	s:meet()
	refused("timeout", s.ch, 0)
end

local function holds_a_message(s)
	do
		local view <close> = assert(s.ch:view())
		s:meet()
		s:meet()
		s:compare(0, s.ch:max() // 4, tostring(view))
	end
	s:tell(0)
	for i = 1, s:hear() do
		s:recv(s.ch, i, 16)
	end
end

local function presses_on(s)
	local n = 0
	s:send(s.ch, 0, s.ch:max() // 4)
	s:meet()
	while s.ch:send(s.message(n + 1, 16), 0) do
		n = n + 1
	end
	s:meet()
	s:hear()
	s:tell(n)
end

local function receives_one_of_three(s)
	s:recv(s.ch, 0, 3)
	s:meet()
	refused("timeout", s.ch, 0)
end

local function sees_all_or_nothing(s)
	for k = 1, 10 do
		s:meet()
		refused("timeout", s.ch, 0)
		refused("timeout", s.ch, 100e-6)
		s:meet()
		for n = 0, k - 1 do
			s:compare(n, n, assert(s.ch:recv(n > 0 and 0 or nil)))
		end
		refused("timeout", s.ch, 0)
		s:meet()
	end
end

local function receives_batches(s)
	for n = 0, s.rounds - 1 do
		s:recv(s.ch, n, n % 50)
		if n % 7 == 6 then
			s:meet()
		end
	end
	s:closed(s.ch, "finished")
end

local function receives_more_than_fits(s)
	local count = s:hear()
	for n = 0, count - 1 do
		s:recv(s.ch, n, 40)
	end
	refused("timeout", s.ch, 0)
	s:meet()
	for n = count, 4 * count - 1 do
		s:recv(s.ch, n, 40)
	end
	refused("timeout", s.ch, 0)
	s:meet()
end

local function sleeps_till_the_flush(s)
	for _ = 1, 3 do
		s:meet()
		for n = 0, 9 do
			s:recv(s.ch, n, 30)
		end
	end
	s:meet()
end

local function receives_short_ones(s)
	for n = 0, LENGTHS + 10 * s.rounds - 1 do
		s:recv(s.ch, n, n % 9)
	end
	s:closed(s.ch, "finished")
end

local function sees_added(s)
	for i = 0, 2 do
		s:meet()
		refused("timeout", s.ch, 0)
		s:meet()
		for n = 0, i == 1 and 1 or 0 do
			s:recv(s.ch, n, n)
		end
		s:meet()
		refused("timeout", s.ch, 0)
	end
end

local function receives_what_was_right(s)
	s:recv(s.ch, 0, 3)
	s:recv(s.ch, 1, 4)
end

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
	for n = 0, s.rounds - 1 do
		s:send(s.ch, n)
	end
	s:meet()
	s.ch:send(("x"):rep(s.ch:max() + 1), 0)
	refused("timeout", s.ch, 0)
	local counted = stats(s)
	same(counted.sent, s.rounds, "sent")
	same(counted.sent_bytes, bytes_of(s), "sent_bytes")
	same(counted.received + counted.received_bytes, 0, "received")
end

local function counts(s)
	for n = 0, s.rounds - 1 do
		s:recv(s.ch, n)
	end
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
		for n = 0, 9 do
			s:send(s.ch, n, 20)
		end
		s:meet()
		s:meet()
	end
	nobody_waited(s)
end

local function is_busy(s)
	for _ = 1, s.rounds // 10 + 2 do
		s:meet()
		for n = 0, 9 do
			s:recv(s.ch, n, 20)
		end
		refused("timeout", s.ch, 0)
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
	{ says = "messages of every length arrive whole, once and in order", left = sends_all, right = receives_all },
	{ says = "both directions carry messages at the same time", left = talks_both_ways, right = talks_both_ways },
	{ says = "a message may have no bytes", left = sends_the_empty, right = counts_the_empty },
	{ says = "the parts of a message arrive as one", right = receives_wholes },
	{ says = "messages of the largest length pass", left = sends_the_largest, right = receives_the_largest },
	{
		says = "a message over the largest length is too big, and nothing of it passes",
		left = sends_too_much, right = receives_the_rest,
	},
	{ says = "a message too long for the buffer says its length and stays", left = sends_some },
	{
		says = "the largest message fits once the channel was found empty, whatever went before",
		left = sends_small_then_large, right = receives_small_then_large,
	},
	{
		says = "a channel that is full says so, loses nothing, and has room again when it is empty",
		left = fills, right = empties,
	},
	{ says = "a sender waits for room as long as it takes", left = sends_more_than_fits, right = takes_its_time },
	{ says = "what is taken makes room for as much", left = tops_up, right = takes_as_many_again },
	{ says = "nothing is seen before the commit, and a second reserve replaces the first", right = sees_no_drafts },
	{
		says = "a message may be shorter than its room, and is the same until it is released",
		right = receives_wholes,
	},
	{ says = "a message is whole for as long as it is held", left = presses_on, right = holds_a_message },
	{
		says = "a commit or release out of turn is misuse, and changes nothing",
		right = receives_one_of_three,
	},
	{ says = "of a batch nothing is seen before the flush, and then all at once", right = sees_all_or_nothing },
	{ says = "what is sent behind a batch, and the finish, show it too", right = receives_batches },
	{ says = "a batch that finds no room is shown, and goes on", right = receives_more_than_fits },
	{ says = "a batch wakes nobody, and its flush wakes the receiver once", right = sleeps_till_the_flush },
	{ says = "what a writer writes is received like any message", right = receives_all },
	{ says = "what is written behind a message, in its room, is no message", right = receives_short_ones },
	{ says = "what is sent in any way a reader reads", left = sends_all },
	{ says = "what a writer adds is seen with the next flush, commit or close", right = sees_added },
	{ says = "streams used out of turn are misuse, and change nothing", right = receives_one_of_three },
	{ says = "a batch and a writer exclude each other", right = receives_what_was_right },
	{ says = "messages and bytes are counted at both ends", left = is_counted, right = counts },
	{
		says = "where nobody waits nobody sleeps and no bell rings",
		left = sends_to_the_busy, right = is_busy,
	},
	{ says = "a receiver asleep costs its sender one bell at most for a message", left = rings, right = sleeps },
	{ says = "both ends have the name that was opened", left = has_a_name, right = has_the_same_name },
}
