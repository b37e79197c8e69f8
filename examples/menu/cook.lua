-- SPDX-License-Identifier: MIT
-- Prints the dishes that have the tag in the argument, or all of them.
local cjson = require("cjson")
local price = require("kitchen.price")

local file <close> = assert(io.open("menu.json"))
local menu = cjson.decode(file:read("a"))

local function has(dish, tag)
	for _, name in ipairs(dish.tags) do
		if name == tag then
			return true
		end
	end
	return tag == nil
end

local sum = 0
for _, dish in ipairs(menu.dishes) do
	if has(dish, arg[1]) then
		print(("%-20s %6s"):format(dish.name, price.text(dish.cents)))
		sum = sum + dish.cents
	end
end
print(("%-20s %6s"):format("all of it", price.text(sum)))
