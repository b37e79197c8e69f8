-- SPDX-License-Identifier: MIT
-- Computes the same thing again and again, and never waits.
local WORK <const> = 0.4 -- seconds of CPU time

local function round()
	local sum = 0.0

	for i = 1, 10000 do
		sum = sum + 1 / i
	end
	return sum
end

local want = round()
local start, count = os.clock(), 0

repeat
	assert(round() == want, "a round came out differently")
	count = count + 1
until os.clock() - start > WORK
print(("rounds: %d rounds, all the same"):format(count))
