-- SPDX-License-Identifier: MIT
-- The command line: finds the command's module and hands it the words.
--
-- A command is a module that returns
--   summary  one line for `atoll help`
--   usage    the text of `atoll COMMAND --help`
--   main     function(args) that returns an exit status

local failure = require("fail")

local VERSION = "0.1.0"
local FAILED = 125 -- exit status: the tool itself failed

local commands = { "build", "map", "run", "symbolize", "stats", "jobs", "debug" }

-- The script of a command whose name Lua's own library has.
local scripts = { debug = "debugger" }

local function command_module(name)
	return require(scripts[name] or name)
end

local function is_command(name)
	for _, command in ipairs(commands) do
		if command == name then
			return true
		end
	end
	return false
end

local function help()
	print("usage: atoll COMMAND [WORD]...\n")
	for _, name in ipairs(commands) do
		print(("  %-10s %s"):format(name, command_module(name).summary))
	end
	print("  help       print this, or with a command's name what it takes")
	print("  version    print the version\n")
	print("Exit status: what ran ended with, or 125 when atoll itself failed.")
	return 0
end

local function wants_help(args)
	for _, word in ipairs(args) do
		if word == "--" then
			return false
		elseif word == "--help" or word == "-h" then
			return true
		end
	end
	return false
end

local function unknown(name)
	local names = table.concat(commands, ", ")
	failure.fail('unknown command "%s"; expected one of %s, help, version', name, names)
end

local function run_command(name, args)
	if not is_command(name) then
		unknown(name)
	elseif wants_help(args) then
		io.stdout:write(command_module(name).usage)
		return 0
	end
	return command_module(name).main(args)
end

local function dispatch(name, ...)
	if not name then
		help()
		return FAILED
	elseif name == "--version" or name == "version" then
		print("atoll " .. VERSION)
		return 0
	elseif name == "help" or name == "--help" or name == "-h" then
		local topic = ...
		if topic and topic ~= "help" then
			return run_command(topic, { "--help" })
		end
		return help()
	end
	return run_command(name, { ... })
end

local function describe(err)
	if failure.is_failure(err) then
		return err
	end
	return debug.traceback("internal error: " .. tostring(err), 2)
end

return function(...)
	local ok, result = xpcall(dispatch, describe, ...)
	if ok then
		return result
	end
	for line in tostring(result):gmatch("[^\n]+") do
		io.stderr:write("atoll: ", line, "\n")
	end
	return FAILED
end
