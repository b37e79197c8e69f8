-- SPDX-License-Identifier: MIT
-- Answers orders from several tasks, each of which asks the store; and prices, as values.
local atoll = require("atoll")
local orders <close> = assert(atoll.open("orders"))
local prices <close> = assert(atoll.open("prices"))
local stock <close> = assert(atoll.open("stock"))

local function order(request)
	local reply, word, why = stock:call(request, 5)
	if not reply then
		error(("the store: %s, %s"):format(word, why or stock:reason()), 0)
	end
	return reply .. ", sir"
end

local function price(request)
	if request.dish == "moon" then
		error({})
	end
	return { dish = request.dish, cents = #request.dish * request.count }
end

local serving = {
	atoll.spawn(orders.serve, orders, order, 5),
	atoll.spawn(prices.serve_values, prices, price),
}
for _, task in ipairs(serving) do
	local _, word = task:join()
	print("shop: " .. word)
end
