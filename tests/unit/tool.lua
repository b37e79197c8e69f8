-- SPDX-License-Identifier: MIT
-- A folder of a test's own, and what the tool does in it. The test is called
-- with the tool's path: `lua5.4 test_X.lua ATOLL`.

local tap = require("tap")

local tool = {
	atoll = assert(arg[1], "usage: " .. arg[0] .. " ATOLL"),
	FAILED = 125, -- exit status: the tool itself failed
}

function tool.shell(command)
	local pipe <close> = io.popen(command)
	return pipe:read("a")
end

tool.folder = tool.shell("mktemp -d"):gsub("\n", "")

function tool.write(name, text)
	local file <close> = assert(io.open(tool.folder .. "/" .. name, "wb"))
	file:write(text)
end

function tool.read(name)
	local file <close> = assert(io.open(tool.folder .. "/" .. name, "rb"))
	return file:read("a")
end

-- What a shell command prints in the folder, and its exit status; it may take 60 seconds.
function tool.run(command, seconds)
	local output = tool.shell(("cd '%s' && timeout %d %s 2>&1; echo $?"):format(tool.folder,
		seconds or 60, command))
	local text, status = output:match("^(.-)(%d+)\n$")
	return text, tonumber(status)
end

-- The same of `atoll WORDS`.
function tool.call(words, seconds)
	return tool.run(("'%s' %s"):format(tool.atoll, words), seconds)
end

-- Instead of tap.finish.
function tool.finish()
	os.execute(("rm -rf '%s'"):format(tool.folder))
	tap.finish()
end

return tool
