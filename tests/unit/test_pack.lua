-- SPDX-License-Identifier: MIT
-- What the packer writes, and what `atoll map` makes of it and of damaged
-- files: usage is `lua5.4 test_pack.lua ATOLL`.

package.path = arg[0]:match("^(.*/)") .. "?.lua;" .. package.path
local tap = require("tap")
local tool = require("tool")

local function build(words)
	local text, status = tool.call("build " .. words .. " service.lua")
	tap.equal(text:gsub("^packed [^\n]*\n$", "packed\n"), "packed\n")
	tap.equal(status, 0)
end

-- What an image prints, without the container's lines on how components ended.
local function run_image(path)
	local text, status = tool.run(path)
	return text:gsub("atoll: component [^\n]*\n", ""), status
end

-- The map file, a Lua table.
local function packed_map()
	return assert(load(tool.read("out/pair.map"), "=map", "t", {}))()
end

local SERVICE = [[
name = "pair"
cores = 2
component "first" {
	language = "c", sources = { "first.c", "second.c" }, core = 1, heap = "4M", stack = "64K",
	args = { 'a "quoted"\\ ??= one', "ä" }, env = { LANG = "C" }, libs = { "m" }, cflags = { "-DNUMBER=7" },
}
component "other" { language = "lua", main = "other.lua", core = 0, heap = "6M" }
channel "one" { from = "first", to = "other", size = "8K" }
channel "two" { from = "other", to = "first", size = "16K" }
]]
tool.write("service.lua", SERVICE)
tool.write("first.c", [[
#include <atoll.h>
#include <stdio.h>
#include <stdlib.h>
int helper(void);
int main(int argc, char **argv)
{
	printf("%s|%d|%s|%s|%s|%d\n", argv[0], argc, argv[1], argv[2], getenv("LANG"), helper());
	return 0;
}
]])
tool.write("second.c", "int helper(void);\nint helper(void) { return NUMBER; }\n")
tool.write("other.lua", "#!/usr/bin/lua\nos.exit(3)\n")

tap.case("an image is packed and runs as a Linux process", function()
	build("-o out")
	local text, status = run_image("./out/pair.elf")
	tap.equal(text, 'first|3|a "quoted"\\ ??= one|ä|C|7\n')
	tap.equal(status, 3)
end)

for _, kind in ipairs({ "address", "thread" }) do
	tap.case("an image is packed with the sanitizer " .. kind .. " and runs", function()
		build("-o out --sanitize " .. kind)
		-- A component leaves by a jump, of which AddressSanitizer warns where it keeps frames elsewhere.
		local text, status = run_image("env ASAN_OPTIONS=detect_stack_use_after_return=0 ./out/pair." .. kind)
		tap.equal(text, 'first|3|a "quoted"\\ ??= one|ä|C|7\n')
		tap.equal(status, 3)
	end)
end

-- As the container finds it.
tap.case("the image's table says what the manifest says", function()
	tool.write("service.lua", [[
name = "fields"
cores = 3
grace = 0.25
decides = "a"
component "a" {
	language = "c", sources = { "table.c" }, core = 2, heap = "4M", files = { "second.c" },
	restart = "on-failure", restart_limit = 7, restart_delay = 1.5,
}
component "b" {
	language = "lua", main = "quiet.lua", core = 2, heap = "6M", restart = "always", restart_limit = 1, restart_delay = 0,
}
component "c" { language = "lua", main = "quiet.lua", core = 0, heap = "4M" }
channel "line" { from = "a", to = "b", size = "4K" }
service "desk" { server = "b", clients = { "c", "b", "a" }, connections = 5, per_client = 2, size = "8K" }
service "default" { server = "a", clients = { "a" } }
]])
	tool.write("quiet.lua", "")
	tool.write("table.c", [[
#include <stdio.h>
#include "container/image.h"
#include "container/runtime.h"
int main(void)
{
	printf("%s %u %u %u\n", image.name, image.cores, image.decider, image.grace_ms);
	for (unsigned i = 0; i < image.component_count; i++) {
		const struct image_component *c = &image.components[i];
		printf("%s %s %zu %zu %u %d %u %u %u", c->name, c->runtime->name, c->heap_bytes >> 20,
		       c->stack_bytes >> 10, c->core, c->restart, c->restart_limit, c->restart_delay_ms, c->file_count);
		printf(c->file_count ? " %s %zu\n" : "\n", c->files ? c->files->name : "", c->files ? c->files->size : 0);
	}
	for (unsigned i = 0; i < image.service_count; i++) {
		const struct image_service *s = &image.services[i];
		printf("%s %u %u %u %zu:", s->name, s->server, s->connections, s->per_client, s->ring_bytes >> 10);
		for (unsigned n = 0; n < s->client_count; n++)
			printf(" %u", s->clients[n]);
		puts("");
	}
	return 0;
}
]])
	build("-o fields")
	tap.equal((run_image("./fields/fields.elf")), "fields 3 0 250\n"
		.. "a c 4 256 2 1 7 1500 1 second.c " .. #tool.read("second.c") .. "\n"
		.. "b lua 6 512 2 2 1 0 0\n"
		.. "c lua 4 512 0 0 0 100 0\n"
		.. "desk 1 5 2 8: 2 1 0\ndefault 0 8 8 64: 0\n")
end)

