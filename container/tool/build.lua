-- SPDX-License-Identifier: MIT
-- atoll build: packs the components of a manifest into one image.

local compile = require("compile")
local elf = require("elf")
local fail = require("fail").fail
local files = require("files")
local generate = require("generate")
local layout = require("layout")
local lean = require("lean")
local manifest_read = require("manifest").read_or_fail
local options = require("options")
local ranges = require("ranges")
local programs = require("program")
local symbols = require("symbols")
local sys = require("sys")

local append, run, write = compile.append, compile.run, compile.write

local usage = [[
usage: atoll build [-o DIR] [--sanitize address|thread] SERVICE.lua

Packs the components that the manifest SERVICE.lua names into one image, NAME:
  DIR/NAME.elf    boots as a Xen PVH guest and runs as a Linux process
  DIR/NAME.cfg    its xl config
  DIR/NAME.map    its address map, as a Lua table
  DIR/NAME.debug  the same ELF file with symbols and debug information

  -o DIR             where to write; build/NAME by default
  --sanitize KIND    write DIR/NAME.KIND instead, a Linux process that checks
                     itself: address (AddressSanitizer, UBSan) or thread
]]

local function read(path)
	local file <close> = assert(io.open(path, "rb"))
	return file:read("a")
end

-- Where the tool was built: the libraries beside it, the headers above it.
local function installation()
	local bin = files.exe():match("^(.*)/[^/]*$")
	local root = files.realpath(bin .. "/..")
	if not files.stat(bin .. "/lib/libatoll.a") then
		fail("%s/lib/libatoll.a is not there; expected the libraries beside the tool", bin)
	end
	return root, bin .. "/lib"
end

