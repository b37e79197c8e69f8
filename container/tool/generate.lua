-- SPDX-License-Identifier: MIT
-- The texts that packing writes: image.c, the xl config, and the map.

local keys = require("check").keys
local layout = require("layout")
local need = require("need")

local MIB = 1 << 20

local function round_up(n, unit)
	return (n + unit - 1) // unit * unit
end

-- A C string literal. Octal escapes end after three digits, whatever follows.
local function c_string(text)
	return '"' .. text:gsub(".", function(c)
		if c:find('[\\"?]') or not c:find("[%w%p ]") then
			return ("\\%03o"):format(c:byte())
		end
	end) .. '"'
end

local function c_strings(name, values)
	local items = {}
	for i, value in ipairs(values) do
		items[i] = c_string(value) .. ", "
	end
	return ("static const char *const %s[] = {%sNULL};\n"):format(name, table.concat(items))
end

-- What lies between two labels in a section of its own, without the file's text in this one.
local blob = [[
extern const char LABEL[];
__asm__(".section .rodata.LABEL, \"a\"\n"
	".balign 16\n"
	"LABEL: .incbin " PATH "\n"
	".byte 0\n"
	".previous");
]]

local function fill(template, values)
	return (template:gsub("%u%u+", values))
end

local function blob_text(label, path)
	return fill(blob, { LABEL = label, PATH = c_string(c_string(path)) })
end

-- An array of what each(entry, i) says, unless the list is empty.
local function array_text(declaration, list, each)
	local texts = {}
	for i, entry in ipairs(list) do
		texts[i] = ("\t{%s},\n"):format(each(entry, i))
	end
	return #list == 0 and "" or ("static const %s[] = {\n%s};\n"):format(declaration, table.concat(texts))
end

local program_c = [[
extern int NAME_main(int, char **, char **);
static const struct runtime_c_program NAME_program = {NAME_main};
extern char NAME_data_start[], NAME_data_end[], NAME_bss_start[], NAME_bss_end[];
extern void (*const NAME_init_start[])(int, char **, char **);
extern void (*const NAME_init_end[])(int, char **, char **);
extern void (*const NAME_fini_start[])(void);
extern void (*const NAME_fini_end[])(void);
]]

local data_c = "\t\t.data = {NAME_data_start, NAME_data_end, NAME_bss_start, NAME_bss_end,\n"
	.. "\t\t\tNAME_init_start, NAME_init_end, NAME_fini_start, NAME_fini_end},\n"

local program_lua = [[
static const struct runtime_lua_program NAME_program = {
	.chunkname = CHUNK,
	.code = NAME_code,
	.size = SIZE,
	.modules = MODULES,
	.module_count = COUNT,
	.services = SERVICES,
};
]]

-- Its code, or the function that opens it.
local function module_text(name, module, i)
	if module.open then
		return (".name = %s, .open = %s"):format(c_string(module.module), module.open)
	end
	return (".name = %s, .chunkname = %s, .code = %s_module_%d, .size = %d"):format(c_string(module.module),
		c_string("@" .. module.name), name, i, module.size)
end

local function modules_text(name, modules)
	local parts = {}
	for i, module in ipairs(modules) do
		parts[i] = module.open and ("extern int %s(struct lua_State *);\n"):format(module.open)
			or blob_text(("%s_module_%d"):format(name, i), module.path)
	end
	parts[#parts + 1] = array_text(("struct runtime_lua_module %s_modules"):format(name), modules, function(module, i)
		return module_text(name, module, i)
	end)
	return table.concat(parts)
end