-- Nothing may lie over another thing; the packer's idea of it is the container's, or guests would not run.
tap.case("the map has each service's place behind the channels", function()
	local map = assert(load(tool.read("fields/fields.map")))()
	local line, desk, default = map.channels[1], map.services[1], map.services[2]
	tap.equal(line.base - map.channel_controls_size, packed_map().channels[1].base - packed_map().channel_controls_size)
	tap.equal(desk.base, line.base + line.size)
	tap.equal(desk.size, 5 * 2 * (8 << 10))
	tap.equal(default.base, desk.base + desk.size)
	tap.equal(default.size, 8 * 2 * (64 << 10))
	local text = tool.call("map fields")
	tap.contains(text, "c, b, a <-> b, 5 at once, 2 each\n")
	tap.contains(text, "a <-> a, 8 at once\n")
end)

tool.write("service.lua", SERVICE)

tap.case("an option without its value is refused, and nothing is written", function()
	for words, said in pairs({
		["-o '' service.lua"] = "build: option -o has an empty value; expected DIR",
		["--sanitize= service.lua"] = "build: option --sanitize has an empty value; expected address or thread",
		["service.lua -o"] = "build: option -o has no value; expected DIR",
	}) do
		local text, status = tool.call("build " .. words)
		tap.equal(text, "atoll: " .. said .. "\n")
		tap.equal(status, tool.FAILED)
	end
end)

tap.case("packing again gives the same bytes", function()
	build("-o again")
	tap.equal(tool.read("again/pair.elf") == tool.read("out/pair.elf"), true)
	tap.equal(tool.read("again/pair.debug") == tool.read("out/pair.debug"), true)
	tap.equal(tool.read("again/pair.map"), tool.read("out/pair.map"))
end)

tap.case("packing elsewhere gives the same bytes", function()
	tool.run("mkdir -p far/away && cp service.lua *.c other.lua far/away/")
	local text, status = tool.run(("env -C far '%s' build -o near '%s/far/away/service.lua'"):format(tool.atoll, tool.folder))
	tap.equal(text:match("^packed") or text, "packed")
	tap.equal(status, 0)
	tap.equal(tool.read("far/near/pair.elf") == tool.read("out/pair.elf"), true)
	tap.equal(tool.read("far/near/pair.debug") == tool.read("out/pair.debug"), true)
end)

