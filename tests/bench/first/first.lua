-- SPDX-License-Identifier: MIT
-- Prints the monotonic clock, which in a guest counts from its entry by Xen.
local atoll = require("atoll")
print(("Lua up after %.3f ms"):format(atoll.now() * 1e3))
