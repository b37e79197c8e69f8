-- SPDX-License-Identifier: MIT
-- The sentences about tasks: those of task.c and cancel.c.

local atoll = require("atoll")
local side = require("conformance.side")
local same, fails, expect_past = side.same, side.fails, side.expect_past

local function waits_and_goes_on(s)
	for i = 0, s.rounds // 10 - 1 do
		local turns = 0
		local waiter = atoll.spawn(s.recv, s, s.ch, i)
		local other = atoll.spawn(function()
			for turn = 1, 20 do
				if turn % 2 == 0 then
					atoll.yield()
				else
					atoll.sleep(10e-6)
				end
				turns = turns + 1
			end
			return 7
		end)
		same(other:join(), 7, "join")
		same(turns, 20, "turns")
		same(waiter:status(), "waiting", "status")
		s:meet()
		same(select(2, waiter:join(s.PATIENCE)), nil, "join")
		same(waiter:status(), "ended", "status")
	end
end

local function sends_when_asked(s)
	for i = 0, s.rounds // 10 - 1 do
		s:meet()
		s:dawdle()
		s:send(s.ch, i)
	end
end

local function echoes_everywhere(s)
	s:together(#s.more, function(i)
		local ch, count = s.more[i], 0
		for message in ch:messages() do
			assert(ch:send(message))
			count = count + 1
		end
		ch:finish()
		same(count, s.rounds // 4, "messages")
	end)
end

local function calls_everywhere(s)
	s:together(#s.more, function(i)
		local ch = s.more[i]
		for n = 0, s.rounds // 4 - 1 do
			if n % 4 == 0 then
				atoll.sleep(s:random(200) / 1e6)
			end
			assert(ch:send(s.message(n, n % 64)))
			s:compare(n, n % 64, assert(ch:recv()))
		end
		ch:finish()
	end)
end

local function talks_with_two_tasks(s)
	local len = s.ch:max() // 2
	local sender = atoll.spawn(s.send_run, s, s.rounds // 2, len)
	for n = 0, s.rounds // 2 - 1 do
		if s:random(8) == 0 then
			atoll.sleep(s:random(100) / 1e6)
		end
		s:recv(s.ch, n, len)
	end
	same(select(2, sender:join(s.PATIENCE)), nil, "join")
	s:meet()
end

local function sleep_beside_each_other(s)
	local begin = atoll.now()
	s:together(4, function(i)
		local seconds = (5 - i) * 0.003
		atoll.sleep(seconds)
		assert(atoll.now() - begin >= seconds, "early")
	end)
	s:meet()
end

local function joins_in_every_way(s)
	local waiter = atoll.spawn(s.recv, s, s.ch, 5)
	fails("timeout", "join", waiter:join(0))
	expect_past(0.002, waiter.join, waiter)
	local function fail()
		error("wanted", 0)
	end
	fails("wanted", "join", atoll.spawn(fail):join())
	s:meet()
	same(select(2, waiter:join(s.PATIENCE)), nil, "join")
	fails("wanted", "join", atoll.spawn(error, "wanted", 0):join())
end

local function sends_five(s)
	s:meet()
	s:send(s.ch, 5)
end

local function tasks_have_deadlines(s)
	for _ = 1, s.rounds // 10 do
		s:together(4, function(i)
			expect_past(s:random(2000) / 1e6, s.more[i].recv, s.more[i])
		end)
	end
	s:meet()
end

local waits = {
	function(s) return s.ch:recv() end,
	function(s) return s.ch:recv(s.PATIENCE) end,
	function(s) return s.ch:recv_value() end,
	function(s)
		local view <close> = s.ch:view()
		return view
	end,
	function(s) return s.ch:send(("x"):rep(s.ch:max())) end,
	function(s) return s.ch:send_value(("x"):rep(s.ch:max() - 10)) end,
	function(s) return atoll.select({ s.ch, s.more[1] }) end,
	function(s) return atoll.sleep(s.PATIENCE) end,
	function()
		local sleeper <const> = atoll.spawn(atoll.sleep, side.PATIENCE)
		local guard <close> = setmetatable({}, { __close = function()
			sleeper:cancel()
		end })
		return sleeper:join(), guard
	end,
}

local function is_cancelled_everywhere(s)
	local sent = s:fill(s.ch, s.ch:max())
	for _, wait in ipairs(waits) do
		local closed = false
		local task = atoll.spawn(function()
			local guard <close> = setmetatable({}, { __close = function()
				closed = true
			end })
			return wait(s), guard
		end)
		if s:random(2) == 0 then
			atoll.sleep(s:random(500) / 1e6)
		end
		repeat -- the other side's tasks may be ready, too
			atoll.yield()
		until task:status() ~= "ready"
		same(task:status(), "waiting", "status")
		assert(task:cancel() and closed)
		fails("cancelled", "join", task:join(s.PATIENCE))
		assert(not task:cancel())
	end
	s:tell(sent)
	s:recv(s.ch, 9, 33)
	s:send(s.ch, 8, 22)
end

local function finds_nothing_lost(s)
	s:recv_run(s:hear(), s.ch:max())
	s:send(s.ch, 9, 33)
	s:recv(s.ch, 8, 22)
end

return {
	{
		says = "a task that waits for a message holds up no other task",
		left = waits_and_goes_on, right = sends_when_asked,
	},
	{
		says = "tasks wait at many channels at once, and each is served",
		left = calls_everywhere, right = echoes_everywhere,
	},
	{
		says = "one task sends while another one receives",
		left = talks_with_two_tasks, right = talks_with_two_tasks,
	},
	{
		says = "tasks sleep beside each other, and none goes on early",
		left = sleep_beside_each_other, right = side.meet,
	},
	{ says = "a task is joined by one other, which may give up", left = joins_in_every_way, right = sends_five },
	{ says = "no task's wait ends before its deadline", left = tasks_have_deadlines, right = side.meet },
	{
		says = "a task that is cancelled waits no more, in any kind of wait",
		left = is_cancelled_everywhere, right = finds_nothing_lost,
	},
}
