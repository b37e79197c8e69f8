-- SPDX-License-Identifier: MIT
-- Never yields and never waits, in a coroutine of a coroutine.
local atoll = require("atoll")

atoll.on_stop(function()
	print("spinner: asked, " .. debug.traceback("here", 2):match("spinner.lua:%d+: in function"))
	os.exit(3)
end)
coroutine.wrap(function()
	coroutine.wrap(function()
		print("spinner: spins")
		while true do
		end
	end)()
end)()
