-- SPDX-License-Identifier: MIT
-- The sentences about waiting: those of deadline.c, wake.c and set.c. What is a set
-- in C is atoll.select here.

local atoll = require("atoll")
local side = require("conformance.side")
local same, fails, refused, expect_past = side.same, side.fails, side.refused, side.expect_past

local function meets(s)
	s:meet()
	s:meet()
end

local function soon(s)
	return s:random(s:random(2) == 0 and 3000 or 100) / 1e6
end

local function waits_in_vain(s)
	s:meet()
	for _ = 1, s.rounds // 5 + 3 do
		for _, verb in ipairs({ "recv", "view", "recv_value" }) do
			expect_past(soon(s), s.ch[verb], s.ch)
		end
		expect_past(soon(s), atoll.select, { s.ch, s.more[1] })
	end
	s:meet()
end

local function wants_room_in_vain(s)
	local text = ("x"):rep(s.ch:max())
	s:fill(s.ch, s.ch:max())
	s:meet()
	for _ = 1, s.rounds // 5 + 3 do
		expect_past(soon(s), s.ch.send, s.ch, text)
		expect_past(soon(s), s.ch.send_value, s.ch, text:sub(1, -10))
	end
	s:meet()
end

local function asks_without_waiting(s)
	s:fill(s.ch, s.ch:max())
	local text, parks = ("x"):rep(s.ch:max()), s.ch:stats().parks
	for i = 1, s.rounds do
		refused("timeout", s.ch, i % 2 == 0 and 0 or -i)
		fails("timeout", "send", s.ch:send(text, 0))
	end
	same(s.ch:stats().parks, parks, "parks")
	s:meet()
end

local function sends_ahead(s)
	s:send_run(3, function(n)
		return n
	end)
	s:meet()
end

local function takes_what_is_there(s)
	s:meet()
	for n, timeout in ipairs({ 0, -1, 1e9 }) do
		s:compare(n - 1, n - 1, assert(s.ch:recv(timeout)))
	end
	s:none()
end

local function sends_in_time(s)
	for n = 0, 8 do
		s:sleep(n % 3 / 1000)
		s:send(s.ch, n, 20)
		s:meet()
	end
end

local function is_served_in_time(s)
	for n = 0, 8 do
		s:compare(n, 20, assert(s.ch:recv(300)))
		s:meet()
	end
end

local function sends_hastily(s)
	for n = 0, 4 * s.rounds - 1 do
		local ok, why
		repeat
			ok, why = s.ch:send(s.message(n, s:length(n)), s:random(60) / 1e6)
		until ok or why ~= "timeout"
		same(ok or why, true, "send")
		s:pause(100e-6)
	end
	s.ch:finish()
end

local function receives_hastily(s)
	for n = 0, 4 * s.rounds - 1 do
		local message, why
		repeat
			message, why = s.ch:recv(s:random(60) / 1e6)
		until message or why ~= "timeout"
		same(why, nil, "recv")
		s:compare(n, s:length(n), message)
		s:pause(100e-6)
	end
	s:closed(s.ch, "finished")
end

local function calls(s)
	for n = 0, s.rounds - 1 do
		s:dawdle()
		s:send(s.ch, n, n % 30)
		s:recv(s.ch, n, n % 20)
	end
end

local function answers(s)
	for n = 0, s.rounds - 1 do
		s:recv(s.ch, n, n % 30)
		s:dawdle()
		s:send(s.ch, n, n % 20)
	end
end

local function third(s, n)
	return s.ch:max() // 3 + n % 64
end

local function waits_for_room(s)
	for n = 0, s.rounds - 1 do
		if n % 8 == 0 then
			s:dawdle()
		end
		s:send(s.ch, n, third(s, n))
	end
	s:meet()
end

local function makes_room(s)
	for n = 0, s.rounds - 1 do
		s:dawdle()
		s:recv(s.ch, n, third(s, n))
	end
	s:meet()
end

local function sends_bursts(s)
	local n = 0
	while n < 4 * s.rounds do
		for _ = 1, s:random(40) do
			s:send(s.ch, n, 100)
			n = n + 1
		end
		s:pause(150e-6)
	end
	s.ch:finish()
	s:tell(n)
end

local function takes_bursts(s)
	local n = 0
	for message in s.ch:messages() do
		s:compare(n, 100, message)
		n = n + 1
		if s:random(40) == 0 then
			s:pause(150e-6)
		end
	end
	same(s:hear(), n, "messages")
end

