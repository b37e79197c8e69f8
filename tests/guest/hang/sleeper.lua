-- SPDX-License-Identifier: MIT
-- Waits for a message that never comes.
local atoll = require("atoll")
print("sleeper waits")
atoll.open("silence"):recv()
