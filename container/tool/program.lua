-- SPDX-License-Identifier: MIT
-- What a Lua component brings: its script, its modules in Lua, as source or
-- bytecode, and its modules in C, which all components share.

local compile = require("compile")
local contract_lua = require("contract_lua")
local fail = require("fail").fail

-- Debug information stays, so that tracebacks keep names and lines.
local function code_write(job, component, script, label)
	local code = component.bytecode and string.dump(script.chunk) or script.code
	script.path = compile.write(("%s/%s.%s.lua"):format(job.dir, component.name, label), code)
	script.size = #code
end

-- The names of a library's functions luaopen_X, with what `require` is to call
-- them: the library's own name, else X with dots, as Lua's own search has it.
local function open_functions(path, name)
	local result = {}
	local own = name:gsub("[^%w]", "_")
	for open in compile.run({ "nm", "-g", "--defined-only", path }, "nm"):gmatch(" T (luaopen_[%w_]+)\n") do
		local stem = open:match("^luaopen_(.+)$")
		result[#result + 1] = { open = open, module = stem == own and name or stem:gsub("_", ".") }
	end
	table.sort(result, function(a, b)
		return a.module < b.module
	end)
	return result
end

local function check_twice(job, component, modules)
	local seen = { atoll = true }
	for _, module in ipairs(modules) do
		if seen[module.module] then
			fail('%s: got the module "%s" twice, expected another name',
				compile.place(job, component, module.open and "libs" or "modules"), module.module)
		end
		seen[module.module] = true
	end
end

local function add_library(job, component, name)
	local path = compile.library(job, component, name)
	local functions = open_functions(path, name)
	if #functions == 0 then
		fail('%s: got "%s", expected a library with a function luaopen_%s: %s has none',
			compile.place(job, component, "libs"), name, name, path)
	end
	job.archives = job.archives or {}
	job.archives[path] = job.archives[path] or name
	compile.append(component.modules, functions)
end

local function add_text(component, module, name, code)
	local chunk = assert(load(code, "@" .. name, "t"))
	compile.append(component.modules, { { module = module, name = name, code = code, chunk = chunk } })
end

-- A module for each of its contracts, and the one they are made of.
local function add_contracts(job, component)
	for _, entry in ipairs(component.contracts) do
		add_text(component, entry.name, entry.name .. ".lua", contract_lua.module(entry, component))
	end
	if #component.contracts > 0 then
		local file <close> = assert(io.open(job.root .. "/runtimes/lua/contract.lua", "rb"))
		add_text(component, "atoll.contract", "atoll/contract.lua", file:read("a"))
		compile.append(component.modules, { { module = "atoll.message", open = "luaopen_atoll_message" } })
	end
end

-- Writes the code of a Lua component for image.c to take in.
local function prepare(job, component)
	code_write(job, component, component.main, "main")
	add_contracts(job, component)
	for i, module in ipairs(component.modules) do
		if not module.open then
			code_write(job, component, module, i)
		end
	end
	for _, name in ipairs(component.libs) do
		add_library(job, component, name)
	end
	check_twice(job, component, component.modules)
end

-- The libraries of all of them, in order, once each.
local function archives(job)
	local paths = {}
	for path in pairs(job.archives or {}) do
		paths[#paths + 1] = path
	end
	table.sort(paths)
	return paths
end

return { prepare = prepare, archives = archives }
