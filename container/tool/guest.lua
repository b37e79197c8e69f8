-- SPDX-License-Identifier: MIT
-- One run of an image: what is run, and how it ended.
--
-- A guest is a table of
--   name     the image's
--   image    path of the ELF file
--   config   text of the xl config beside it
--   module   path of a file to hand over, or nil
--   words    list of words for the image
--   memory   MiB
--   timeout  seconds, or nil
--   after    text of its output behind which the two below are done, or nil
--   stats    true: its counters are read from the outside and added to its output
--   shutdown how it is asked to end: "poweroff" or "reboot"
--
-- A result is a table of
--   ending   "poweroff", "reboot", "crash", "timeout", "interrupted" or "failed"
--   status   the exit status that the image reported, or nil
--   reason   one line or more about a crash or failure, or nil
--   seconds  from the guest's start to its end
--   first_output_ms  from the guest's start to its first console byte, or nil

local files = require("files")
local fail = require("fail").fail

local MIB = 1 << 20
local TAIL_MAX = 512 -- bytes of a console's end that are kept to find the status

-- Exit statuses of `atoll run` beside the image's own, as timeout(1) and a shell have them.
local statuses = { timeout = 124, failed = 125, interrupted = 130, crash = 134 }

local function contents(path)
	local file, err = io.open(path, "rb")
	if not file then
		return nil, err
	end
	local text = file:read("a")
	file:close()
	return text
end

local function size_of(path, what)
	local stat, err = files.stat(path)
	if not stat then
		fail("%s: %s", what, err)
	elseif not stat.is_file then
		fail("%s: %s is no file", what, path)
	end
	return stat.size
end

-- DIR stands for the one *.elf in it.
local function image_path(path)
	local stat = files.stat(path)
	if not (stat and stat.is_dir) then
		return path
	end
	local names, err = files.list(path)
	if not names then
		fail("%s", err)
	end
	local images = {}
	for _, name in ipairs(names) do
		images[#images + 1] = name:match("^.+%.elf$")
	end
	table.sort(images)
	if #images ~= 1 then
		fail("%s: %s in it; expected one image, as `atoll build -o DIR` writes it", path,
			#images == 0 and "no *.elf" or table.concat(images, ", "))
	end
	return path:gsub("/*$", "/") .. images[1]
end

local function config_of(image)
	local path = image:gsub("%.%w+$", "") .. ".cfg"
	local text, err = contents(path)
	if not text then
		fail("%s; expected the xl config that `atoll build` writes beside the image", err)
	end
	return text
end

local function config_number(config, field)
	return tonumber(("\n" .. config):match("\n%s*" .. field .. "%s*=%s*(%d+)"))
end

-- The config's own words come first, whatever the target.
local function all_words(config, words)
	local extra = ("\n" .. config):match('\n%s*extra%s*=%s*"([^"\n]*)"') or ""
	local result = {}
	for word in extra:gmatch("%S+") do
		result[#result + 1] = word
	end
	return table.move(words, 1, #words, #result + 1, result)
end

-- A module lies in the guest's memory, so the config's figure grows by its size.
local function memory_needed(config, module_bytes)
	local memory = config_number(config, "memory") or 128
	return memory + (module_bytes + MIB - 1) // MIB
end

-- options: module, words, memory, timeout, after, stats, shutdown
local function describe(path, options)
	local image = image_path(path)
	size_of(image, "image")
	local module_bytes = options.module and size_of(options.module, "module") or 0
	local config = config_of(image)
	return {
		name = image:match("([^/]+)$"):gsub("%.%w+$", ""),
		image = image,
		config = config,
		module = options.module,
		words = all_words(config, options.words or {}),
		memory = options.memory or memory_needed(config, module_bytes),
		timeout = options.timeout,
		after = options.after,
		stats = options.stats,
		shutdown = options.shutdown,
	}
end

-- Bytes of what has to reach the machine that runs the guest.
local function payload(guest)
	local bytes = size_of(guest.image, "image")
	return bytes + (guest.module and size_of(guest.module, "module") or 0)
end

-- A word as the guest's kernel takes it off extra=: blanks part words, quotes hold them together.
local function quote_word(word)
	if word ~= "" and not word:find("[ '\"]") then
		return word
	end
	local mark = word:find("'") and '"' or "'"
	if word:find(mark, 1, true) then
		fail("word %s: has both kinds of quotes; expected at most one of ' and \"", word)
	end
	return mark .. word .. mark
end

-- The words as one line.
local function quote_words(words)
	local quoted = {}
	for i, word in ipairs(words) do
		quoted[i] = quote_word(word)
	end
	return table.concat(quoted, " ")
end

-- The status in the console's last line, of which this is the end.
local function console_status(tail)
	return tonumber(tail:match("atoll: image %S+ ended with status (%d+)\r?\n$"))
end

local function console_crashed(tail)
	return tail:find("atoll: image %S+ ended as crashed\r?\n$") ~= nil
end

local function exit_status(result)
	return statuses[result.ending] or result.status or statuses.failed
end

-- "crashed", with the reason where one is known
local function summary(result)
	local what = {
		crash = "crashed",
		failed = "could not be run",
		interrupted = "was interrupted",
		timeout = "ran into its timeout",
		reboot = result.status and ("ended with status %d to be started again"):format(result.status),
	}
	local text = what[result.ending] -- but for a poweroff
		or result.status and "ended with status " .. result.status
		-- Xen also calls it a poweroff when every vCPU halts with interrupts off.
		or "powered off or halted without reporting a status"
	return result.reason and text .. ": " .. result.reason or text
end

return {
	TAIL_MAX = TAIL_MAX,
	config_number = config_number,
	console_crashed = console_crashed,
	console_status = console_status,
	contents = contents,
	describe = describe,
	exit_status = exit_status,
	image_path = image_path,
	payload = payload,
	quote_words = quote_words,
	summary = summary,
}
