-- SPDX-License-Identifier: MIT
-- Goes on whatever it is asked, and keeps its end of the channel.
local atoll = require("atoll")
local news = atoll.open("news")

news:send("deaf says hello")
while true do
	pcall(error)
end
