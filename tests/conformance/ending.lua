-- SPDX-License-Identifier: MIT
-- The sentences about the end of a connection, and the next one: those of close.c and
-- anew.c.

local side = require("conformance.side")
local same, refused, unsent, cannot_send = side.same, side.refused, side.unsent, side.cannot_send

local function last(n)
	return 10 + n
end

local function send_last(s)
	s:send_run(3, last)
end

local function recv_last(s)
	s:recv_run(3, last)
end

local function begins_again(s)
	s.ch:close()
	s:anew()
end

local function finishes_first(s)
	send_last(s)
	s.ch:finish()
	s.ch:finish()
	cannot_send(s)
	s:meet()
	recv_last(s)
	s:closed(s.ch, "finished")
	cannot_send(s)
	s:meet()
end

local function finishes_second(s)
	s:meet()
	recv_last(s)
	s:closed(s.ch, "finished")
	send_last(s)
	s.ch:finish()
	cannot_send(s)
	s:meet()
end

local function ends_with_a_finish(s)
	same(s.ch:reason(), "open", "reason")
	send_last(s)
	s.ch:finish()
	same(s.ch:reason(), "finished", "reason")
	s:meet()
end

local function learns_of_the_end_last(s)
	same(s.ch:reason(), "open", "reason")
	s:meet()
	same(s.ch:reason(), "open", "reason")
	recv_last(s)
	same(s.ch:reason(), "open", "reason")
	s:closed(s.ch, "finished")
end

local function closes(s)
	s:meet()
	local view = assert(s.ch:view())
	send_last(s)
	s.ch:close()
	assert(not pcall(view.byte, view, 1), "a view outlives its channel")
	s:closed(s.ch, "finished")
	cannot_send(s)
	s.ch:close()
	s.ch:finish()
	s:closed(s.ch, "finished")
	s:meet()
end

local function learns_that_it_is(reason)
	return function(s)
		send_last(s)
		s:meet()
		s:meet()
		cannot_send(s)
		recv_last(s)
		s:closed(s.ch, reason)
		cannot_send(s)
	end
end

local function fills_and_closes(s)
	local n = s:fill(s.ch, 24)
	s.ch:close()
	s:tell(n)
	s:meet()
end

local function reads_a_full_one(s)
	s:recv_all(s:hear(), 24)
	s:meet()
end

local function closes_on_a_reader(s)
	s:send(s.ch, 7, 100)
	s:send(s.ch, 8, 100)
	s:meet()
	s.ch:close()
	s:meet()
end

local function reads_what_it_holds(s)
	do
		local view <close> = assert(s.ch:view())
		s:meet()
		s:meet()
		s:compare(7, 100, tostring(view))
	end
	s:recv(s.ch, 8, 100)
	s:closed(s.ch, "finished")
end

local function breaks(s)
	send_last(s)
	s:meet()
	s.ch:reject()
	s:closed(s.ch, "protocol error")
	cannot_send(s)
	s:meet()
end

local function closes_too(s)
	for _ = 1, s.rounds // 10 do
		s:pause(50e-6)
		s.ch:close()
		s:closed(s.ch, "finished")
		cannot_send(s)
		s:anew()
	end
end

local endings = { "finish", "close", "reject" }
local reasons = { "finished", "finished", "protocol error" }

local function takes_its_time(s, i)
	if i % 3 > 0 then
		s:sleep(i % 3 == 1 and 30e-6 or 0.002)
	end
end