local function objects(job)
	local result = {}
	for _, component in ipairs(job.manifest.components) do
		if component.language == "c" then
			result[#result + 1] = compile.component_c(job, component)
		else
			programs.prepare(job, component)
			job.lua = true
		end
	end
	local source = write(job.dir .. "/image.c", generate.image_c(job.manifest))
	table.insert(result, 1, compile.image(job, source))
	return result
end

local function libraries(job, lib)
	local list = { "-Wl,--start-group", lib .. "/libatoll.a" }
	if job.lua then
		append(list, { lib .. "/libatoll-lua.a" })
		append(append(list, programs.archives(job)), { "-l:liblua5.4.a" }) -- whose fopen is wrapped
	end
	return append(list, { "-Wl,--end-group", "-lm", "-lpthread" })
end

-- The linker script with the components' ranges.
local function link_script(job, template)
	return write(job.dir .. "/image.lds", ranges.script(template, job.manifest.components))
end

-- Calls that the image answers itself where a component opens a file.
local function wraps(job)
	local list, path = {}, job.root .. "/container/wrap.syms"
	if files.stat(path) then
		for name in read(path):gmatch("[^\n]+") do
			list[#list + 1] = "-Wl,--wrap=" .. name
		end
	end
	return list
end

-- The C library's start and end files, but of gcc's those for programs that find
-- their unwind tables by the program header: with the ones for static programs
-- the first backtrace would allocate memory to sort the tables.
local function start_files(job)
	job.start_files = job.start_files or {}
	for _, name in ipairs({ "crt1.o", "crti.o", "crtbegin.o", "crtend.o", "crtn.o" }) do
		job.start_files[name] = job.start_files[name]
			or run({ "gcc", "-print-file-name=" .. name }, "gcc"):gsub("%s+$", "")
	end
	return job.start_files
end

local function link_guest(job, inputs)
	local crt = start_files(job)
	local command = { "gcc", "-static", "-no-pie", "-nostartfiles", "-Wl,--gc-sections", "-Wl,--build-id=none",
		"-Wl,--eh-frame-hdr", "-o", job.output .. ".debug", "-T", link_script(job, read(job.lib .. "/image.lds")),
		crt["crt1.o"], crt["crti.o"], crt["crtbegin.o"], job.lib .. "/kernel.o" }
	append(append(append(command, wraps(job)), inputs), lean.objects(job.lib, append(programs.archives(job), inputs)))
	append(command, libraries(job, job.lib))
	append(command, { "-ljemalloc", "-lm", crt["crtend.o"], crt["crtn.o"] })
	run(command, job.manifest.path .. ": linking")
	-- What `atoll debug` links once more, with another kernel.
	write(job.dir .. "/link", files.getcwd() .. "\n"
		.. files.realpath(job.manifest.dir == "" and "." or job.manifest.dir) .. "\n" .. table.concat(command, "\n") .. "\n")
	return symbols.parse((run({ "nm", job.output .. ".debug" }, "nm")))
end

local function symbols_object(job, list)
	local table_ = write(job.dir .. "/symbols.bin", symbols.encode(list))
	local source = write(job.dir .. "/symbols.S", ('\t.section .atoll.symbols, "a"\n\t.balign 4\n'
		.. '\t.incbin "%s"\n\t.section .note.GNU-stack, "", @progbits\n'):format(table_))
	run({ "gcc", "-c", source, "-o", job.dir .. "/symbols.o" }, "symbols.S")
	return job.dir .. "/symbols.o"
end

local function same_symbols(a, b)
	for i = 1, math.max(#a, #b) do
		if not a[i] or not b[i] or a[i].address ~= b[i].address or a[i].name ~= b[i].name then
			return false
		end
	end
	return true
end

-- Linked twice: the first time tells where the functions are. Text precedes
-- the table of them, so it is in the same place the second time.
local function link_with_symbols(job, inputs)
	local first = link_guest(job, inputs)
	local second = link_guest(job, append({ symbols_object(job, first) }, inputs))
	if not same_symbols(first, second) then
		fail("%s: linking the table of symbols moved a function", job.manifest.path)
	end
end

local function finish_guest(job)
	local output, debug_file = job.output, job.output .. ".debug"
	local data = generate.map(job.manifest, elf.open(debug_file).segments)
	write(output .. ".map", generate.map_lua(data))
	run({ "objcopy", "--strip-all", ("--add-section=.atoll.map=%s.map"):format(output), debug_file,
		output .. ".elf" }, "objcopy")
	write(output .. ".cfg", generate.xl_config(job.manifest, data, files.realpath(output .. ".elf")))
	print(("packed %s.elf: %.1f MiB, needs %d MiB of memory and %d cores; took %.1f s"):format(output,
		files.stat(output .. ".elf").size / (1 << 20), data.memory >> 20, data.cores, sys.clock() - job.begun))
end

local function pack_guest(job)
	for _, name in ipairs({ "kernel.o", "image.lds" }) do
		if not files.stat(job.lib .. "/" .. name) then
			fail("%s/%s is not there; expected it beside the libraries", job.lib, name)
		end
	end
	link_with_symbols(job, objects(job))
	finish_guest(job)
end

-- Instrumented code needs far more stack, and a process pays only for what it touches.
local function stacks_widen(manifest)
	for _, component in ipairs(manifest.components) do
		component.stack = layout.stack_max
	end
end

local function pack_sanitized(job)
	stacks_widen(job.manifest)
	local kind, lib = job.sanitize, job.lib .. "/" .. job.sanitize
	local output = job.output .. "." .. kind
	local command = append({ "gcc", "-no-pie", "-o", output }, compile.sanitizers[kind])
	append(append(command, wraps(job)), objects(job))
	append(command, { "-T", link_script(job, ranges.insertion) })
	run(append(command, libraries(job, lib)), job.manifest.path .. ": linking")
	print("packed " .. output)
end

local function main(args)
	local opts = options.parse("build",
		{ ["-o"] = { "output", "DIR" }, ["--sanitize"] = { "sanitize", "address or thread" } }, args)
	if #opts ~= 1 or #opts.rest > 0 then
		fail("build: got %d manifests; expected one\n%s", #opts + #opts.rest, usage)
	elseif opts.sanitize and not compile.sanitizers[opts.sanitize] then
		fail('build: option --sanitize: got "%s"; expected address or thread', opts.sanitize)
	end
	local job = { begun = sys.clock(), manifest = manifest_read(opts[1]), sanitize = opts.sanitize }
	local dir = opts.output or "build/" .. job.manifest.name
	job.root, job.lib = installation()
	job.dir = dir .. "/" .. (opts.sanitize or "obj")
	job.output = dir .. "/" .. job.manifest.name
	local made, err = files.mkdir(job.dir)
	if not made then
		fail("%s; expected a folder to write to", err)
	end
	if opts.sanitize then
		pack_sanitized(job)
	else
		pack_guest(job)
	end
	return 0
end

return { summary = "pack the components of a manifest into one image", usage = usage, main = main,
	symbols_object = symbols_object }