tap.case("odd names of files and folders are packed", function()
	local odd = [[odd, na'me "x" ü\y $HOME]]
	local folder = ("%s/%s"):format(tool.folder, odd)
	local function put(name, text)
		tool.write(odd .. "/" .. name, text)
	end
	assert(os.execute(("mkdir -p '%s/sub dir'"):format((folder:gsub("'", "'\\''")))))
	put("service.lua", [[
name = "odd"
cores = 1
component "c" { language = "c", sources = { "sub dir/a \"b\" 'c'.c" }, core = 0, heap = "4M", files = { "sub dir" } }
component "l" {
	language = "lua", main = "m \\ain,.lua", core = 0, heap = "4M", files = { "sub dir" },
	modules = { ["odd name"] = "sub dir/mö d.lua" },
}
]])
	put("sub dir/a \"b\" 'c'.c", '#include <stdio.h>\nint main(void) { puts(__FILE__); return !fopen("sub dir/x\\ny", "r"); }\n')
	put("sub dir/x\ny", "hi\n")
	put("sub dir/mö d.lua", 'return "module"\n')
	put("m \\ain,.lua", 'print(require("odd name"), #io.open("sub dir/x\\ny"):read("a"))\n')
	put("run.sh", ("'%s' build service.lua && ./build/odd/odd.elf | sort\n"):format(tool.atoll))
	local text, status = tool.run(("env -C '%s' sh run.sh"):format((folder:gsub("'", "'\\''"))))
	tap.equal(text:gsub("packed[^\n]*\n", ""), "module\t3\nsub dir/a \"b\" 'c'.c\n")
	tap.equal(status, 0)
	tap.contains(tool.read(odd .. "/build/odd/odd.cfg"),
		([[/odd, na'me \"x\" ü\\y $HOME/build/odd/odd.elf"]] .. "\n"))
end)

tap.case("the map has each component's and channel's place", function()
	local map = packed_map()
	tap.equal(map.image, "pair")
	tap.equal(map.cores, 2)
	tap.equal(map.components[1].heap.size, 4 << 20)
	tap.equal(map.components[1].stack.size, 64 << 10)
	tap.equal(map.components[2].stack.base - map.components[1].stack.base, (16 << 20) - (448 << 10))
	tap.equal(map.channels[1].size, 16 << 10)
	tap.equal(map.channels[2].base - map.channels[1].base, 16 << 10)
	tap.equal(map.channels_size, 2 << 20)
end)

tap.case("the xl config has the memory that the map names", function()
	local map = packed_map()
	local config = tool.read("out/pair.cfg")
	tap.contains(config, ("memory = %d\n"):format(map.memory >> 20))
	tap.contains(config, 'type = "pvh"\nname = "pair"\n')
	tap.contains(config, "vcpus = 2\n")
	tap.contains(config, ('kernel = "%s/out/pair.elf"\n'):format(tool.shell(("realpath '%s'"):format(tool.folder)):gsub("\n", "")))
end)

-- The symbols of the unstripped file against the table in the stripped one.
tap.case("the table of symbols names functions where they are", function()
	tool.run("objcopy -O binary --only-section=.atoll.symbols out/pair.elf symbols.bin")
	local bytes, places = tool.read("symbols.bin"), {}
	local count, at = ("<I4"):unpack(bytes)
	local addresses, name = { [0] = 0 }, nil
	for i = 1, count do
		local distance, shift, byte = 0, 0, 0x80
		while byte & 0x80 ~= 0 do
			byte, at = ("B"):unpack(bytes, at)
			distance, shift = distance | (byte & 0x7f) << shift, shift + 7
		end
		tap.equal(distance > 0, true)
		addresses[i] = addresses[i - 1] + distance
	end
	for i = 1, count do
		name, at = ("z"):unpack(bytes, at)
		places[name] = addresses[i]
	end
	tap.equal(at, #bytes + 1)
	for _, name in ipairs({ "first_main", "helper", "main", "malloc", "luaV_execute", "runtime_c_getenv" }) do
		local line = tool.run(("nm out/pair.debug | grep ' [tT] %s$'"):format(name))
		tap.equal(places[name], tonumber(line:match("^%x+"), 16))
	end
end)

-- The region table, printed by a program of the test's own.
tool.write("regions.c", [[
#include <stdio.h>
#include "layout/layout.h"
int main(void)
{
	for (unsigned i = 0; i < LAYOUT_REGION_COUNT; i++) {
		const struct layout_region *r = &layout_regions[i];
		printf("%s 0x%012lx 0x%012lx %c%c%c %lu\n", r->name, r->base, r->base + r->size,
		       r->rights & LAYOUT_READ ? 'r' : '-', r->rights & LAYOUT_WRITE ? 'w' : '-',
		       r->rights & LAYOUT_EXEC ? 'x' : '-', 1UL << r->page_order);
	}
}
]])

local function regions_text()
	local root = arg[0]:match("^(.*)/") .. "/../.."
	return tool.shell(("gcc -I '%s' -o '%s/regions' '%s/regions.c' '%s/layout/layout.c' && '%s/regions'")
		:format(root, tool.folder, tool.folder, root, tool.folder))
end

local UNITS = { B = 1, KiB = 1 << 10, MiB = 1 << 20, GiB = 1 << 30 }

-- What `atoll map` prints, a table a row.
local function printed_rows()
	local rows, region = {}, nil
	for line in tool.call("map out/pair.elf"):gmatch("[^\n]+") do
		local indent, name, base, bound, rights, pages, unit =
			line:match("^(%s*)(%S+)%s+(0x%x+)%s+(0x%x+)%s+%S+ %a+%s+([r-][w-][x-])%s+(%d+) (%a+)")
		if name then
			local row = { name = name, base = tonumber(base), bound = tonumber(bound), rights = rights,
				page = math.tointeger(pages * UNITS[unit]), text = name .. " " .. base .. " " .. bound .. " " .. rights }
			region = indent == "" and row or region
			row.region = region
			rows[#rows + 1] = row
		end
	end
	return rows
end

tap.case("atoll map prints the region table", function()
	local lines = {}
	for _, row in ipairs(printed_rows()) do
		if row.region == row then
			lines[#lines + 1] = row.text .. " " .. row.page .. "\n"
		end
	end
	tap.equal(table.concat(lines), regions_text())
end)

-- Rings share super-pages with one another; all else begins on a page of its region's size.
local function alignment(row)
	return row.region ~= row and row.region.name == "CHANNELS" and 4096 or row.page
end

tap.case("regions and what they hold are aligned, ascend and do not overlap", function()
	local region, inner = { bound = 4096 }, nil
	for _, row in ipairs(printed_rows()) do
		local is_region = row.region == row
		local before = is_region and region or inner
		tap.equal(row.base >= before.bound and "behind" or row.text, "behind")
		tap.equal(row.base % alignment(row) == 0 and "aligned" or row.text, "aligned")
		tap.equal(row.bound > row.base and row.bound <= row.region.bound and "inside" or row.text, "inside")
		region, inner = row.region, is_region and { bound = row.base } or row
	end
end)

tap.case("atoll map prints every section, component and channel of the map file", function()
	local map, lines, found = packed_map(), {}, {}
	local function add(name, part)
		lines[#lines + 1] = ("%s 0x%012x 0x%012x %s"):format(name, part.base, part.base + part.size, part.rights or "rw-")
	end
	for _, section in ipairs(map.sections) do
		add(section.name, section)
	end
	for _, field in ipairs({ "heap", "stack" }) do
		for _, component in ipairs(map.components) do
			add(component.name, component[field])
		end
	end
	add("(control)", { base = map.channels[1].base - map.channel_controls_size, size = map.channel_controls_size })
	for _, channel in ipairs(map.channels) do
		add(channel.name, channel)
	end
	for _, row in ipairs(printed_rows()) do
		found[#found + 1] = row.region ~= row and row.text or nil
	end
	tap.equal(table.concat(found, "\n"), table.concat(lines, "\n"))
end)

-- As another program reads the ELF file.
tap.case("the map's sections are the segments of the file", function()
	local found, expected = {}, {}
	for base, size, rights in tool.run("readelf -lW out/pair.elf"):gmatch(
		"\n%s+LOAD%s+0x%x+ (0x%x+) 0x%x+ 0x%x+ (0x%x+) ([R ][W ][E ])") do
		found[#found + 1] = ("%x %x %s"):format(base, size, rights:lower():gsub("e", "x"):gsub(" ", "-"))
	end
	for i, section in ipairs(packed_map().sections) do
		expected[i] = ("%x %x %s"):format(section.base, section.size, section.rights)
	end
	tap.equal(table.concat(found, "\n"), table.concat(expected, "\n"))
end)

tap.case("a folder stands for the one image in it", function()
	tap.equal(tool.call("map out"), tool.call("map out/pair.elf"))
	local text, status = tool.call("run --on host out")
	tap.equal(status, 3)
	tap.contains(text, "first|3|")
	tool.run("mkdir none two && touch two/a.elf two/b.elf")
	for folder, what in pairs({ none = "none: no *.elf in it", two = "two: a.elf, b.elf in it" }) do
		for _, command in ipairs({ "map ", "run --on host " }) do
			text, status = tool.call(command .. folder)
			tap.equal(status, tool.FAILED)
			tap.contains(text, what .. "; expected one image")
		end
	end
end)

-- Never a crash, a hang or an internal error: a message, or a map where the damage does not matter.
local function expect_refused(name)
	local text, status = tool.call("map " .. name)
	if status ~= 0 then
		tap.equal(status, tool.FAILED)
		tap.equal(text:match("^atoll: [^\n]*expected [^\n]*\n$") and "a message" or text, "a message")
	end
end

tap.case("atoll map refuses files that are none or another", function()
	tool.write("empty", "")
	tool.write("text", ("no ELF file\n"):rep(100))
	for _, name in ipairs({ "missing", "empty", "text", ".", "/bin/true" }) do
		expect_refused(name)
	end
end)

tap.case("atoll map refuses an image cut anywhere", function()
	local whole = tool.read("out/pair.elf")
	for _, size in ipairs({ 3, 16, 20, 63, 64, 100, 500, 5000, #whole // 2, #whole - 1000, #whole - 1 }) do
		tool.write("cut", whole:sub(1, size))
		expect_refused("cut")
	end
end)

tap.case("atoll map refuses an image with damaged headers", function()
	local whole = tool.read("out/pair.elf")
	for at = 17, 64, 3 do
		tool.write("bad", whole:sub(1, at - 1) .. "\xff\xff\xff" .. whole:sub(at + 3))
		expect_refused("bad")
	end
end)

tap.case("atoll map refuses an image whose note is hostile", function()
	for _, note in ipairs({ "while true do end", "return 7", "return {}", "return { image = 1, sections = 2 }",
		"local s = 'x' while true do s = s .. s end", "\27Lua", "return {cores = {}, image = 'x'}" }) do
		tool.write("note", note)
		tool.run("objcopy --update-section .atoll.map=note out/pair.elf hostile")
		expect_refused("hostile")
	end
end)

tool.finish()
