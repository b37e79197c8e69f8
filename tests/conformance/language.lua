-- SPDX-License-Identifier: MIT
-- The sentences that only Lua has: values, views, what the collector does, errors.

local atoll = require("atoll")
local side = require("conformance.side")
local same = side.same

-- A value of any kind, the same for the same numbers.
local function value(s, depth)
	local kind = s.random({ state = s.state }, 9)
	s:random(2)
	if kind < 2 and depth > 0 then
		local list = {}
		for i = 1, s:random(5) do
			list[i] = value(s, depth - 1)
		end
		return list
	elseif kind < 4 and depth > 0 then
		local map = {}
		for i = 1, s:random(5) do
			map[i % 2 == 0 and "key " .. i or i * 1000] = value(s, depth - 1)
		end
		return map
	elseif kind == 4 then
		return s:random(1000) / 8
	elseif kind == 5 then
		return s:random(2) == 0
	elseif kind == 6 then
		return s.message(s:random(100), s:random(300))
	elseif kind == 7 then
		return (s:random(1 << 30) << s:random(34)) * (s:random(2) * 2 - 1)
	end
	return s:random(300) - 150
end

local function equal(a, b)
	if type(a) ~= "table" or type(b) ~= "table" then
		return a == b and math.type(a) == math.type(b)
	end
	for key, item in pairs(a) do
		if not equal(item, b[key]) then
			return false
		end
	end
	for key in pairs(b) do
		if a[key] == nil then
			return false
		end
	end
	return true
end

local function sends_values(s)
	s.state = 77
	for _ = 1, s.rounds do
		assert(s.ch:send_value(value(s, 3)))
	end
	assert(s.ch:send_value(nil))
	s:send(s.ch, 0, 200) -- no value
	s.ch:finish()
end

local function receives_values(s)
	s.state = 77
	for n = 1, s.rounds do
		local got, why = s.ch:recv_value()
		same(why, nil, "recv_value")
		assert(equal(got, value(s, 3)), "value " .. n)
	end
	same(select("#", s.ch:recv_value()), 1, "answers for nil")
	side.fails("malformed", "recv_value", s.ch:recv_value())
	s:closed(s.ch, "finished")
end

local function sends_records(s)
	for n = 0, s.rounds - 1 do
		assert(s.ch:send(("<I2 s4 d"):pack(n, s.message(n, n % 90), n / 4)))
	end
end

local function reads_in_views(s)
	for n = 0, s.rounds - 1 do
		local view <close> = assert(s.ch:view())
		local number, text, half = view:unpack("<I2 s4 d")
		same(number, n, "number")
		s:compare(n, n % 90, text)
		same(half, n / 4, "float")
		same(#view, 14 + n % 90, "length")
		same(view:byte(1), n % 256, "byte")
		assert(view:sub(7, 6 + n % 90) == text)
		assert(not pcall(s.ch.recv, s.ch, 0), "received while a view holds the message")
	end
end

local function sends_for_loops(s)
	s:send_all(s.rounds)
	s:send(s.more[1], 1, 10)
	s.more[1]:close()
	s:send(s.more[2], 2, 20)
	s.more[2]:reject()
end

local function loops_over_messages(s)
	local n = 0
	for message in s.ch:messages() do
		s:compare(n, s:length(n), message)
		n = n + 1
	end
	same(n, s.rounds, "messages")
	for i, reason in ipairs({ "finished", "protocol error" }) do
		local got = {}
		for message in s.more[i]:messages() do
			got[#got + 1] = #message
		end
		same(table.concat(got, " "), tostring(i * 10), "messages")
		same(s.more[i]:reason(), reason, "reason")
	end
end

-- One is left by its scope, one forgotten; neither can be closed once more afterwards.
local function forgets(s)
	do
		local ch <close> = s.more[1]
		s:send(ch, 1, 10)
	end
	s:send(s.more[2], 2, 20)
	s.more[2], s.kept = nil, {}
	collectgarbage()
	collectgarbage()
	s:meet()
	s:meet()
end

local function is_forgotten(s)
	s:meet()
	for i = 1, 2 do
		s:recv(s.more[i], i, i * 10)
		s:closed(s.more[i], "finished")
	end
	s:meet()
end

local function forgets_a_view(s)
	s:send_run(10, 40)
	s:meet()
end

local function collects_a_view(s)
	for n = 0, 9 do
		if n % 2 == 0 then
			assert(#assert(s.ch:view()) == 40)
			collectgarbage()
			collectgarbage()
		else
			s:recv(s.ch, n, 40)
		end
	end
	s:meet()
end

local function is_misused(s)
	local ch = s.ch
	for _, wrong in ipairs({
		function() ch:send() end,
		function() ch:send({}) end,
		function() ch:send("x", "soon") end,
		function() ch:send("x", 0 / 0) end,
		function() ch:recv({}) end,
		function() ch:send_value(print, 0) end,
		function() ch:send_value(setmetatable({}, { __index = 1 }), {}) end,
		function() ch.recv(io.stdout) end,
		function() atoll.open() end,
		function() atoll.select({}) end,
		function() atoll.select({ 1 }) end,
		function() atoll.spawn() end,
		function() atoll.sleep("x") end,
	}) do
		assert(not pcall(wrong))
	end
	local none, why = atoll.open("no such channel")
	assert(none == nil and type(why) == "string")
	same(ch:reason(), "open", "reason")
	s:send(ch, 1, 30)
end

local function gets_what_was_right(s)
	s:recv(s.ch, 1, 30)
	s:none()
end

-- The clock says when to send; so it runs while the generator waits.
local function generates(s)
	local clock = atoll.spawn(function()
		for _ = 1, 3 do
			atoll.sleep(200e-6)
		end
		s:tell(0)
		return true
	end)
	local function lengths()
		for message in s.ch:messages() do
			coroutine.yield(#message)
		end
	end
	local n = 0
	for length in coroutine.wrap(lengths) do
		same(length, n % 50, "length")
		n = n + 1
	end
	same(n, 20, "messages")
	assert(clock:join(s.PATIENCE))
end

local function sends_when_told(s)
	s:hear()
	s:send_all(20, function(n)
		return n % 50
	end)
end

local function selects_tasks(s)
	local task = atoll.spawn(function()
		return #s.more[1]:recv()
	end)
	s:meet()
	local first, i = atoll.select({ s.ch, task, s.more[2] }, s.PATIENCE)
	same(i, 2, "select")
	assert(rawequal(first, task))
	same(task:join(), 33, "join")
	s:meet()
	assert(rawequal(atoll.select({ s.ch, s.more[2] }, s.PATIENCE), s.more[2]))
	s:recv(s.more[2], 2, 22)
end

local function sends_by_turns(s)
	s:meet()
	s:dawdle()
	s:send(s.more[1], 1, 33)
	s:meet()
	s:dawdle()
	s:send(s.more[2], 2, 22)
end

return {
	{ says = "values of every kind arrive as they were", left = sends_values, right = receives_values },
	{ says = "a view reads a message where it lies", left = sends_records, right = reads_in_views },
	{ says = "a loop over messages ends with the channel", left = sends_for_loops, right = loops_over_messages },
	{ says = "an endpoint left or forgotten is closed", left = forgets, right = is_forgotten },
	{ says = "a view forgotten lets go of its message", left = forgets_a_view, right = collects_a_view },
	{ says = "misuse is an error, and changes nothing", left = is_misused, right = gets_what_was_right },
	{ says = "a generator may receive", left = sends_when_told, right = generates },
	{ says = "select waits for tasks and endpoints", left = sends_by_turns, right = selects_tasks },
}
