-- SPDX-License-Identifier: MIT
-- Test cases in Lua, reported one a line as the Test Anything Protocol says.

local tap = { count = 0, failed = 0 }

-- Run one case; check is a function that raises an error when it fails.
function tap.case(title, check)
	local ok, err = pcall(check)
	tap.count = tap.count + 1
	if ok then
		print(("ok %d - %s"):format(tap.count, title))
	else
		tap.failed = tap.failed + 1
		print(("not ok %d - %s"):format(tap.count, title))
		print("# " .. tostring(err):gsub("\n", "\n# "))
	end
end

function tap.equal(found, expected)
	if found ~= expected then
		error(("found\n%s\nexpected\n%s"):format(found, expected), 2)
	end
end

function tap.contains(text, part)
	if not text:find(part, 1, true) then
		error(("found\n%s\nexpected in it\n%s"):format(text, part), 2)
	end
end

-- Print the plan and end with 1 where a case failed.
function tap.finish()
	print("1.." .. tap.count)
	os.exit(tap.failed == 0 and 0 or 1, true)
end

return tap
