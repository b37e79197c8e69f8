-- SPDX-License-Identifier: MIT
-- Waits for messages; the wait ends, and then it may still do what it likes.
local atoll = require("atoll")
local news = atoll.open("news")
local calls = 0

atoll.on_stop(function()
	calls = calls + 1
end)
print("listener: waits")
for message in news:messages() do
	print("listener: " .. message)
end
print("listener: on_stop was called " .. calls .. " times, stopping: " .. tostring(atoll.stopping()))
print("listener: recv says", news:recv())
print("listener: recv with a deadline says", news:recv(0.05))
