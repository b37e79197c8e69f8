-- SPDX-License-Identifier: MIT
-- Reads values from one peer, views from another, counts time, and fails on purpose.
local atoll = require("atoll")

local function read_values()
	local ch <close> = assert(atoll.open("fast"))
	local count, good = 0, true
	while true do
		local value = ch:recv_value()
		if not value then
			return count, good
		end
		count = count + 1
		good = good and value.i == count and value.list[2] == 2.5
	end
end

local function read_views()
	local ch <close> = assert(atoll.open("slow"))
	local count, good = 0, true
	while true do
		local view <close> = ch:view()
		if not view then
			return count, good
		end
		count = count + 1
		good = good and #view == 4 and view:unpack("<I4") == count
	end
end

local ticks = 0
local clock = atoll.spawn(function()
	while true do
		atoll.sleep(0.005)
		ticks = ticks + 1
	end
end)
local fast, slow = atoll.spawn(read_values), atoll.spawn(read_views)
local fast_count, values = fast:join()
local slow_count, views = slow:join()
clock:cancel()
print(("fast %d, slow %d, ticks %s, values %s, views %s"):format(fast_count, slow_count, ticks > 2, values, views))
print("failed: " .. select(2, atoll.spawn(error, "wanted", 0):join()))
atoll.spawn(function()
	atoll.sleep(0.001)
	error("not joined")
end)
