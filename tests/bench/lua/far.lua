-- SPDX-License-Identifier: MIT
-- The receiver, which checks every message, or sends it back.
local atoll = require("atoll")
local talk <close> = assert(atoll.open("talk"))
local calls

local texts = {}
for i = 0, 255 do
	texts[i] = ("%064d"):format(i)
end

local rows = {}

function rows.integers(count)
	local good = true
	for i = 1, count do
		good = talk:recv_value() == i and good
	end
	talk:send(good and "right" or "wrong")
end

function rows.strings(count)
	local i, good = 0, true
	for text in talk:messages() do
		i = i + 1
		good = text == texts[i & 255] and good
		if i == count then
			break
		end
	end
	talk:send(good and "right" or "wrong")
end

rows["trip-methods"] = function(count)
	for _ = 1, count do
		talk:send_value((talk:recv_value()))
	end
end

local send_value, recv_value = talk.send_value, talk.recv_value

rows["trip-functions"] = function(count)
	for _ = 1, count do
		send_value(talk, (recv_value(talk)))
	end
end

rows["trip-strings"] = function(count)
	for _ = 1, count do
		talk:send(talk:recv())
	end
end

-- A server ends with its channel, so each row has one of its own.
rows["call-values"] = function()
	calls = assert(atoll.open("call_values"))
	calls:serve_values(function(value)
		return value
	end)
end

rows["call-strings"] = function()
	calls = assert(atoll.open("call_strings"))
	calls:serve(function(text)
		return text
	end)
end

repeat
	local row, count = table.unpack(talk:recv_value() or {})
	if row then
		talk:send("ready")
		rows[row](count)
	end
until not row
