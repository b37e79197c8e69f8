-- SPDX-License-Identifier: MIT
-- The sentences about requests and their replies: those of call.c.

local atoll = require("atoll")
local side = require("conformance.side")
local same, fails = side.same, side.fails

local FLIGHT <const> = 5 -- calls at a time
local REPLIES_AT <const> = 1000 -- the number of the message that answers request 0

local function request(s, n)
	return s.message(n, n * 7 % 120)
end

local function compare(s, n, reply)
	s:compare(REPLIES_AT + n, n * 5 % 110, reply)
end

local function ask(s, n)
	local reply, why = s.ch:call(request(s, n))
	same(why, nil, "call")
	compare(s, n, reply)
end

-- Answer requests from 0 on, with tasks or without; each is the next one when it comes.
local function serve(s, tasks, before)
	local n = 0
	fails("closed", "serve", s.ch:serve(function(got)
		local number = n
		n = n + 1
		s:compare(number, number * 7 % 120, got)
		if before then
			before(number)
		end
		return s.message(REPLIES_AT + number, number * 5 % 110)
	end, tasks))
	return n
end

local function calls(s)
	for n = 0, 2 * s.rounds - 1 do
		ask(s, n)
		s:pause(100e-6)
	end
	s.ch:finish()
end

local function serves(s)
	local served = serve(s, nil, function()
		s:pause(100e-6)
	end)
	same(served, 2 * s.rounds, "requests")
end

local function calls_many(s)
	for n = 0, s.rounds - 1 do
		s:together(FLIGHT, function(i)
			ask(s, FLIGHT * n + i - 1)
		end)
	end
	s.ch:finish()
end

local function serves_many(s)
	same(serve(s, s:random(2) == 0 and 3 or nil), FLIGHT * s.rounds, "requests")
end

local function calls_what_fails(s)
	for n = 0, s.rounds - 1 do
		if n % 2 == 1 then
			ask(s, n)
		else
			local none, word, words = s.ch:call(request(s, n))
			same(none or word, "failed", "call")
			same(words, "not " .. n, "words")
		end
	end
	s.ch:finish()
end

local function fails_some(s)
	local served = serve(s, nil, function(n)
		if n % 2 == 0 then
			error("not " .. n, 0)
		end
	end)
	same(served, s.rounds, "requests")
end

local function gives_up(s)
	for n = 0, s.rounds - 1, 2 do
		fails("timeout", "call", s.ch:call(request(s, n), s:random(200) * 1e-6))
		s:meet()
		ask(s, n + 1)
	end
	s.ch:finish()
end

local function answers_late(s)
	serve(s, nil, function(n)
		if n % 2 == 0 then
			s:meet()
		end
	end)
end

local function left_alone(reason)
	return function(s)
		ask(s, 0)
		ask(s, 1)
		s:together(2, function(i)
			fails("closed", "call", s.ch:call(request(s, i + 1)))
		end)
		same(s.ch:reason(), reason, "reason")
	end
end

local function closes_on_a_call(s)
	serve(s, nil, function(n)
		if n == 2 then
			s.ch:close()
		end
	end)
end

local function dies_on_a_call(s)
	serve(s, nil, function(n)
		if n == 2 then
			s:die()
		end
	end)
end

return {
	{ says = "every call brings its own reply", left = calls, right = serves },
	{ says = "requests are served in the order in which they were sent", left = calls_many, right = serves_many },
	{ says = "a call that failed brings the server's words", left = calls_what_fails, right = fails_some },
	{ says = "a reply that is late is nobody's", left = gives_up, right = answers_late },
	{ says = "calls in flight end with the channel", left = left_alone("finished"), right = closes_on_a_call },
	{
		says = "calls in flight end with the server's life",
		left = left_alone("peer died"),
		right = dies_on_a_call,
		dies = true,
	},
}
