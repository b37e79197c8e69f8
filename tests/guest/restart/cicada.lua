-- SPDX-License-Identifier: MIT
-- Looks whether it is as new, takes memory, and ends, now and then by an error.
local atoll = require("atoll")

assert(not spoilt, "not as new")
spoilt = {}
for i = 1, 1000 do
	spoilt[i] = ("x"):rep(i)
end
if atoll.stats().restarts % 100 == 50 then
	error("sick")
end
