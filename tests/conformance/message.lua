-- SPDX-License-Identifier: MIT
-- The sentences about messages: order, bounds, back-pressure. Texts and parts are those of
-- order.c, bounds.c and pressure.c, as far as Lua has the verbs; a part may play with one in C.

local side = require("conformance.side")
local same, unsent = side.same, side.unsent

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
	s:none()
end

local function sends_the_empty(s)
	s:send_all(s.rounds + 2, 0)
end

local function counts_the_empty(s)
	s:recv_all(s.rounds + 2, 0)
end

local function receives_wholes(s)
	s:recv_all(s.rounds)
end

local function sends_the_largest(s)
	s:send_run(5, s.ch:max())
	s:meet()
end

local function receives_the_largest(s)
	s:recv_run(5, s.ch:max())
	s:meet()
end

local function sends_too_much(s)
	for _, len in ipairs({ s.ch:max() + 1, 2 * s.ch:max() }) do
		for _, timeout in ipairs({ 0, 1e9 }) do
			unsent("too big", s.ch, len, timeout)
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
	s:send_run(s.rounds - 1, nil, 1)
end

local function short(n)
	return n % 9
end

local function sends_small_then_large(s)
	for i = 0, s.rounds - 1 do
		s:send_run(i * 7 % 64, short)
		s:meet()
		assert(s.ch:send(s.message(i, s.ch:max() - i % 8), s.PATIENCE))
		s:meet()
	end
end

local function receives_small_then_large(s)
	for i = 0, s.rounds - 1 do
		s:recv_run(i * 7 % 64, short)
		s:none()
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
			unsent("timeout", s.ch, len, timeout)
		end
		s:meet()
		s:meet()
	end
end

local function empties(s)
	for _, len in ipairs(LAPS) do
		local sent = s:hear()
		s:meet()
		s:recv_run(sent, len)
		s:none()
		s:meet()
	end
end

-- Lengths of messages of which two do not fit.
local function large(s)
	local half = s.ch:max() // 2
	return function(n)
		return half + n % 64
	end
end

local function sends_more_than_fits(s)
	s:send_run(s.rounds, large(s))
	s:meet()
end

local function takes_its_time(s)
	local len = large(s)
	for n = 0, s.rounds - 1 do
		s:pause(200e-6)
		s:recv(s.ch, n, len(n))
	end
	s:none()
	s:meet()
end

local function tops_up(s)
	local n = s:fill(s.ch, 40)
	s:tell(n)
	s:send_run(n, 40, n)
	s:meet()
end

local function takes_as_many_again(s)
	local n = s:hear()
	s:recv_run(2 * n, 40)
	s:none()
	s:meet()
end

return {
	{ says = "messages of every length arrive whole, once and in order", left = side.send_all, right = side.recv_all },
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
}
