-- SPDX-License-Identifier: MIT
-- Sends a value now and then.
local atoll = require("atoll")
local name, count, pause = ...
local out <close> = assert(atoll.open(name))

for i = 1, tonumber(count) do
	atoll.sleep(tonumber(pause))
	assert(out:send_value({ i = i, name = name, list = { 1, 2.5, "x" } }))
end
