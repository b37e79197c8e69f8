-- SPDX-License-Identifier: MIT
-- Asks for prices in many tasks at once, while the buyer orders.
local atoll = require("atoll")
local prices <close> = assert(atoll.open("prices"))
local over <close> = assert(atoll.open("end"))

local tasks, right = {}, 0
for i = 1, 20 do
	tasks[i] = atoll.spawn(function()
		for count = 1, 10 do
			local dish = ("x"):rep(i)
			local reply = assert(prices:call_value({ dish = dish, count = count }, 5))
			right = right + (reply.dish == dish and reply.cents == i * count and 1 or 0)
		end
	end)
end
for _, task in ipairs(tasks) do
	task:join()
end
print(("guest: %d of 200 prices, %d late"):format(right, prices:stats().late))
print("guest:", prices:call_value({ dish = "moon", count = 1 }))
prices:close() -- before the buyer ends, and with it the image
over:send("over")
