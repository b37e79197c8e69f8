-- SPDX-License-Identifier: MIT
-- Failures that are the user's to mend. Whoever calls `fail` ends the command;
-- main.lua prints the message and exits with 125.

local failure = {}
failure.__index = failure
failure.__tostring = function(self)
	return self.message
end

local function fail(format, ...)
	error(setmetatable({ message = format:format(...) }, failure), 0)
end

local function is_failure(err)
	return getmetatable(err) == failure
end

return { fail = fail, is_failure = is_failure }
