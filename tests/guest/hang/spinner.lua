-- SPDX-License-Identifier: MIT
-- Never waits.
print("spinner spins")
while true do
end
