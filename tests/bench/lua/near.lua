-- SPDX-License-Identifier: MIT
-- The sender. Prints one line a row: its name and nanoseconds. The clock is read
-- outside the loops; every message is checked, by the other side or here.
local atoll = require("atoll")
local talk <close> = assert(atoll.open("talk"))
local near <close> = assert(atoll.open("costs_near"))
local far <close> = assert(atoll.open("costs_far"))
local trips <close> = assert(atoll.open("trips"))
local calls

local COUNT = 300000
local BATCHES, BATCH = 400, 50 -- of round trips; as in ping.c

local function say(name, ns)
	print(("%s %.1f"):format(name, ns))
end

-- What a C component has measured, on its core.
local function ask(name, component, what)
	assert(component:send(what))
	say(name, (string.unpack("d", component:recv())))
end

local function begin(row, count)
	assert(talk:send_value({ row, count }))
	assert(talk:recv() == "ready")
	return atoll.now()
end

-- Until the other side has checked the last one.
local function finish(row, begun)
	assert(talk:recv() == "right", "not what was sent")
	say(row, (atoll.now() - begun) * 1e9 / COUNT)
end

local function integers()
	ask("call", near, "call")
	local begun = begin("integers", COUNT)
	for i = 1, COUNT do
		talk:send_value(i)
	end
	finish("integers", begun)
	ask("call-integer", far, "call-integer")
end

-- Made before: the sender's own strings are no part of it.
local texts = {}
for i = 0, 255 do
	texts[i] = ("%064d"):format(i)
end

local function strings()
	ask("push", far, "push")
	local begun = begin("strings", COUNT)
	for i = 1, COUNT do
		talk:send(texts[i & 255])
	end
	finish("strings", begun)
end

-- The median of batches of round trips.
local function trip(row, batch)
	local times, good = {}, true
	local at = begin(row, BATCHES * BATCH)
	for i = 1, BATCHES do
		good = batch(i * BATCH) and good
		local now = atoll.now()
		times[i], at = (now - at) * 1e9 / BATCH, now
	end
	assert(good, "not what was sent")
	table.sort(times)
	say(row, times[BATCHES // 2])
end

local function trip_methods(first)
	local good = true
	for i = first, first + BATCH - 1 do
		talk:send_value(i)
		good = talk:recv_value() == i and good
	end
	return good
end

local send_value, recv_value = talk.send_value, talk.recv_value

local function trip_functions(first)
	local good = true
	for i = first, first + BATCH - 1 do
		send_value(talk, i)
		good = recv_value(talk) == i and good
	end
	return good
end

local function trip_strings()
	local good = true
	for _ = 1, BATCH do
		talk:send("12345678")
		good = talk:recv() == "12345678" and good
	end
	return good
end

local function call_values(first)
	local good = true
	for i = first, first + BATCH - 1 do
		good = calls:call_value(i) == i and good
	end
	return good
end

local function call_strings()
	local good = true
	for _ = 1, BATCH do
		good = calls:call("12345678") == "12345678" and good
	end
	return good
end

integers()
strings()
ask("trip-c", trips, "")
trip("trip-methods", trip_methods)
trip("trip-functions", trip_functions)
trip("trip-strings", trip_strings)
ask("trip-c-again", trips, "")
calls = assert(atoll.open("call_strings"))
trip("call-strings", call_strings)
calls:close()
calls = assert(atoll.open("call_values"))
trip("call-values", call_values)
calls:close()
