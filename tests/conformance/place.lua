-- SPDX-License-Identifier: MIT
-- What Lua sees of messages that are made in place, in batches and by streams: its parts of
-- place.c, batch.c and stream.c, most against one in C, for Lua has not their verbs.

local side = require("conformance.side")
local refused = side.refused

local function receives_wholes(s)
	s:recv_all(s.rounds)
end

local function sees_no_drafts(s)
	for _ = 1, 2 do
		s:meet()
		s:none()
		refused("timeout", s.ch, 0.001)
		s:meet()
	end
	s:recv(s.ch, 0, 5)
	s:meet()
	s:none()
end

local function holds_a_message(s)
	do
		local view <close> = assert(s.ch:view())
		s:meet()
		s:meet()
		s:compare(0, s.ch:max() // 4, tostring(view))
	end
	s:tell(0)
	s:recv_run(s:hear(), 16, 1)
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
	s:none()
end

local function sees_all_or_nothing(s)
	for k = 1, 10 do
		s:meet()
		s:none()
		refused("timeout", s.ch, 100e-6)
		s:meet()
		for n = 0, k - 1 do
			s:compare(n, n, assert(s.ch:recv(n > 0 and 0 or nil)))
		end
		s:none()
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
	s:recv_run(count, 40)
	s:none()
	s:meet()
	s:recv_run(3 * count, 40, count)
	s:none()
	s:meet()
end

local function sleeps_till_the_flush(s)
	for _ = 1, 3 do
		s:meet()
		s:recv_run(10, 30)
	end
	s:meet()
end

local function receives_short_ones(s)
	s:recv_all(nil, function(n)
		return n % 9
	end)
end

local function sees_added(s)
	for i = 0, 2 do
		s:meet()
		s:none()
		s:meet()
		for n = 0, i == 1 and 1 or 0 do
			s:recv(s.ch, n, n)
		end
		s:meet()
		s:none()
	end
end

local function receives_what_was_right(s)
	s:recv(s.ch, 0, 3)
	s:recv(s.ch, 1, 4)
end

return {
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
	{ says = "what a writer writes is received like any message", right = side.recv_all },
	{ says = "what is written behind a message, in its room, is no message", right = receives_short_ones },
	{ says = "what is sent in any way a reader reads", left = side.send_all },
	{ says = "what a writer adds is seen with the next flush, commit or close", right = sees_added },
	{ says = "streams used out of turn are misuse, and change nothing", right = receives_one_of_three },
	{ says = "a batch and a writer exclude each other", right = receives_what_was_right },
}
