-- SPDX-License-Identifier: MIT
-- Waits in Lua: a task for a message, one for ever, one for the two others.
local atoll = require("atoll")

local function receive()
	local ch <close> = assert(atoll.open("lua"))
	return ch:recv()
end

local receiver = atoll.spawn(receive)
local sleeper = atoll.spawn(function()
	atoll.sleep(math.huge)
end)
local joiner = atoll.spawn(function()
	return sleeper:join()
end)
print("lua: waited, " .. tostring(select(2, receiver:join())))
joiner:cancel()
sleeper:cancel()
