-- SPDX-License-Identifier: MIT
-- Runs out of memory after the other component did, and goes on; or, asked to,
-- runs out of it again, and does not.
local atoll = require("atoll")

local function hoard()
	local list = {}
	for i = 1, 1e9 do
		list[i] = ("x"):rep(1000) .. i
	end
end

assert(atoll.open("after"):recv() == "done")
local ok, why = pcall(hoard)
collectgarbage()
print("hoarder: " .. tostring(why))
assert(not ok and why == "not enough memory", why)
local again = ("y"):rep(1024 * 1024)
print("hoarder: goes on with " .. #again .. " bytes")
if arg[1] == "again" then
	coroutine.wrap(hoard)()
end
