-- SPDX-License-Identifier: MIT
-- Waits for the other's end, then prints.
local channel = require("atoll").open("c")

for message in channel:messages() do
	print("witness: " .. message)
end
print("witness: " .. channel:reason())
io.stderr:write("witness has standard error\n")
