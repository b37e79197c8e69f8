-- SPDX-License-Identifier: MIT
-- The sentences of tests/conformance between components: two in C, two in Lua, one
-- of each; on two cores and on one; and between two tasks of one. One leads, as its
-- arguments say, the others follow, and those that nobody leads end with it.
name = "conformance"
cores = 2
decides = "umpire"

local HERE = "../../conformance/"
local CHANNELS = 6 -- as in component.c, tasks.c and run.lua

local sources, modules = {}, {}
for i, file in ipairs({
	"anew", "batch", "bounds", "call", "cancel", "close", "deadline", "death", "order", "place", "pressure", "run",
	"set", "set_time", "side", "state", "stop", "stream", "task", "wake",
}) do
	sources[i] = HERE .. file .. ".c"
end
for _, file in ipairs({
	"call", "death", "ending", "language", "message", "place", "run", "side", "state", "task",
	"waiting",
}) do
	modules["conformance." .. file] = HERE .. file .. ".lua"
end

-- `main` is what plays the sentences.
local function in_c(fields, main)
	fields.language, fields.heap = "c", "4M"
	fields.sources = { HERE .. (main or "component") .. ".c" }
	for i, source in ipairs(sources) do
		fields.sources[i + 1] = source
	end
	return fields
end

local function in_lua(fields, main)
	fields.language, fields.modules, fields.heap = "lua", modules, "4M"
	fields.main = HERE .. (main or "component") .. ".lua"
	return fields
end

-- It dies for some sentences.
local function follows(fields)
	fields.restart, fields.restart_limit, fields.restart_delay = "on-failure", 40, 0
	return fields
end

local function pair(leader, follower)
	for i = 0, CHANNELS do
		channel(follower .. "_" .. i) { from = leader, to = follower, size = i % 4 == 0 and "64K" or "4K" }
	end
end

-- Two of each: one side may have begun anew before the other has let go.
local function alone(name)
	for i = 0, CHANNELS do
		service(name .. "_" .. i) {
			server = name, clients = { name }, connections = 2, per_client = 2,
			size = i % 4 == 0 and "64K" or "4K",
		}
	end
	channel("stop_" .. name) { from = name, to = "umpire", size = "4K" }
end

component "umpire" {
	language = "lua", main = "umpire.lua", args = { "stop_c", "stop_lua", "stop_c_tasks", "stop_lua_tasks" },
	core = 0, heap = "4M",
}
component "c" (in_c { core = 0 })
component "c_c_cores" (follows(in_c { core = 1 }))
component "c_c_core" (follows(in_c { core = 0 }))
component "c_lua_cores" (follows(in_lua { core = 1 }))
component "c_lua_core" (follows(in_lua { core = 0 }))
component "lua" (in_lua { core = 0 })
component "lua_lua_cores" (follows(in_lua { core = 1 }))
component "lua_lua_core" (follows(in_lua { core = 0 }))
component "c_tasks" (in_c({ core = 0 }, "tasks"))
component "lua_tasks" (in_lua({ core = 0 }, "tasks"))

channel "stop_c" { from = "c", to = "umpire", size = "4K" }
channel "stop_lua" { from = "lua", to = "umpire", size = "4K" }
pair("c", "c_c_cores")
pair("c", "c_c_core")
pair("c", "c_lua_cores")
pair("c", "c_lua_core")
pair("lua", "lua_lua_cores")
pair("lua", "lua_lua_core")
alone("c_tasks")
alone("lua_tasks")
