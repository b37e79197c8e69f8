-- SPDX-License-Identifier: MIT
-- How prices are written.
local price = {}

function price.text(cents)
	return ("%d.%02d"):format(cents // 100, cents % 100)
end

return price
