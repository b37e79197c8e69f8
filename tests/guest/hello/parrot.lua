-- SPDX-License-Identifier: MIT
-- Says what it was given.
for i = 0, #arg do
	print(("parrot: arg[%d] = %s"):format(i, arg[i]))
end
print("parrot: COLOUR is " .. os.getenv("COLOUR"))
if arg[2] == "error" then
	error("parrot is sick")
end