local function ends_on_a_receiver(s)
	for i = 0, 8 do
		takes_its_time(s, i)
		s.ch[endings[i // 3 + 1]](s.ch)
		s:meet()
		begins_again(s)
	end
end

local function waits_for_a_message(s)
	for i = 0, 8 do
		refused("closed", s.ch)
		same(s.ch:reason(), reasons[i // 3 + 1], "reason")
		s:meet()
		begins_again(s)
	end
end

local function ends_on_a_sender(s)
	for i = 0, 5 do
		s:meet()
		takes_its_time(s, i)
		s.ch[endings[i // 3 + 2]](s.ch)
		s:meet()
		s:anew()
	end
end

local function waits_for_room(s)
	for i = 0, 5 do
		s:fill(s.ch, s.ch:max())
		s:meet()
		unsent("closed", s.ch, s.ch:max())
		same(s.ch:reason(), reasons[i // 3 + 2], "reason")
		s:meet()
		begins_again(s)
	end
end

local function begins_anew(s)
	for life = 0, s.rounds // 10 + 1 do
		s:send_run(life % 5, nil, life)
		s:pause(50e-6)
		begins_again(s)
		same(s.ch:reason(), "open", "reason")
	end
end

local function follows_anew(s)
	for life = 0, s.rounds // 10 + 1 do
		s:recv_run(life % 5, nil, life)
		s:closed(s.ch, "finished")
		begins_again(s)
		same(s.ch:reason(), "open", "reason")
	end
end

local function leaves_one(s, n, len)
	s:send(s.ch, n, len)
	s:meet()
	begins_again(s)
	s:none()
	s:meet()
end

local function leaves_one_of_fifty(s)
	leaves_one(s, 1, 50)
	s:send(s.ch, 2, 60)
	s:recv(s.ch, 3, 70)
end

local function leaves_one_of_twenty(s)
	leaves_one(s, 4, 20)
	s:send(s.ch, 3, 70)
	s:recv(s.ch, 2, 60)
end

local function comes_early(s)
	s.ch:close()
	s:open()
	same(s.ch:reason(), "connecting", "reason")
	s:none()
	unsent("timeout", s.ch, 1, 0)
	refused("timeout", s.ch, 0.002)
	s:tell(0)
	s:send(s.ch, 5, 50)
	s:recv(s.ch, 6, 40)
	same(s.ch:reason(), "open", "reason")
end

local function comes_late(s)
	s:hear()
	s:sleep(0.002)
	s:closed(s.ch, "finished")
	s.ch:close()
	s:open()
	s:recv(s.ch, 5, 50)
	s:send(s.ch, 6, 40)
	same(s.ch:reason(), "open", "reason")
end

local function changes_its_mind(s)
	for _ = 1, 3 do
		s.ch:close()
		s:open()
		same(s.ch:reason(), "connecting", "reason")
		s:none()
	end
	s:meet()
	s:meet()
	s:send(s.ch, 1, 30)
	s:recv(s.ch, 2, 30)
	same(s.ch:reason(), "open", "reason")
end

local function comes_once(s)
	s:meet()
	s.ch:close()
	s:open()
	s:meet()
	s:send(s.ch, 2, 30)
	s:recv(s.ch, 1, 30)
	same(s.ch:reason(), "open", "reason")
end

local function opens_what_is_open(s)
	local before = s.ch
	s:send(s.ch, 1, 30)
	s:open()
	assert(rawequal(s.ch, before))
	s:send(s.ch, 2, 30)
	s:meet()
end

local function opens_with_a_message_waiting(s)
	s:recv(s.ch, 1, 30)
	s:meet()
	s:open()
	s:recv(s.ch, 2, 30)
end

return {
	{
		says = "what was sent before a finish is read, and the other direction goes on",
		left = finishes_first, right = finishes_second,
	},
	{
		says = "the receiver is told of the end behind the last message",
		left = ends_with_a_finish, right = learns_of_the_end_last,
	},
	{
		says = "after a close nothing passes, and what the closer had sent is read",
		left = closes, right = learns_that_it_is("finished"),
	},
	{
		says = "a full channel can be closed, and nothing in it is lost",
		left = fills_and_closes, right = reads_a_full_one,
	},
	{
		says = "a message that is held can be read while the peer closes",
		left = closes_on_a_reader, right = reads_what_it_holds,
	},
	{
		says = "a break tells both ends of a protocol error, and what went before is read",
		left = breaks, right = learns_that_it_is("protocol error"),
	},
	{ says = "both ends may close at once", left = closes_too, right = closes_too },
	{
		says = "a receiver that waits is told of the end, whichever it is",
		left = ends_on_a_receiver, right = waits_for_a_message,
	},
	{
		says = "a sender that waits for room is told of the end, whichever it is",
		left = ends_on_a_sender, right = waits_for_room,
	},
	{ says = "a channel closed both ways is opened again, many times", left = begins_anew, right = follows_anew },
	{ says = "a new connection has nothing of the one before", left = leaves_one_of_fifty, right = leaves_one_of_twenty },
	{
		says = "who opens again before its peer has let go is connecting, and its calls wait",
		left = comes_early, right = comes_late, early = true,
	},
	{
		says = "who closes while connecting, and opens again, is connecting again",
		left = changes_its_mind, right = comes_once, early = true,
	},
	{
		says = "to open again what is open changes nothing",
		left = opens_what_is_open, right = opens_with_a_message_waiting,
	},
}
