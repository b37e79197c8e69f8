-- SPDX-License-Identifier: MIT
-- Sees how the other two end, and still has its own memory, output and time.
local atoll = require("atoll")

local function watch(name)
	local channel = atoll.open(name)
	for message in channel:messages() do
		print("witness: " .. message)
	end
	print(("witness: %s: %s"):format(name, channel:reason()))
end

watch("lua")
watch("c")
local list = {}
for i = 1, 1000 do
	list[i] = ("y"):rep(i)
end
assert(#table.concat(list) == 500500)
print("witness goes on")
