-- SPDX-License-Identifier: MIT
-- Tasks that talk to each other through a service of their own component, more of
-- them than it has connections; some forget theirs.
local atoll = require("atoll")

local CLIENTS, FORGOTTEN = 12, 3

local service = assert(atoll.listen("loop"))

local function serve(endpoint)
	for message in endpoint:messages() do
		endpoint:send(message:upper())
	end
	endpoint:close()
end

local server = atoll.spawn(function()
	for endpoint in service:accepted() do
		atoll.spawn(serve, endpoint)
	end
end)

local function ask(i)
	local endpoint = assert(atoll.connect("loop"))
	endpoint:send("client" .. i)
	assert(endpoint:recv() == "CLIENT" .. i)
	if i % FORGOTTEN ~= 0 then
		endpoint:close()
	end
end

local clients = {}
for i = 1, CLIENTS do
	clients[i] = atoll.spawn(ask, i)
end
for i, client in ipairs(clients) do
	assert(select("#", client:join()) == 0)
	clients[i] = nil
	collectgarbage()
end
service:close()
server:join()
local done <close> = assert(atoll.connect("done"))
done:send(("loop: %d tasks were served by their own component"):format(CLIENTS))
