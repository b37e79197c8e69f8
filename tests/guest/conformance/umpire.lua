-- SPDX-License-Identifier: MIT
-- Ends when a leader says so, or has nothing to say any more; then all are asked to stop.
local atoll = require("atoll")

local function attend(name)
	local leader <close> = assert(atoll.open(name))
	if leader:recv() then
		atoll.sleep(0.05)
		os.exit(0)
	end
end

for _, name in ipairs({ ... }) do
	atoll.spawn(attend, name)
end
