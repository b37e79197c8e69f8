-- SPDX-License-Identifier: MIT
-- The sentences about tasks: those of task.c and cancel.c.

local atoll = require("atoll")
local side = require("conformance.side")
local same, expect_past = side.same, side.expect_past

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
		local _, why = waiter:join(s.PATIENCE)
		same(why, nil, "join")
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

-- Run f in a task for each of the further channels, and join them all.
local function everywhere(s, f)
	local tasks = {}
	for i, ch in ipairs(s.more) do
		tasks[i] = atoll.spawn(f, ch)
	end
	for _, task in ipairs(tasks) do
		local count, why = task:join(s.PATIENCE)
		same(count or why, s.rounds // 4, "messages")
	end
end

local function echoes_everywhere(s)
	everywhere(s, function(ch)
		local count = 0
		for message in ch:messages() do
			assert(ch:send(message))
			count = count + 1
		end
		ch:finish()
		return count
	end)
end

local function calls_everywhere(s)
	everywhere(s, function(ch)
		for n = 0, s.rounds // 4 - 1 do
			if n % 4 == 0 then
				atoll.sleep(s:random(200) / 1e6)
			end
			assert(ch:send(s.message(n, n % 64)))
			s:compare(n, n % 64, assert(ch:recv()))
		end
		ch:finish()
		return s.rounds // 4
	end)
end

local function talks_with_two_tasks(s)
	local len = s.ch:max() // 2
	local sender = atoll.spawn(function()
		s:send_run(s.rounds // 2, len)
		return true
	end)
	for n = 0, s.rounds // 2 - 1 do
		if s:random(8) == 0 then
			atoll.sleep(s:random(100) / 1e6)
		end
		s:recv(s.ch, n, len)
	end
	assert(sender:join(s.PATIENCE))
	s:meet()
end

local function sleep_beside_each_other(s)
	local begin, tasks = atoll.now(), {}
	for i = 1, 4 do
		tasks[i] = atoll.spawn(function()
			local seconds = (5 - i) * 0.003
			atoll.sleep(seconds)
			assert(atoll.now() - begin >= seconds, "early")
			return true
		end)
	end
	for i = 1, 4 do
		assert(tasks[i]:join(s.PATIENCE))
	end
	s:meet()
end

local function joins_in_every_way(s)
	local waiter = atoll.spawn(s.recv, s, s.ch, 5)
	local none, why = waiter:join(0)
	same(none or why, "timeout", "join")
	expect_past(function(timeout)
		return waiter:join(timeout)
	end, 0.002)
	assert(not pcall(function()
		atoll.spawn(function()
			error("wanted", 0)
		end):join()
		error()
	end))
	s:meet()
	same(select(2, waiter:join(s.PATIENCE)), nil, "join")
	none, why = atoll.spawn(error, "wanted", 0):join()
	same(none or why, "wanted", "join")
end

local function sends_five(s)
	s:meet()
	s:send(s.ch, 5)
end

local function tasks_have_deadlines(s)
	for _ = 1, s.rounds // 10 do
		local tasks = {}
		for i = 1, 4 do
			tasks[i] = atoll.spawn(function(timeout)
				expect_past(function()
					return s.more[i]:recv(timeout)
				end, timeout)
				return true
			end, s:random(2000) / 1e6)
		end
		for i = 1, 4 do
			assert(tasks[i]:join(s.PATIENCE))
		end
	end
	s:meet()
end

local waits = {
	function(s)
		return s.ch:recv()
	end,
	function(s)
		return s.ch:recv(s.PATIENCE)
	end,
	function(s)
		return s.ch:recv_value()
	end,
	function(s)
		local view <close> = s.ch:view()
		return view
	end,
	function(s)
		return s.ch:send(("x"):rep(s.ch:max()))
	end,
	function(s)
		return s.ch:send_value(("x"):rep(s.ch:max() - 10))
	end,
	function(s)
		return atoll.select({ s.ch, s.more[1] })
	end,
	function(s)
		return atoll.sleep(s.PATIENCE)
	end,
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
		local none, why = task:join(s.PATIENCE)
		same(none or why, "cancelled", "join")
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
