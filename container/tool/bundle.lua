-- SPDX-License-Identifier: MIT
-- The files that a component's fields name: found, checked, and under the names
-- by which the component knows them. What is wrong goes to the reader's report.

local check = require("check")
local files = require("files")
local layout = require("layout")
local sandbox = require("sandbox")

local DEPTH_MAX = 16 -- folders in folders; links may make a circle of them
local FILES_MAX = 4096 -- a component's

local bundle = {}

local function full_path(reader, path)
	return path:sub(1, 1) == "/" and path or reader.dir .. path
end

-- "./a//b/" -> "a/b": one name for one file, however it was written.
local function plain(path)
	local parts = {}
	for part in path:gmatch("[^/]+") do
		if part ~= "." then
			parts[#parts + 1] = part
		end
	end
	return (path:sub(1, 1) == "/" and "/" or "") .. table.concat(parts, "/")
end

local function stat_file(reader, block, field, path)
	local full = full_path(reader, path)
	local stat, err = files.stat(full)
	if not stat then
		reader:report_field(block, field, "got %s, expected a file; %s", check.describe(path), err)
	elseif not stat.is_file then
		reader:report_field(block, field, "got %s, expected a file; %s is none", check.describe(path), full)
	else
		return full, stat
	end
	return nil
end

-- {path, name, code}: a script's code and its name in tracebacks; nil after a report.
-- A first line for the shell is made a comment, so that lines keep their numbers.
local function script(reader, block, field, path)
	local full = stat_file(reader, block, field, path)
	if not full then
		return nil
	end
	local file, err = io.open(full, "rb")
	local source = file and file:read("a")
	if file then
		file:close()
	end
	if not source then
		reader:report_field(block, field, "got %s, expected a Lua script; %s", check.describe(path), err or full)
		return nil
	end
	source = source:gsub("^#", "--#")
	local name = plain(path)
	local chunk, wrong = sandbox.compile(source, "@" .. name)
	if not chunk then
		reader:report_field(block, field, "%s; expected a Lua script", wrong)
		return nil
	end
	return { path = full, name = name, code = source, chunk = chunk }
end

function bundle.sources(reader, block, component)
	for i, path in ipairs(component.sources) do
		if path:sub(-2) ~= ".c" then
			reader:report_field(block, "sources", "got %s, expected a C source, NAME.c", check.describe(path))
		end
		component.sources[i] = stat_file(reader, block, "sources", path)
	end
end

-- The scripts must be Lua: found here, not when the image runs.
function bundle.main(reader, block, component)
	component.main = script(reader, block, "main", component.main)
end

-- "sub/util.lua" -> "sub.util", "sub/init.lua" -> "sub", as Lua's own search has it.
local function module_name(path)
	local stem = plain(path):match("^([^/.].*)%.lua$")
	stem = stem and (stem:match("^(.+)/init$") or stem)
	return stem and not stem:find(".", 1, true) and stem:gsub("/", ".") or nil
end

local function module_check(reader, block, entry, seen)
	local name = entry.name or module_name(entry.path)
	if not name then
		reader:report_field(block, "modules", "got %s, expected a path below the manifest's, FOLDER/NAME.lua,"
			.. ' or a name before it: ["name"] = path', check.describe(entry.path))
	elseif seen[name] then
		reader:report_field(block, "modules", "got %s, a second module %s; expected another name",
			check.describe(entry.path), name)
	end
	seen[name or ""] = true
	local module = script(reader, block, "modules", entry.path)
	if module then
		module.module = name
	end
	return module
end

function bundle.modules(reader, block, component)
	local result, seen = {}, {}
	for _, entry in ipairs(component.modules) do
		result[#result + 1] = module_check(reader, block, entry, seen)
	end
	component.modules = result
end

-- Collector: the files of one component, in the order of the manifest.
local collector = {}
collector.__index = collector

function collector:report(...)
	self.reader:report_field(self.block, "files", ...)
end

function collector:add_file(name, full, stat)
	if self.seen[name] then
		self:report("got the file %s twice, expected another name", check.describe(name))
	elseif #self.list == FILES_MAX then
		self:report("got more than %d files, expected fewer", FILES_MAX)
	end
	self.seen[name] = true
	self.list[#self.list + 1] = { name = name, path = full, size = stat.size }
end

function collector:add_folder(name, full, depth)
	local names, err = files.list(full)
	if not names then
		self:report("got %s, expected a folder that can be read; %s", check.describe(name), err)
		return
	elseif depth > DEPTH_MAX then
		self:report("got %s, expected folders at most %d deep", check.describe(name), DEPTH_MAX)
		return
	end
	table.sort(names)
	for _, entry in ipairs(names) do
		self:add(name .. "/" .. entry, full .. "/" .. entry, depth)
	end
end

function collector:add(name, full, depth)
	local stat, err = files.stat(full)
	if #self.list > FILES_MAX then
		return
	elseif not stat then
		self:report("got %s, expected a file or a folder; %s", check.describe(name), err)
	elseif stat.is_dir then
		self:add_folder(name, full, depth + 1)
	elseif stat.is_file then
		self:add_file(name, full, stat)
	else
		self:report("got %s, expected a file or a folder; %s is neither", check.describe(name), full)
	end
end

function bundle.files(reader, block, component)
	local all = setmetatable({ reader = reader, block = block, list = {}, seen = {} }, collector)
	for _, entry in ipairs(component.files) do
		all:add(entry.name or plain(entry.path), full_path(reader, plain(entry.path)), 0)
	end
	local bytes = 0
	for _, file in ipairs(all.list) do
		bytes = bytes + file.size
	end
	if bytes > layout.image_size then
		all:report("got files of %d bytes, expected at most %s", bytes, check.size_text(layout.image_size))
	end
	component.files = all.list
end

return bundle
