-- SPDX-License-Identifier: MIT
-- Calling xl: whether it is there, the config that it gets, starting it and
-- waiting for its end.

local files = require("files")
local guests = require("guest")
local sys = require("sys")

local FINISH_MAX = 30 -- seconds that xl may take to end

-- A string as xl's config syntax writes it.
local function quote(text)
	return '"' .. text:gsub('[%c"\\\128-\255]', function(c)
		return ("\\x%02x"):format(c:byte())
	end) .. '"'
end

-- The last assignment of a name wins.
local function config_text(guest, name)
	local lines = {
		guest.config,
		"name=" .. quote(name),
		"kernel=" .. quote(guest.image),
		"memory=" .. guest.memory,
		'on_poweroff="preserve"',
		'on_reboot="preserve"',
		'on_crash="preserve"',
		'on_watchdog="preserve"',
		'on_soft_reset="preserve"',
	}
	local words = guest.words
	if guest.module and files.stat(guest.module).size > 0 then
		lines[#lines + 1] = "ramdisk=" .. quote(guest.module)
	elseif guest.module then
		-- xl refuses an empty ramdisk; the guest's kernel has an empty file to offer.
		words = table.move(words, 1, #words, 3, { "--module", "/dev/null" })
	end
	if #words > 0 then
		lines[#lines + 1] = "extra=" .. quote(guests.quote_words(words))
	end
	return table.concat(lines, "\n") .. "\n"
end

local function write_config(guest, name)
	local folder = assert(files.temporary())
	local path = folder .. "/guest.cfg"
	local file = assert(io.open(path, "wb"))
	assert(file:write(config_text(guest, name)))
	assert(file:close())
	return folder, path
end

-- A child with both outputs going to one pipe: pid, reading end; or nil and why not.
local function spawn(command)
	local from, to = assert(sys.pipe())
	local null = assert(sys.open("/dev/null"))
	command.stdin, command.stdout, command.stderr, command.group = null, to, to, true
	local pid, err = sys.spawn(command)
	sys.close(null)
	sys.close(to)
	if not pid then
		sys.close(from)
		return nil, err
	end
	return pid, from
end

-- Until the child has ended or the time is over, whatever it prints.
local function finish(pid, from)
	local deadline = sys.clock() + FINISH_MAX
	while true do
		local left = deadline - sys.clock()
		local bytes = left > 0 and sys.poll({ from }, {}, left)[from] and sys.read(from)
		if bytes == "" or left <= 0 then
			break
		end
	end
	sys.close(from)
	if sys.clock() >= deadline then
		sys.kill(pid, "KILL")
	end
	sys.wait(pid, true)
end

local function destroy(name)
	local pid, from = spawn({ "xl", "destroy", name })
	if pid then
		finish(pid, from)
	end
end

-- true, or nil and why xl cannot be used here
local function available()
	local kind = io.open("/sys/hypervisor/type")
	local hypervisor = kind and kind:read("l")
	if kind then
		kind:close()
	end
	if hypervisor ~= "xen" then
		return nil, "no Xen here"
	elseif not sys.is_root() then
		return nil, "no right to use Xen: not root"
	elseif files.run({ "xl", "info" }) ~= 0 then
		return nil, "Xen is here, but `xl info` fails"
	end
	return true
end

return { available = available, destroy = destroy, finish = finish, spawn = spawn, write_config = write_config }
