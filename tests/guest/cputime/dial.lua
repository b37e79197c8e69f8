-- SPDX-License-Identifier: MIT
-- os.clock is CPU time, and goes forward with work.
local before = os.clock()
local sum = 0

while os.clock() - before < 0.02 do
	for i = 1, 1000 do
		sum = sum + i
	end
end
print("dial: time went by with work")
