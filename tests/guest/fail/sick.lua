-- SPDX-License-Identifier: MIT
-- Ends badly in the way that its argument names.
local channel = require("atoll").open("lua")

local ways = {
	error = function()
		error("sick by name")
	end,
	memory = function()
		local list = {}
		for i = 1, math.huge do
			list[i] = ("x"):rep(1000) .. i
		end
	end,
	exit = function()
		os.exit(4)
	end,
}

channel:send("sick is here")
if arg[1] then
	ways[arg[1]]()
end
