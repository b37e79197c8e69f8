-- SPDX-License-Identifier: MIT
-- Links an image once more, with the kernel that runs on a PC without Xen: from the
-- objects and with the command that `atoll build` left in the image's folder.

local compile = require("compile")
local fail = require("fail").fail
local files = require("files")
local guests = require("guest")
local symbols = require("symbols")

local function is_fresh(path, sources)
	local made = files.stat(path)
	for _, source in ipairs(sources) do
		local stat = files.stat(source)
		if not made or stat and stat.mtime > made.mtime then
			return false
		end
	end
	return true
end

-- The words of the image's own link, and the folder where they were given; between
-- both the manifest's folder is named.
local function link_command(folder)
	local text = guests.contents(folder .. "/obj/link")
	if not text then
		fail("%s/obj/link is not there; expected the image in the folder that `atoll build` wrote",
			folder)
	end
	local words = {}
	for line in text:gmatch("[^\n]+") do
		words[#words + 1] = line
	end
	local cwd = table.remove(words, 1)
	table.remove(words, 1)
	return words, cwd
end

-- The same command with other files in the place of some.
local function replaced(words, replacement)
	local command = {}
	for i, word in ipairs(words) do
		command[i] = words[i - 1] == "-o" and replacement.output
			or word:match("/lib/kernel%.o$") and word:gsub("kernel%.o$", "bare.o")
			or word:match("/symbols%.o$") and replacement.symbols or word
	end
	command.cwd = replacement.cwd
	return command
end

local function link(command, what)
	local status, _, err = files.run(command)
	if status ~= 0 then
		fail("%s: linking for debugging: %s", what, err or status)
	end
end

-- The path of the image's ELF file for a PC without Xen, made anew where it is old.
-- As in `atoll build`, the first link tells where the functions are.
local function image(path)
	local stem = files.realpath(path):gsub("%.elf$", "")
	local folder = stem:match("^(.*)/")
	local output, words = stem .. ".qemu", nil
	local bare = files.exe():match("^(.*)/") .. "/lib/bare.o"
	if is_fresh(output, { stem .. ".debug", bare }) then
		return output
	end
	local job = { dir = folder .. "/obj/qemu" }
	local replacement = { output = output }
	words, replacement.cwd = link_command(folder)
	assert(files.mkdir(job.dir))
	link(replaced(words, replacement), path)
	local list = symbols.parse((compile.run({ "nm", output }, "nm")))
	replacement.symbols = require("build").symbols_object(job, list)
	link(replaced(words, replacement), path)
	return output
end

return { image = image }
