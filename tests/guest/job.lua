-- SPDX-License-Identifier: MIT
-- What the groups of jobs, jobs_*.lua, have in common.
--
-- VARIANT in the environment names a sanitizer build to run instead: "address"
-- or "thread".

local VARIANT = os.getenv("VARIANT") or "elf"

local GUEST = { "xl" }

-- The sanitizers bring a malloc of their own, which knows no quota.
local PLAIN = VARIANT == "elf" and { "xl", "host" } or GUEST

local function image(name)
	return ("build/guest/%s/%s.%s"):format(name, name, VARIANT)
end

-- Its image is the one that its name begins with, where the fields name no other.
local function job(name, fields)
	fields.name = name
	fields.image = image(fields.image or name:match("^%w+"))
	return fields
end

local function contents(path)
	local file <close> = assert(io.open(path, "rb"))
	return file:read("a")
end

-- All that was printed but the kernel's own last line, which a process has not.
local function own_output(text)
	return (text:gsub("\r", ""):gsub("atoll: image %w+ ended with status %d+\n$", ""))
end

-- Its output is that of the same file as a Linux process, which `tests/guest/run`
-- wrote beforehand; and it has these texts, so that both are not wrong together.
local function transcript(what, name, expect, on)
	function expect.check(text)
		local expected = contents("build/guest/transcript/" .. name)
		return own_output(text) == expected, "its output is not that of a Linux process"
	end
	return job(name .. ": " .. what, {
		module = "build/guest/text/gpl",
		input = contents("tests/guest/typed"),
		on = on,
		expect = expect,
	})
end

return {
	GUEST = GUEST,
	PLAIN = PLAIN,
	VARIANT = VARIANT,
	contents = contents,
	job = job,
	own_output = own_output,
	transcript = transcript,
}
