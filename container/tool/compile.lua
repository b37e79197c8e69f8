-- SPDX-License-Identifier: MIT
-- Makes the object of each component: one relocatable file in which only
-- NAME_main is global, so that components cannot meet by name.

local contract_c = require("contract_c")
local fail = require("fail").fail
local files = require("files")
local ranges = require("ranges")

local WARNINGS = { "-Wall", "-Wextra" }
local CODE = { "-std=gnu11", "-O2", "-g", "-fno-pie", "-fno-common", "-fno-omit-frame-pointer",
	-- A frame larger than a page does not step over the guard below a stack.
	"-fstack-clash-protection" }

-- What a component never has a copy of: the image's C library is there once.
local SHARED_LIBS = { c = true, m = true, pthread = true, dl = true, rt = true, util = true }

local sanitizers = {
	address = { "-fsanitize=address,undefined", "-fno-sanitize-recover=all" },
	thread = { "-fsanitize=thread" },
}

local function append(list, more)
	return table.move(more, 1, #more, #list + 1, list)
end

local function write(path, text)
	local file, err = io.open(path, "wb")
	if not file or not file:write(text) or not file:close() then
		fail("%s; expected a file to write", err or path)
	end
	return path
end

-- Runs a command; where it fails, so does packing, with what it said.
local function run(command, doing)
	local status, out, err = files.run(command)
	if not status then
		fail("%s: %s", doing, out)
	elseif status ~= 0 then
		fail("%s: %s ended with status %d\n%s", doing, command[1], status, err)
	end
	return out, err
end

-- Warnings are shown, as a compiler's would be.
local function run_shown(command, doing)
	local _, err = run(command, doing)
	io.stderr:write(err)
end

-- Paths in the objects begin at the manifest's folder, so that they say the
-- same wherever it is; of the maps, gcc takes the last one that fits.
local function flags(job)
	local list = append({}, CODE)
	append(list, sanitizers[job.sanitize] or {})
	append(list, { "-I", job.root, "-I", job.root .. "/runtimes/c" })
	append(list, {
		("-ffile-prefix-map=%s=atoll"):format(job.root),
		("-ffile-prefix-map=%s=."):format(files.getcwd()),
		("-ffile-prefix-map=%s=."):format(job.dir),
	})
	if job.manifest.dir ~= "" then
		append(list, { ("-ffile-prefix-map=%s="):format(job.manifest.dir) })
	end
	return list
end

local function place(job, component, field)
	return ('%s:%d: component "%s": field %s'):format(job.manifest.path, component.line, component.name, field)
end

-- A header that is found before the C library's must not have the name of one. What one named
-- channel declares is what ipc/channel.h does.
local function check_header(job, component, name)
	if name == "channel" then
		fail('%s:%d: component "%s": its contract channel would have functions of ipc/channel.h; expected another name',
			job.manifest.path, component.line, component.name)
	end
	local own = run({ "gcc", "-print-file-name=include" }, "gcc"):gsub("%s+$", "")
	for _, dir in ipairs({ "/usr/include", own, job.root .. "/runtimes/c" }) do
		if files.stat(("%s/%s.h"):format(dir, name)) then
			fail('%s:%d: component "%s": its contract %s would be the header %s.h, as %s/%s.h is; expected another name',
				job.manifest.path, component.line, component.name, name, name, dir, name)
		end
	end
end

-- The folder of the headers of its contracts, and of none that were, or nil.
local function contract_headers(job, component)
	if #component.contracts == 0 then
		return nil
	end
	local dir = ("%s/%s.include"):format(job.dir, component.name)
	files.remove(dir)
	local made, err = files.mkdir(dir)
	if not made then
		fail("%s; expected a folder to write to", err)
	end
	for _, entry in ipairs(component.contracts) do
		check_header(job, component, entry.name)
		write(("%s/%s.h"):format(dir, entry.name), contract_c.header(entry, component))
	end
	return dir
end

local function compile_source(job, component, source, object)
	local command = append({ "gcc", "-c", source, "-o", object }, flags(job))
	if component.headers then
		append(command, { "-I", component.headers })
	end
	append(append(command, WARNINGS), component.cflags)
	if files.isatty(2) then -- some take half a minute
		io.stderr:write("atoll: compiling ", source, "\n")
	end
	run_shown(command, place(job, component, "sources"))
	return object
end

-- The Debian package that a library may be found in, where its name does not say so.
local packages = { z = "zlib1g-dev", crypto = "libssl-dev", ssl = "libssl-dev", pcre2 = "libpcre2-dev" }

-- The path of a static library for a component's language.
local function library(job, component, name)
	local is_lua = component.language == "lua"
	local file = (is_lua and "liblua5.4-%s.a" or "lib%s.a"):format(name)
	local path = run({ "gcc", "-print-file-name=" .. file }, "gcc"):gsub("%s+$", "")
	if not path:find("/", 1, true) then
		local package = is_lua and ("lua-%s-dev"):format(name) or packages[name] or ("lib%s-dev"):format(name)
		fail('%s: got "%s", expected the name of a static library: there is no %s; Debian may have it in the package %s',
			place(job, component, "libs"), name, file, package)
	end
	return path
end

local function has_main(object)
	local out = run({ "nm", "-g", "--defined-only", object }, "nm")
	return out:find(" T main\n", 1, true) ~= nil
end

-- The component's own ranges, and its names made local. The options may be many.
local function separate(job, component, joined)
	local options, sets = ranges.plan(joined, component.name, (run({ "nm", "-u", joined }, "nm")), job.sanitize)
	if not options then
		fail("%s: got the section %s, expected constructors in .init_array, as compilers of today write them",
			place(job, component, "sources"), sets)
	end
	component.sets = sets
	append(options, { ("--keep-global-symbol=%s_main"):format(component.name) })
	for i, option in ipairs(options) do
		options[i] = ('"%s"\n'):format(option:gsub('[\\"]', "\\%0"))
	end
	run({ "objcopy", "@" .. write(joined .. ".options", table.concat(options)), joined }, "objcopy")
end

-- ld -r, then names: main becomes NAME_main, and only it stays global.
local function join(job, component, objects)
	local name, joined = component.name, ("%s/%s.o"):format(job.dir, component.name)
	local command = append({ "ld", "-r", "-d", "-o", joined }, objects) -- -d: common symbols get a place
	append(command, { "--start-group" })
	for _, lib in ipairs(component.libs) do
		if not SHARED_LIBS[lib] then
			append(command, { library(job, component, lib) })
		end
	end
	run(append(command, { "--end-group" }), place(job, component, "sources"))
	if not has_main(joined) then
		fail("%s: found no function main, expected int main(int argc, char **argv) in one of them",
			place(job, component, "sources"))
	end
	run({ "objcopy", ("--redefine-sym=main=%s_main"):format(name),
		"--redefine-syms=" .. job.root .. "/runtimes/c/redirect.syms", joined }, "objcopy")
	separate(job, component, joined)
	return joined
end

local function component_c(job, component)
	local objects = {}
	component.headers = contract_headers(job, component)
	for i, source in ipairs(component.sources) do
		local object = ("%s/%s.%d.o"):format(job.dir, component.name, i)
		objects[i] = compile_source(job, component, source, object)
	end
	return join(job, component, objects)
end

-- C for the image itself, without the component's leniency.
local function image(job, source)
	local object = job.dir .. "/image.o"
	run(append(append({ "gcc", "-c", source, "-o", object, "-Werror" }, WARNINGS), flags(job)), "image.c")
	return object
end

return {
	append = append,
	component_c = component_c,
	image = image,
	library = library,
	place = place,
	run = run,
	sanitizers = sanitizers,
	write = write,
}
