-- SPDX-License-Identifier: MIT
-- The sentences in Lua between two tasks of one component; as tasks.c has them.

local atoll = require("atoll")
local run = require("conformance.run")
local side = require("conformance.side")

io.stdout:setvbuf("line")
local name, rounds, only = ...
if name ~= atoll.name() then
	os.exit(0)
end

local services = {}
for i = 0, run.CHANNELS do
	services[i] = assert(atoll.listen(name .. "_" .. i))
end

-- What gives a side its ends: the same one until it is closed, or forgotten.
local function keeps(begin)
	local ends = setmetatable({}, { __mode = "v" })
	return function(i)
		local ch = ends[i]
		if ch and ch:reason() == "open" then
			return ch
		elseif ch then
			ch:close()
		end
		ch = assert(begin(i))
		ends[i] = ch
		return ch
	end
end

local accept = keeps(function(i)
	return services[i]:accept(side.PATIENCE)
end)
local connect = keeps(function(i)
	return atoll.connect(name .. "_" .. i, side.PATIENCE)
end)

local placement = { together = true, immortal = true, stop = "stop_lua_tasks" }
local follower = atoll.spawn(run.follow, name, accept)
local well = run.lead(name, tonumber(rounds or 20), only or "", connect, placement)
os.exit(well and follower:join(side.PATIENCE) and 0 or 1)
