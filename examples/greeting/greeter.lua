-- SPDX-License-Identifier: MIT
-- Answers every name with a greeting.
local atoll = require("atoll")
local talk = atoll.open("talk")

for name in talk:messages() do
	talk:send("hello, " .. name .. ", from " .. _VERSION)
end
