-- SPDX-License-Identifier: MIT
-- The sentences about a side that dies and about being asked to stop: those of
-- death.c and stop.c.

local atoll = require("atoll")
local side = require("conformance.side")
local same, fails, refused = side.same, side.fails, side.refused
local unsent, cannot_send = side.unsent, side.cannot_send

local function inherits(s)
	s:meet()
	s:recv_run(3, nil, 100)
	s:closed(s.ch, "peer died")
	cannot_send(s)
end

local function inherits_a_stream(s)
	s:meet()
	s:recv_run(4, nil, 100)
	s:meet()
	s:closed(s.ch, "peer died")
end

local function dies_while_awaited(s)
	s:meet()
	s:sleep(0.003)
	s:die()
end

local function waits_for_the_dead(s)
	s:meet()
	s:closed(s.ch, "peer died")
end

local function wants_room_of_the_dead(s)
	s:fill(s.ch, s.ch:max())
	s:meet()
	unsent("closed", s.ch, s.ch:max())
	s:closed(s.ch, "peer died")
end

local function selects_the_dead(s)
	s:meet()
	local ch = assert(atoll.select({ s.ch, s.more[1] }))
	s:closed(ch, "peer died")
	s:closed(s.ch, "peer died")
end

local function dies_and_is_met_again(s)
	s:meet()
	s:die()
end

local function meets_the_next_life(s)
	s:meet()
	s:closed(s.ch, "peer died")
	s:open()
	assert(s.ch:send("x", s.PATIENCE))
end

local function waits_for_ever(s)
	refused("stopping", s.ch)
	fails("stopping", "view", s.ch:view())
	s:meet()
end

local function wants_room_for_ever(s)
	s:fill(s.ch, s.ch:max())
	unsent("stopping", s.ch, s.ch:max())
	s:meet()
end

local function sends_last_words(s)
	s:send_run(3)
	s:meet()
	s:meet()
	s:sleep(0.001)
	s:send(s.ch, 3)
	s:meet()
	s.ch:close()
end

local function hears_last_words(s)
	s:meet()
	s:recv_run(3)
	refused("stopping", s.ch)
	s:none()
	side.expect_past(0.002, s.ch.recv, s.ch)
	same(s.ch:reason(), "open", "reason")
	s:meet()
	s:compare(3, 3, assert(s.ch:recv(s.PATIENCE)))
	s:meet()
	s:closed(s.ch, "finished")
end

local function waits_in_tasks(s)
	s:together(1, function()
		refused("stopping", s.ch)
	end)
	local before = atoll.now()
	local sleeper = atoll.spawn(atoll.sleep, 0.003)
	fails("stopping", "join", sleeper:join())
	same(sleeper:join(s.PATIENCE), true, "sleep")
	assert(atoll.now() - before >= 0.003)
	s:meet()
end

return {
	{
		says = "what the dead had sent is read, what it had not shown is not, then it is told",
		left = inherits, dies = true,
	},
	{
		says = "who dies with a writer open has sent what was committed or flushed",
		left = inherits_a_stream, dies = true,
	},
	{
		says = "a receiver that waits is told of a death",
		left = waits_for_the_dead, right = dies_while_awaited, dies = true,
	},
	{
		says = "a sender that waits for room is told of a death",
		left = wants_room_of_the_dead, right = dies_while_awaited, dies = true,
	},
	{
		says = "a set that waits is told of a death",
		left = selects_the_dead, right = dies_while_awaited, dies = true,
	},
	{
		says = "to open again after a death reaches the next life",
		left = meets_the_next_life, right = dies_and_is_met_again, dies = true,
	},
	{
		says = "asked to stop, nobody waits for ever for a message",
		left = waits_for_ever, right = waits_for_ever, stops = true,
	},
	{
		says = "asked to stop, nobody waits for ever for room",
		left = wants_room_for_ever, right = wants_room_for_ever, stops = true,
	},
	{
		says = "asked to stop, what is there is received, and deadlines hold",
		left = sends_last_words, right = hears_last_words, stops = true,
	},
	{
		says = "asked to stop, no task waits for ever",
		left = waits_in_tasks, right = waits_in_tasks, stops = true,
	},
}
