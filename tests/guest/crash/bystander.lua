-- SPDX-License-Identifier: MIT
-- Does nothing wrong, and lives longer than the one that does.
local link = require("atoll").open("link")

print("bystander is here")
assert(link:recv() == nil and link:reason() == "peer died", link:reason())
print("bystander goes on")
