-- SPDX-License-Identifier: MIT
-- Keeps the other end of the channel open while the walker looks at its ring.
local atoll = require("atoll")
for _ in atoll.open("link"):messages() do
end