local function program_text(component)
	local name, script, modules = component.name, component.main, component.modules
	if component.language == "c" then
		return fill(program_c, { NAME = name })
	end
	return blob_text(name .. "_code", script.path) .. modules_text(name, modules) .. fill(program_lua, {
		NAME = name,
		CHUNK = c_string("@" .. script.name),
		SIZE = tostring(script.size),
		MODULES = #modules > 0 and name .. "_modules" or "NULL",
		COUNT = tostring(#modules),
		SERVICES = component.in_service and "runtime_lua_services" or "NULL",
	})
end

-- The bundled files' bytes, each once however many components have it.
local function blobs_text(components, labels)
	local parts, count = {}, 0
	for _, component in ipairs(components) do
		for _, file in ipairs(component.files) do
			if not labels[file.path] then
				count = count + 1
				labels[file.path] = "file_" .. count
				parts[#parts + 1] = blob_text(labels[file.path], file.path)
			end
		end
	end
	return table.concat(parts)
end

local function files_text(component, labels)
	return array_text(("struct image_file %s_files"):format(component.name), component.files, function(file)
		return ("%s, %s, %d"):format(c_string(file.name), labels[file.path], file.size)
	end)
end

local restarts = {
	never = "IMAGE_RESTART_NEVER",
	["on-failure"] = "IMAGE_RESTART_ON_FAILURE",
	always = "IMAGE_RESTART_ALWAYS",
}

local function component_text(component)
	local name = component.name
	return table.concat({
		"\t{\n",
		("\t\t.name = %s,\n"):format(c_string(name)),
		("\t\t.runtime = &runtime_%s,\n"):format(component.language),
		("\t\t.program = &%s_program,\n"):format(name),
		("\t\t.args = %s_args,\n"):format(name),
		("\t\t.env = %s_env,\n"):format(name),
		("\t\t.heap_bytes = %d,\n"):format(component.heap),
		("\t\t.stack_bytes = %d,\n"):format(component.stack),
		("\t\t.core = %d,\n"):format(component.core),
		component.language == "c" and fill(data_c, { NAME = name }) or "",
		("\t\t.files = %s,\n"):format(#component.files > 0 and name .. "_files" or "NULL"),
		("\t\t.file_count = %d,\n"):format(#component.files),
		("\t\t.restart = %s,\n"):format(restarts[component.restart]),
		("\t\t.restart_limit = %d,\n"):format(component.restart_limit),
		("\t\t.restart_delay_ms = %d,\n"):format(component.restart_delay),
		"\t},\n",
	})
end

local function channel_text(channel)
	return ("\t{%s, %d, %d, %d},\n"):format(c_string(channel.name), channel.from.index, channel.to.index,
		channel.size)
end

local function service_text(service)
	return ("\t{%s, %d, %s_clients, %d, %d, %d, %d},\n"):format(c_string(service.name), service.server.index,
		service.name, #service.clients, service.connections, service.per_client, service.size)
end

local function clients_text(service)
	local indices = {}
	for i, client in ipairs(service.clients) do
		indices[i] = client.index
	end
	return ("static const unsigned %s_clients[] = {%s};\n"):format(service.name, table.concat(indices, ", "))
end

local function map_text(list, each)
	local texts = {}
	for i, entry in ipairs(list) do
		texts[i] = each(entry)
	end
	return table.concat(texts)
end

-- As ipc/channel_table.c lays them out: all control blocks, then ring pairs, of
-- the channels and then of the services. Where each lies, by kind; bytes of the
-- controls; bytes of it all.
local function map_channels(manifest)
	local pairs_count, result = #manifest.channels, { channels = {}, services = {} }
	for _, service in ipairs(manifest.services) do
		pairs_count = pairs_count + service.connections
	end
	local controls = round_up(2 * layout.ring_control_size * pairs_count, layout.page_size)
	local base = layout.channels_base + controls
	local function place(entry, size)
		entry.base, entry.size = base, size
		base = base + size
		return entry
	end
	for i, channel in ipairs(manifest.channels) do
		result.channels[i] = place({ name = channel.name, from = channel.from.name, to = channel.to.name },
			2 * channel.size)
	end
	for i, service in ipairs(manifest.services) do
		local clients = {}
		for n, client in ipairs(service.clients) do
			clients[n] = client.name
		end
		result.services[i] = place({ name = service.name, server = service.server.name, clients = clients,
			connections = service.connections, per_client = service.per_client }, service.connections * 2 * service.size)
	end
	return result, controls, round_up(base - layout.channels_base, layout.super_size)
end

local function components_text(components)
	local labels = {}
	return blobs_text(components, labels) .. map_text(components, function(component)
		return program_text(component) .. c_strings(component.name .. "_args", component.args)
			.. c_strings(component.name .. "_env", component.env) .. files_text(component, labels) .. "\n"
	end)
end

-- The C file that defines `image`. Of a Lua component, main and the modules in
-- Lua have .path, .name and .size, those in C .open, the name of a function.
local function image_c(manifest)
	local parts = {
		'#include "container/image.h"\n#include "container/runtime.h"\n#include "ipc/service_table.h"\n',
		'#include "runtimes/c/runtime_c.h"\n#include "runtimes/lua/runtime_lua.h"\n\n',
		components_text(manifest.components),
		"static const struct image_component components[] = {\n",
		map_text(manifest.components, component_text),
		"};\n\n",
	}
	local channels, services, service_calls = "NULL", "NULL", "NULL"
	local _, _, channels_size = map_channels(manifest)
	local memory = need.beyond_image(manifest, channels_size)
	if #manifest.channels > 0 then
		channels = "channels"
		parts[#parts + 1] = ("static const struct image_channel channels[] = {\n%s};\n\n"):format(
			map_text(manifest.channels, channel_text))
	end
	if #manifest.services > 0 then
		services, service_calls = "services", "&service_table"
		parts[#parts + 1] = ("%sstatic const struct image_service services[] = {\n%s};\n\n"):format(
			map_text(manifest.services, clients_text), map_text(manifest.services, service_text))
	end
	parts[#parts + 1] = table.concat({
		"const struct image image = {\n",
		("\t.name = %s,\n"):format(c_string(manifest.name)),
		("\t.cores = %d,\n"):format(manifest.cores),
		("\t.decider = %s,\n"):format(manifest.decides and manifest.decides.index or "IMAGE_NO_DECIDER"),
		("\t.grace_ms = %d,\n"):format(manifest.grace),
		("\t.component_count = %d,\n"):format(#manifest.components),
		("\t.channel_count = %d,\n"):format(#manifest.channels),
		("\t.memory = {%d, %d},\n"):format(memory.super_pages, memory.pages),
		"\t.components = components,\n",
		("\t.channels = %s,\n"):format(channels),
		("\t.service_count = %d,\n"):format(#manifest.services),
		("\t.services = %s,\n"):format(services),
		("\t.service_calls = %s,\n"):format(service_calls),
		"};\n",
	})
	return table.concat(parts)
end

local function segment_name(segment)
	if segment.flags & 1 ~= 0 then
		return "text"
	elseif segment.flags & 2 ~= 0 then
		return "data"
	end
	return segment.offset == 0 and "headers" or "rodata"
end

local function segment_rights(segment)
	return (segment.flags & 4 ~= 0 and "r" or "-") .. (segment.flags & 2 ~= 0 and "w" or "-")
		.. (segment.flags & 1 ~= 0 and "x" or "-")
end

local function map_components(manifest)
	local result = {}
	for i, component in ipairs(manifest.components) do
		local stack_end = layout.stacks_base + (component.index + 2) * layout.stack_slot_size
		result[i] = {
			name = component.name,
			language = component.language,
			core = component.core,
			heap = {
				base = layout.heaps_base + component.index * layout.heap_size,
				size = component.heap,
			},
			stack = { base = stack_end - component.stack, size = component.stack },
		}
	end
	return result
end

-- The map of a packed image, given the segments of its ELF file.
local function map(manifest, segments)
	local image_end = 0
	local result = {
		image = manifest.name,
		cores = manifest.cores,
		sections = {},
		components = map_components(manifest),
	}
	local wires
	wires, result.channel_controls_size, result.channels_size = map_channels(manifest)
	result.channels, result.services = wires.channels, wires.services
	for i, segment in ipairs(segments) do
		result.sections[i] = {
			name = segment_name(segment),
			rights = segment_rights(segment),
			base = segment.base,
			size = segment.size,
		}
		image_end = math.max(image_end, segment.base + segment.size)
	end
	result.memory = need.total(need.beyond_image(manifest, result.channels_size), image_end)
	return result
end

-- A value as Lua text; keys are all numbers or all strings.
local function serialize(value, indent)
	if type(value) == "string" then
		return ("%q"):format(value)
	elseif type(value) ~= "table" then
		return value > 0xffff and ("0x%x"):format(value) or tostring(value)
	end
	local inner, lines = indent .. "\t", {}
	for _, key in ipairs(keys(value)) do
		local label = type(key) == "string" and key .. " = " or ""
		lines[#lines + 1] = inner .. label .. serialize(value[key], inner) .. ",\n"
	end
	return #lines == 0 and "{}" or "{\n" .. table.concat(lines) .. indent .. "}"
end

local function map_lua(data)
	return "return " .. serialize(data, "") .. "\n"
end

local config = [[
# xl create -c %s.cfg
type = "pvh"
name = "%s"
# An absolute path, because xl does not look beside this file.
kernel = "%s"
memory = %d
vcpus = %d
tsc_mode = "native"
on_poweroff = "destroy"
on_reboot = "destroy"
on_crash = "destroy"
# A file for the components to read, which component_module finds:
#ramdisk = "/path/of/a/file"
# More arguments and environment:
#extra = "COMPONENT.arg=VALUE COMPONENT.env.NAME=VALUE"
]]

-- As xl reads a string between quotes.
local function xl_escaped(text)
	return (text:gsub('[\\"]', "\\%0"):gsub("%c", function(c)
		return ("\\x%02x"):format(c:byte())
	end))
end

local function xl_config(manifest, data, elf)
	return config:format(manifest.name, manifest.name, xl_escaped(elf), data.memory // MIB, manifest.cores)
end

return { image_c = image_c, map = map, map_lua = map_lua, xl_config = xl_config }
