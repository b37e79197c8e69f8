-- SPDX-License-Identifier: MIT
-- Cooks what there is.
local orders = require("orders")

local menu = { soup = { cents = 550, hot = true }, cake = { cents = 420, hot = false } }
local waiter <close> = assert(orders:open())

for _, order in waiter:messages() do
	local dish = menu[order.dish]
	if dish then
		waiter:send("ready", { seat = order.seat, cents = dish.cents * order.count, hot = dish.hot })
	else
		waiter:send("sorry", { why = "there is no " .. order.dish })
	end
end
