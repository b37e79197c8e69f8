-- SPDX-License-Identifier: MIT
-- The sentences in Lua between components of an image; arguments are as component.c has them.

local atoll = require("atoll")
local run = require("conformance.run")

io.stdout:setvbuf("line")
local follower, rounds, only = ...
local well
if follower then
	well = run.lead(follower, tonumber(rounds or 20), only or "")
else
	well = atoll.name() == "lua" or run.follow(atoll.name())
end
os.exit(well and 0 or 1)
