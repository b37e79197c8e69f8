-- SPDX-License-Identifier: MIT
-- Evaluates a manifest and records what it says, without trusting it.
--
-- The manifest sees the globals below and nothing else. It is stopped after
-- SECONDS_MAX of processor time or when it holds more than BYTES_MAX; the
-- library functions that could spend longer than that in one call (patterns,
-- unbounded repetition, moving of ranges) are not there.

local check = require("check")
local fields = require("fields")
local memory = require("memory")
local files = require("files")
local fail = require("fail").fail

local SOURCE_MAX = 1 << 20 -- bytes
local BYTES_MAX = 64 << 20
local SECONDS_MAX = 2
local HOOK_INSTRUCTIONS = 100

local CHUNK = "manifest" -- Lua cuts long chunk names, so the path goes in later

local FIELDS = table.concat(check.keys(fields.image), ", ")

local function pick(library, names)
	local result = {}
	for name in names:gmatch("%a+") do
		result[name] = library[name]
	end
	return result
end

local function rep(text, count)
	if #text * count > BYTES_MAX or count > BYTES_MAX then
		error("string too long", 2)
	end
	return string.rep(text, count)
end

local methods = pick(string, "byte char format len lower reverse sub upper")
methods.rep = rep

local function globals_new()
	return {
		string = methods,
		table = pick(table, "concat insert remove sort unpack"),
		math = pick(math, "abs ceil floor huge max maxinteger min mininteger tointeger type"),
		ipairs = ipairs,
		pairs = pairs,
		tonumber = tonumber,
		tostring = tostring,
	}
end

local function line_of_caller()
	return debug.getinfo(3, "l").currentline
end

-- component "x" { ... }, channel "x" { ... }, service "x" { ... }: two calls, one block.
local function block_recorder(record, kind)
	return function(name)
		if type(name) ~= "string" then
			error(('%s: got a %s, expected a name, as in %s "x" { ... }'):format(kind, type(name), kind), 2)
		end
		local block = { kind = kind, name = name, line = line_of_caller() }
		record.blocks[#record.blocks + 1] = block
		return function(fields)
			block.fields = fields
		end
	end
end

local function environment_new(record)
	local globals = globals_new()
	globals.component = block_recorder(record, "component")
	globals.channel = block_recorder(record, "channel")
	globals.service = block_recorder(record, "service")
	local function read(_, key)
		local value = globals[key]
		if value == nil then
			value = record.globals[key] and record.globals[key].value
		end
		if value == nil then
			error(("unknown name %s; expected %s, component, channel or service"):format(tostring(key), FIELDS), 2)
		end
		return value
	end
	local function write(_, key, value)
		local line = line_of_caller()
		if not fields.image[key] then
			record.errors[#record.errors + 1] =
				{ line = line, text = ("field %s: unknown; expected one of %s"):format(tostring(key), FIELDS) }
		end
		record.globals[key] = { value = value, line = line }
	end
	return setmetatable({}, { __index = read, __newindex = write, __metatable = false })
end

local function watch_new()
	local deadline = os.clock() + SECONDS_MAX
	return function()
		if os.clock() > deadline then
			error(("still running after %d s; expected a manifest that ends"):format(SECONDS_MAX), 2)
		end
	end
end

-- Runs a chunk within the limits. Methods of strings are the sandbox's meanwhile.
local function confine(chunk)
	local thread = coroutine.create(chunk)
	local string_meta = getmetatable("")
	local index = string_meta.__index
	debug.sethook(thread, watch_new(), "", HOOK_INSTRUCTIONS)
	string_meta.__index = methods
	memory.limit(BYTES_MAX)
	local ok, result = coroutine.resume(thread)
	memory.limit()
	string_meta.__index = index
	return ok, result
end

-- As load, but the message is Lua's own: load would call the caller's message handler.
local function compile(text, name, env)
	local _, chunk, err = pcall(load, text, name, "t", env)
	return chunk, err
end

local function error_place(message)
	local line, text = tostring(message):match("^" .. CHUNK .. ":(%d+): (.*)$")
	return { line = tonumber(line) or 1, text = text or tostring(message) }
end

local function source_read(path)
	local stat, err = files.stat(path)
	if not stat then
		fail("%s; expected a manifest", err)
	elseif not stat.is_file then
		fail("%s: not a file; expected a manifest", path)
	elseif stat.size > SOURCE_MAX then
		fail("%s: %d bytes; expected a manifest of at most %d", path, stat.size, SOURCE_MAX)
	end
	local file <close> = assert(io.open(path, "rb"))
	return file:read("a")
end

-- {globals = {name = {value, line}}, blocks = {{kind, name, line, fields}},
-- errors = {{line, text}}, source = text}
local function evaluate(path)
	local record = { globals = {}, blocks = {}, errors = {}, source = source_read(path) }
	local chunk, err = compile(record.source, "@" .. CHUNK, environment_new(record))
	if not chunk then
		record.errors[1] = error_place(err)
		return record
	end
	local ok, message = confine(chunk)
	if not ok then
		record.errors[#record.errors + 1] = error_place(message)
		record.aborted = true
	end
	return record
end

-- The value that a text of data returns, or nil where it is none.
local function data(text)
	local chunk = compile(text, "=data", {})
	if not chunk then
		return nil
	end
	local ok, value = confine(chunk)
	return ok and value or nil
end

return { compile = compile, data = data, evaluate = evaluate }
