-- SPDX-License-Identifier: MIT
-- The job lists of `atoll jobs`: checks them, and judges what came of a job.

local check = require("check")
local fail = require("fail").fail
local guests = require("guest")

local FIELDS = {
	name = "string", image = "string", module = "string", words = "table", memory = "number",
	timeout = "number", input = "string", expect = "table", on = "table", save = "string",
	after = "string", shutdown = "string", stats = "boolean",
}

local EXPECTATIONS = {
	status = "number", poweroff = "boolean", crash = "boolean", timeout = "boolean",
	reboot = "boolean",
	output = "table", absent = "table", check = "function",
}

local SHUTDOWNS = { poweroff = true, reboot = true }

local function check_fields(where, value, fields)
	for key, v in pairs(value) do
		local wanted = fields[key]
		if not wanted then
			fail("%s: unknown field %s; expected one of %s", where, tostring(key),
				table.concat(check.keys(fields), ", "))
		elseif type(v) ~= wanted then
			fail("%s: field %s: got %s; expected a %s", where, key, check.describe(v),
				wanted)
		end
	end
end

local function check_job(path, index, job)
	local where = ("%s: job %d"):format(path, index)
	if type(job) ~= "table" then
		fail("%s: got %s; expected a table", where, check.describe(job))
	end
	check_fields(where, job, FIELDS)
	if not job.name or not job.image then
		fail("%s: no %s; expected each job to have a name and an image", where,
			job.name and "image" or "name")
	end
	if job.stats and not job.after then
		fail("%s (%s): stats; expected after which text of its output", where, job.name)
	elseif job.shutdown and not (job.after and SHUTDOWNS[job.shutdown]) then
		fail('%s (%s): shutdown "%s"; expected poweroff or reboot, and after which text of its'
			.. " output", where, job.name, job.shutdown)
	end
	check_fields(("%s (%s): expect"):format(where, job.name), job.expect or {}, EXPECTATIONS)
end

-- The list of jobs that a Lua file returns.
local function load_jobs(path)
	local chunk, err = loadfile(path)
	if not chunk then
		fail("%s", err)
	end
	local list = chunk(path)
	if type(list) ~= "table" then
		fail("%s: returned %s; expected a list of jobs", path, check.describe(list))
	end
	for index, job in ipairs(list) do
		check_job(path, index, job)
	end
	return list
end

-- As plain text, or as a Lua pattern.
local function contains(text, wanted)
	if text:find(wanted, 1, true) then
		return true
	end
	local ok, found = pcall(string.find, text, wanted)
	return ok and found ~= nil
end

local function ending_wanted(expect)
	return expect.crash and "crash" or expect.timeout and "timeout"
		or expect.reboot and "reboot" or "poweroff"
end

local function check_ending(expect, result)
	local wanted = ending_wanted(expect)
	local status = expect.status or 0
	if result.ending ~= wanted then
		local words = { crash = "a crash", timeout = "a timeout", reboot = "a reboot" }
		return ("it %s; expected %s"):format(guests.summary(result),
			words[wanted] or "status " .. status)
	elseif wanted == "crash" or wanted == "timeout" or expect.poweroff then
		return nil
	elseif result.status ~= status then
		return ("it %s; expected status %d"):format(guests.summary(result), status)
	end
	return nil
end

-- nil, or why the result is not what the job expects.
local function judge(job, result, text)
	local expect = job.expect or {}
	local why = check_ending(expect, result)
	if why then
		return why
	end
	for _, wanted in ipairs(expect.output or {}) do
		if not contains(text, wanted) then
			return ("no %q in its output"):format(wanted)
		end
	end
	for _, unwanted in ipairs(expect.absent or {}) do
		if contains(text, unwanted) then
			return ("%q in its output; expected it not to be there"):format(unwanted)
		end
	end
	if expect.check then
		local ok, reason = expect.check(text, result)
		return not ok and (reason or "its own check says no") or nil
	end
	return nil
end

return { judge = judge, load = load_jobs }
