-- SPDX-License-Identifier: MIT
-- As client.c.
local atoll = require("atoll")

local LIVES = 5

local function live(toil, lifetime)
	assert(toil:send(("<I4"):pack(lifetime)))
	for number = 1, lifetime do
		assert(toil:send(("<I4"):pack(number)))
	end
	local answers = 0
	for message in toil:messages() do
		answers = answers + 1
		assert(("<I4"):unpack(message) == answers + 1)
	end
	assert(answers == lifetime)
	assert(toil:reason() == (lifetime > 0 and "peer died" or "finished"), toil:reason())
end

for life = 1, LIVES do
	live(assert(atoll.open("toil")), life % 3 + 1)
end
live(assert(atoll.open("toil")), 0)
local none, why = atoll.open("toil")
assert(not none and why:find("ended for good", 1, true), why)
print(("Lua: all %d deaths were told"):format(LIVES))
