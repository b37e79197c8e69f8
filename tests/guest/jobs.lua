-- SPDX-License-Identifier: MIT
-- One tiny guest a property, and the examples. `tests/guest/run` packs the images
-- first, and the inputs and expected results of wordcount.

local GROUPS = { "example", "language", "kernel", "memory", "channel", "failure", "life", "rig" }

local here = (...):match("^(.*/)") or "" -- the first argument is this file's path
local shared = dofile(here .. "job.lua")
local all = {}
for _, group in ipairs(GROUPS) do
	local jobs = assert(loadfile(here .. "jobs_" .. group .. ".lua"))(shared)
	table.move(jobs, 1, #jobs, #all + 1, all)
end
return all
