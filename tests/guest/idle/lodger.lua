-- SPDX-License-Identifier: MIT
-- Makes garbage, collects it, and waits.
local atoll = require("atoll")

local list = {}
for i = 1, 80 do
	list[i] = ("x"):rep(100000 + i)
end
list = nil
collectgarbage()
assert(atoll.open("talk"):recv() == "go")
print(("lodger: %d MiB"):format(atoll.stats().heap_used // 1048576))