-- Every channel of the side; the first of them last, as in C.
local function all_of(s)
	local list = { s.ch }
	for _, ch in ipairs(s.more) do
		list[#list + 1] = ch
	end
	return list
end

local function expect_nothing(s)
	fails("timeout", "select", atoll.select(all_of(s), 0))
	expect_past(500e-6, atoll.select, all_of(s))
end

local function sends_here_and_there(s)
	s:meet()
	for i, ch in ipairs(s.more) do
		s:send(ch, i - 1, 20)
		s:meet()
	end
end

local function is_told_where(s)
	expect_nothing(s)
	s:meet()
	for i, ch in ipairs(s.more) do
		for _ = 1, 3 do
			local entry, index = atoll.select(all_of(s))
			assert(rawequal(entry, ch) and index == i + 1)
		end
		s:recv(ch, i - 1, 20)
		expect_nothing(s)
		s:meet()
	end
end

local function fills_all(s)
	for n = 0, 4 do
		for _, ch in ipairs(all_of(s)) do
			s:send(ch, n, 20)
		end
	end
	s:meet()
end

local function goes_round(s)
	local taken = {}
	s:meet()
	for lap = 0, 4 do
		for _ = 1, #s.more + 1 do
			local ch = assert(atoll.select(all_of(s)))
			same(taken[ch] or 0, lap, "turns")
			taken[ch] = lap + 1
			s:recv(ch, lap, 20)
		end
	end
	expect_nothing(s)
end

-- As many as there is room for, but a few at most.
local function stuff(s, most)
	for n = 1, most do
		if not s.ch:send("0123456789abcdef", 0) then
			return n - 1
		end
	end
	return most
end

local function saturates(s)
	local most = 4 * stuff(s, 10000) + 1000
	for n = 0, s.rounds // 4 - 1 do
		local ch, sent = s.more[n % #s.more + 1], 0
		s:send(ch, n, 12)
		while not ch:recv(0) do
			sent = sent + stuff(s, 16)
			assert(sent <= most, "starved")
		end
	end
	s.ch:finish()
	s:meet()
end

local function serves_all(s)
	local served = 0
	while true do
		local ch = assert(atoll.select(all_of(s)))
		if ch ~= s.ch then
			s:recv(ch, served, 12)
			served = served + 1
			assert(ch:send(""))
		elseif not ch:recv(0) then
			break
		end
	end
	same(served, s.rounds // 4, "served")
	s:meet()
end

local function calls_many(s)
	for n = 0, s.rounds - 1 do
		local ch = s.more[n * 7 % #s.more + 1]
		s:dawdle()
		s:send(ch, n, 10)
		s:recv(ch, n, 11)
	end
end

local function answers_many(s)
	for n = 0, s.rounds - 1 do
		local ch = s.more[n * 7 % #s.more + 1]
		if n % 4 > 0 then
			assert(rawequal(atoll.select(all_of(s)), ch))
		end
		s:recv(ch, n, 10)
		s:dawdle()
		s:send(ch, n, 11)
	end
end

local function gives_room(s)
	for _ = 1, s.rounds // 5 do
		local count = s:hear()
		s:dawdle()
		s:recv_run(count, s.ch:max())
		s:none()
		s:meet()
	end
	s:meet()
	s:sleep(0.001)
	s.ch:close()
end

local function sends_to_two(s)
	s:meet()
	s:send(s.more[1], 0, 5)
	s:send(s.more[2], 1, 6)
	s:meet()
	s:meet()
end

local endings = { "finish", "close", "reject" }

local function ends_each(s)
	for i = 1, 3 do
		s:meet()
		s:dawdle()
		s.more[i][endings[i]](s.more[i])
	end
	s:meet()
end

local function is_told_of_ends(s)
	for i = 1, 3 do
		local list = { s.more[i], s.more[4] }
		expect_past(200e-6, atoll.select, list)
		s:meet()
		assert(rawequal(atoll.select(list), s.more[i]))
		s:closed(s.more[i], i < 3 and "finished" or "protocol error")
	end
	s:meet()
end

local function sends_beside_timers(s)
	for n = 0, s.rounds - 1 do
		s:pause(100e-6)
		s:send(s.ch, n, 30)
	end
	s:meet()
end

return {
	{ says = "no wait for a message ends before its deadline", left = waits_in_vain, right = meets },
	{ says = "no wait for room ends before its deadline", left = wants_room_in_vain, right = meets },
	{ says = "NOW never waits, and a deadline past not for long", left = asks_without_waiting, right = side.meet },
	{ says = "what is there is taken, whatever the deadline", left = sends_ahead, right = takes_what_is_there },
	{ says = "a message before the deadline ends the wait", left = sends_in_time, right = is_served_in_time },
	{
		says = "deadlines that pass lose nothing and repeat nothing",
		left = sends_hastily, right = receives_hastily,
	},
	{ says = "a receiver that waits is woken by a message", left = calls, right = answers },
	{ says = "a sender that waits is woken by room", left = waits_for_room, right = makes_room },
	{ says = "both sides wait by turns, and nobody is forgotten", left = sends_bursts, right = takes_bursts },
	{ says = "a reader that waits is woken, and a writer wakes", right = answers },
	{
		says = "a set says where a message is, for as long as it is there",
		left = sends_here_and_there, right = is_told_where,
	},
	{ says = "of members that are ready each has its turn", left = fills_all, right = goes_round },
	{ says = "no member starves while another one is never done", left = saturates, right = serves_all },
	{ says = "a set that waits is woken by any of its members", left = calls_many, right = answers_many },
	{ says = "idle members of a set cost nobody a sleep or a bell", left = calls },
	{ says = "a set says when there is room, or never will be", right = gives_room },
	{ says = "a member that was removed is not reported", left = sends_to_two },
	{ says = "an end is ready for a receiver in a set", left = ends_each, right = is_told_of_ends },
	{ says = "timers, events and messages wait beside each other", left = sends_beside_timers },
}
