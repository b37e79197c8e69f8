-- SPDX-License-Identifier: MIT
-- Prints the monotonic clock, which in a guest counts from its entry by Xen.
-- Under Linux, tests/bench/programs/work_lua.c brings `now`.
local is_component, atoll = pcall(require, "atoll")
local clock = is_component and atoll.now or now
print(("Lua up after %d us"):format(clock() * 1000000 // 1))
