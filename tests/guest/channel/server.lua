-- SPDX-License-Identifier: MIT
-- Sends every message back; then fails, to see the other end told of it.
local atoll = require("atoll")

local echo = assert(atoll.open("echo"))
local doomed = assert(atoll.open("doomed"))

for message in echo:messages() do
	assert(echo:send(message))
end
assert(echo:reason() == "finished", echo:reason())
echo:finish()

local message, why = doomed:recv(0.05)
assert(message == nil and why == "timeout", why)
assert(atoll.open("nonsense") == nil)
assert(not pcall(echo.send, echo, {}))
error("the server fails as it should")
