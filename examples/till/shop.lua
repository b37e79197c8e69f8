-- SPDX-License-Identifier: MIT
-- shop.lua: ten customers pay at once; those who find no connection free wait for one.
local atoll = require("atoll")

local function pay(cents)
	local account <close> = assert(atoll.connect("account"))
	assert(account:send(("<i8"):pack(cents)))
	return ("<i8"):unpack((assert(account:recv())))
end

local customers = {}
for i = 1, 10 do
	customers[i] = atoll.spawn(pay, i * 100)
end
for _, customer in ipairs(customers) do
	assert(customer:join())
end
print(("ten customers paid %.2f"):format(pay(0) / 100))
