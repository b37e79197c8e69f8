-- SPDX-License-Identifier: MIT
-- As caller.c, in two tasks.
local atoll = require("atoll")

local CONNECTIONS = 20

local answered, lost = 0, 0

local function connections()
	for i = 1, CONNECTIONS do
		local desk <close> = assert(atoll.connect("desk"))
		local ok = desk:send(("<I4"):pack(i)) and desk:recv()
		if ok then
			assert(("<I4"):unpack(ok) == 2 * i)
			answered = answered + 1
		else
			assert(desk:reason() == "peer died", desk:reason())
			lost = lost + 1
		end
		if i == CONNECTIONS then
			desk:send("")
			assert(not desk:recv())
		end
	end
end

local tasks = { atoll.spawn(connections), atoll.spawn(connections) }
for _, task in ipairs(tasks) do
	assert(select("#", task:join()) == 0)
end
assert(answered + lost == 2 * CONNECTIONS)
local done <close> = assert(atoll.connect("done"))
done:send(("script: %d connections were answered or told of a death"):format(2 * CONNECTIONS))
