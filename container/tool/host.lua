-- SPDX-License-Identifier: MIT
-- Runs an image as a Linux process: the same file, entered by Linux.

local stats = require("stats")
local sys = require("sys")

local WAIT_MAX = 3600 -- seconds of one poll
local KILL_AFTER = 2 -- seconds between asking a process to end and ending it
local WATCH_MAX = 65536 -- bytes of its output in which the text `after` is looked for

local function command_of(guest)
	local command = { guest.image:find("/") and guest.image or "./" .. guest.image }
	if guest.module then
		command[#command + 1] = "--module"
		command[#command + 1] = guest.module
	end
	return table.move(guest.words, 1, #guest.words, #command + 1, command)
end

local function spawn(guest, output, input)
	local command = command_of(guest)
	if not output then
		return sys.spawn(command)
	end
	local from, to = assert(sys.pipe())
	local stdin, typed = assert(sys.pipe())
	command.stdin, command.stdout, command.stderr, command.group = stdin, to, to, true
	local pid, err = sys.spawn(command)
	sys.close(stdin)
	sys.close(to)
	if input then
		assert(sys.nonblock(typed))
		sys.write(typed, input.read() or "")
	end
	sys.close(typed)
	return pid, err or from
end

local function kill(pid)
	local deadline = sys.clock() + KILL_AFTER
	sys.kill(pid, "TERM")
	while sys.clock() < deadline do
		if sys.wait(pid) then
			return
		end
		sys.poll({}, {}, 0.02)
	end
	sys.kill(pid, "KILL")
	sys.wait(pid, true)
end

-- What is to be done once the process has said what it should.
local function intervene(guest, pid, output, seen, bytes)
	seen.text = (seen.text .. bytes):sub(-WATCH_MAX)
	if seen.intervened or not seen.text:find(guest.after, 1, true) then
		return
	end
	seen.intervened = true
	if guest.stats then
		output.write(stats.text(stats.of_process(pid)))
	end
	if guest.shutdown then
		sys.kill(pid, "TERM")
	end
end

local function take(from, output, seen)
	local bytes = sys.read(from)
	if not bytes or bytes == "" then
		return false
	end
	seen.first = seen.first or sys.clock()
	output.write(bytes)
	return bytes
end

-- Until it ended, or why it has to.
local function watch(guest, pid, from, output, seen)
	local deadline = sys.clock() + (guest.timeout or math.huge)
	local signals = assert(sys.signals())
	while true do
		local left = math.max(0, math.min(deadline - sys.clock(), WAIT_MAX))
		local readable = sys.poll({ signals, from }, {}, left)
		if from and readable[from] then
			local bytes = take(from, output, seen)
			if bytes and guest.after then
				intervene(guest, pid, output, seen, bytes)
			end
			from = bytes and from or nil
		end
		local signal = sys.signalled()
		local status, killed = sys.wait(pid)
		if status then
			while from and take(from, output, seen) do
			end
			return killed and "crash" or "poweroff", status
		elseif signal or sys.clock() >= deadline then
			kill(pid)
			return signal and "interrupted" or "timeout"
		end
	end
end

-- As xl.run; without an output, the process has the tool's own stdin, stdout and stderr.
local function run(guest, output, input)
	local start, seen = sys.clock(), { text = "" }
	assert(sys.signals())
	local pid, from = spawn(guest, output, input)
	if not pid then
		return { ending = "failed", reason = from, seconds = 0 }
	end
	if not output then
		from = nil
	end
	local ending, status = watch(guest, pid, from, output, seen)
	if from then
		sys.close(from)
	end
	return {
		ending = ending,
		status = ending == "poweroff" and status or nil,
		reason = ending == "crash" and ("signal %d"):format(status - 128) or nil,
		seconds = sys.clock() - start,
		first_output_ms = seen.first and (seen.first - start) * 1000,
	}
end

return { run = run }
