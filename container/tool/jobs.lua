-- SPDX-License-Identifier: MIT
-- `atoll jobs`: runs many guests one after the other, on one boot of the
-- emulated host where there is no Xen, and judges each from the outside.

local expect = require("expect")
local fail = require("fail").fail
local files = require("files")
local guests = require("guest")
local options = require("options")
local sys = require("sys")
local targets = require("target")

local DEFAULT_TIMEOUT = 60 -- seconds
local SHOWN_MAX = 8192 -- bytes of a failed job's output, from its end

local USAGE = [[
usage: atoll jobs [OPTION]... FILE...

Runs lists of guests and says of each whether it did what its job expects. FILE
is a Lua file that returns the list, or a folder with such a file, jobs.lua:

  return {
      { name = "hello",                  -- as the verdict names it
        image = "build/hello/hello.elf", -- paths are relative to the working folder
        module = "FILE",                 -- all from here on may be left out
        words = { "greeter.arg=-v" },
        memory = 64,                     -- MiB
        timeout = 60,                    -- seconds
        input = "typed\n",               -- once the guest runs
        on = { "xl", "host" },           -- where this job makes sense
        after = "ready",                 -- once it has printed this,
        stats = true,                    -- add what `atoll stats` says to its output, then
        shutdown = "poweroff",           -- ask it to end: xl shutdown, or with "reboot"
                                         -- xl reboot; a Linux process gets SIGTERM
        save = "FILE",                   -- its output goes there, too
        expect = {
            status = 0,                  -- or one of crash = true, timeout = true,
                                         -- poweroff = true (any image that ends);
            reboot = true,               -- besides a status: and asks for a new start
            output = { "hello" },        -- texts or Lua patterns that must be there
            absent = { "error" },        -- and that must not
            check = function(output, result) return true end, -- or false, "why"
        } },
  }

  --on auto|xl|emulator|host  where; see `atoll run --help`
  --only PATTERN              only jobs whose name contains this text or Lua pattern
  --images                    only print the paths of the images of these jobs, once each
  --again                     a job that hangs or crashes, and should not, runs once more
  --record FILE               also write, a line a job and between tabs: name, verdict,
                              seconds, ms from start to first output
  --tap                       say it as the Test Anything Protocol does
  --verbose                   show the output of all jobs

Exit status: 0 when all did what is expected of them, or else 1; 125 when atoll
itself or the host failed.
]]

local SPEC = {
	["--again"] = { "again" },
	["--images"] = { "images" },
	["--on"] = { "on", "auto, xl, emulator or host" },
	["--only"] = { "only", "a text" },
	["--record"] = { "record", "a file" },
	["--serve"] = { "serve", "a device" }, -- what the emulated host's dom0 calls
	["--tap"] = { "tap" },
	["--verbose"] = { "verbose" },
}

local function wanted(job, opts)
	if opts.only and not job.name:find(opts.only, 1, true) and not job.name:find(opts.only) then
		return false
	elseif not job.on then
		return true
	end
	local here = opts.on == "host" and "host" or "xl"
	for _, name in ipairs(job.on) do
		if name == here then
			return true
		end
	end
	return false
end

local function load_file(path)
	local stat = files.stat(path)
	return expect.load(stat and stat.is_dir and path .. "/jobs.lua" or path)
end

local function collect(opts)
	local jobs = {}
	for _, path in ipairs(opts) do
		for _, job in ipairs(load_file(path)) do
			if wanted(job, opts) then
				jobs[#jobs + 1] = job
			end
		end
	end
	if #jobs == 0 then
		fail("jobs: no job fits; expected a FILE with at least one%s",
			opts.only and " that --only names" or "")
	end
	return jobs
end

-- For who makes them before the jobs run.
local function print_images(jobs)
	local seen = {}
	for _, job in ipairs(jobs) do
		if not seen[job.image] then
			seen[job.image] = true
			print(job.image)
		end
	end
	return 0
end

local function capture()
	local parts = {}
	return {
		begin = function() end,
		tick = function() end,
		write = function(bytes)
			parts[#parts + 1] = bytes
		end,
	}, parts
end

-- The job's input as a descriptor that can be read; at most what a pipe holds.
local function typing(job)
	if not job.input then
		return nil
	end
	local from, to = assert(sys.pipe())
	assert(sys.nonblock(to))
	if sys.write(to, job.input) ~= #job.input then
		fail("%s: input has %d bytes; expected at most 65536", job.name, #job.input)
	end
	sys.close(to)
	local function read()
		local bytes = sys.read(from)
		return bytes ~= "" and bytes or nil
	end
	return { fd = from, read = read }
end

local function show(text, opts)
	if #text > SHOWN_MAX then
		text = ("[%d bytes left out]\n"):format(#text - SHOWN_MAX) .. text:sub(-SHOWN_MAX)
	end
	for line in text:gmatch("[^\n]+") do
		print((opts.tap and "# | " or "    | ") .. line)
	end
end

local function save(path, text)
	local file, err = io.open(path, "wb")
	if not file then
		fail("%s", err)
	end
	file:write(text)
	file:close()
end

-- (1.2 s, first output after 27 ms)
local function times(result)
	local first = result.first_output_ms
	local speech = first and (", first output after %.0f ms"):format(first) or ""
	return ("(%.1f s%s%s)"):format(result.seconds, speech, result.before and (", %s at first"):format(result.before) or "")
end

local function say_verdict(index, job, result, why, opts)
	local name = opts.tap and ("%d - %s"):format(index, job.name) or job.name
	if not why then
		print(("ok %s %s"):format(name, times(result)))
		return
	end
	local first, rest = why:match("^([^\n]*)\n?(.*)$")
	print(("%s %s: %s"):format(opts.tap and "not ok" or "FAILED", name, first))
	show(rest, opts)
end

local function record(file, job, result, why)
	if file then
		local first = result.first_output_ms
		file:write(("%s\t%s\t%.3f\t%s\n"):format(job.name, why and "FAILED" or "ok",
			result.seconds, first and ("%.1f"):format(first) or "-"))
	end
end

-- How an emulated host may spoil a guest.
local TWICE = { timeout = "hung", crash = "crashed" }

-- What came of it, what it printed, and why that is not what is expected.
local function attempt(target, job)
	local output, parts = capture()
	local input = typing(job)
	local result = target:run(job.guest, output, input)
	if input then
		sys.close(input.fd)
	end
	local text = table.concat(parts):gsub("\r\n", "\n")
	return result, text, result.ending ~= "interrupted" and expect.judge(job, result, text) or nil
end

-- true when the job did what is expected; nil when it was interrupted
local function run_job(target, index, job, opts)
	local result, text, why = attempt(target, job)
	local before = why and opts.again and TWICE[result.ending]
	if before then
		result, text, why = attempt(target, job)
		result.before = before
	end
	if result.ending == "interrupted" then
		return nil
	end
	if job.save then
		save(job.save, text)
	end
	say_verdict(index, job, result, why, opts)
	if why or opts.verbose then
		show(text, opts)
	end
	io.stdout:flush()
	record(opts.record_file, job, result, why)
	return why == nil
end

local function run_all(target, jobs, opts)
	local passed, failed = 0, 0
	if opts.tap then
		print("1.." .. #jobs)
	end
	for index, job in ipairs(jobs) do
		local ok = run_job(target, index, job, opts)
		if ok == nil then
			print(("# interrupted after %d of %d"):format(passed + failed, #jobs))
			return 130
		elseif ok then
			passed = passed + 1
		else
			failed = failed + 1
		end
	end
	print(("%s%d passed, %d failed"):format(opts.tap and "# " or "", passed, failed))
	return failed == 0 and 0 or 1
end

local function open_record(path)
	if not path then
		return nil
	end
	local file, err = io.open(path, "w")
	if not file then
		fail("--record: %s", err)
	end
	return file
end

local function main(args)
	local opts = options.parse("jobs", SPEC, args)
	if opts.serve then
		return require("agent").serve(opts.serve)
	elseif #opts == 0 then
		fail("jobs: no FILE; expected a list of jobs")
	end
	local jobs, list = collect(opts), {}
	if opts.images then
		return print_images(jobs)
	end
	for i, job in ipairs(jobs) do
		job.timeout = job.timeout or DEFAULT_TIMEOUT
		job.guest = guests.describe(job.image, job)
		list[i] = job.guest
	end
	local record_file <close> = open_record(opts.record)
	opts.record_file = record_file
	local target <close> = targets.open(opts.on, list)
	io.stderr:write(("atoll: running %d jobs %s\n"):format(#jobs, target.place))
	return run_all(target, jobs, opts)
end

return { summary = "run lists of guests and judge each one", usage = USAGE, main = main }
