-- SPDX-License-Identifier: MIT
-- Reads a manifest: evaluates it, checks all of it, and returns what it means
-- or every error that was found.
--
-- The result: {path, dir, name, cores, grace, decides, components, channels,
-- services}. A component is {name, line, index, contracts, in_service} and its fields, a channel
-- {name, line, from, to, size}, a service {name, line, server, clients, connections,
-- per_client, size}; from, to, decides, server and clients are components.
-- fields.lua says what the fields mean, bundle.lua what those are that name files,
-- wire.lua what the contracts of a component are.

local bundle = require("bundle")
local check = require("check")
local fail = require("fail").fail
local fields = require("fields")
local layout = require("layout")
local sandbox = require("sandbox")
local wire = require("wire")

-- Names that the container itself goes by.
local RESERVED = { container = true }

-- A name of the manifest's as a message may show it; what is odd becomes _.
local function shown(name)
	return (name:sub(1, 40):gsub("[^%w_]", "_"))
end

-- Reader: one manifest while it is checked.
local reader = {}
reader.__index = reader

function reader:report(line, format, ...)
	self.errors[#self.errors + 1] = { line = line, text = format:format(...), order = #self.errors }
end

-- The line in which a block sets a field, or the block's own.
function reader:line_of(block, field)
	if block.lines[field] then
		return block.lines[field]
	end
	for line = block.line, block.stop - 1 do
		local code = (self.lines[line] or ""):gsub("%-%-.*", "")
		if (code .. " "):find("%f[%w_]" .. field .. "%s*=[^=]") then
			block.lines[field] = line
			return line
		end
	end
	return block.line
end

function reader:report_field(block, field, format, ...)
	self:report(self:line_of(block, field), "%sfield %s: %s", block.title, field, format:format(...))
end

-- Blocks end where the next one begins; lines are only searched in between.
function reader:blocks_bound(blocks)
	local lines, following = {}, {}
	for i, block in ipairs(blocks) do
		lines[i] = block.line
	end
	table.sort(lines)
	for i = #lines - 1, 1, -1 do
		following[lines[i]] = lines[i] < lines[i + 1] and lines[i + 1] or following[lines[i]]
	end
	for _, block in ipairs(blocks) do
		block.stop = following[block.line] or #self.lines + 1
		block.lines = {}
		block.title = ('%s "%s": '):format(block.kind, shown(block.name))
	end
end

function reader:check_unknown(block, schema)
	for _, key in ipairs(check.keys(block.fields)) do
		if type(key) ~= "string" then
			self:report(block.line, "%sgot an entry without a name, %s; expected NAME = VALUE", block.title,
				check.describe(block.fields[key]))
		elseif not schema[key] then
			self:report_field(block, shown(key), "unknown; expected one of %s",
				table.concat(check.keys(schema), ", "))
		end
	end
end

-- What stands for an absent field; of some it depends on the language.
local function default_of(spec, result)
	return type(spec.default) == "function" and spec.default(result) or spec.default
end

function reader:check_field(block, result, name, spec)
	local value = block.fields[name]
	if value ~= nil and spec.language and result.language and spec.language ~= result.language then
		self:report_field(block, name, 'got %s, expected none in the language "%s"',
			check.describe(value), result.language)
		return
	elseif value == nil and spec.language and spec.language ~= result.language then
		return
	elseif value == nil and (spec.optional or spec.default ~= nil) then
		result[name] = default_of(spec, result)
		return
	end
	local meaning, expected = spec.check(value)
	if meaning == nil then
		self:report_field(block, name, "got %s, expected %s", check.describe(value), expected)
	end
	result[name] = meaning
end

-- What a block means: its valid fields, and defaults.
function reader:check_block(block)
	local schema = fields[block.kind]
	local result = { name = block.name, line = block.line }
	if type(block.fields) ~= "table" then
		self:report(block.line, '%sgot %s, expected a table { ... } behind the name', block.title,
			check.describe(block.fields))
		return result
	end
	self:check_unknown(block, schema)
	if schema.language then -- first: others depend on it
		self:check_field(block, result, "language", schema.language)
	end
	for _, name in ipairs(check.keys(schema)) do
		if name ~= "language" then
			self:check_field(block, result, name, schema[name])
		end
	end
	return result
end

function reader:check_name(block, seen)
	local name, expected = check.name(block.name)
	if not name then
		self:report(block.line, "%s: got the name %s, expected %s", block.kind, check.describe(block.name), expected)
	elseif RESERVED[name] then
		self:report(block.line, "%sthe name is the container's own; expected another", block.title)
	elseif seen[name] then
		self:report(block.line, "%snamed twice, first in line %d; expected another name", block.title,
			seen[name].line)
	end
	seen[block.name] = seen[block.name] or block
end

function reader:check_component(block)
	local component = self:check_block(block)
	for _, field in ipairs({ "sources", "main", "modules", "files" }) do
		if component[field] then
			bundle[field](self, block, component)
		end
	end
	for _, field in ipairs({ "restart_limit", "restart_delay" }) do
		if component.restart == "never" and block.fields[field] ~= nil then
			self:report_field(block, field, 'got %s, expected none where restart is "never"',
				check.describe(block.fields[field]))
		end
	end
	if component.core and self.cores and component.core >= self.cores then
		self:report_field(block, "core", "got %d, expected less than cores, which is %d", component.core,
			self.cores)
	end
	return component
end

function reader:check_count(blocks)
	if #blocks == 0 then
		self:report(1, "got no component, expected at least one")
	elseif #blocks > layout.components_max then
		self:report(blocks[layout.components_max + 1].line, "got %d components, expected at most %d", #blocks,
			layout.components_max)
	end
end

function reader:check_components(blocks)
	local components, seen = {}, {}
	self:check_count(blocks)
	for i, block in ipairs({ table.unpack(blocks, 1, layout.components_max) }) do
		self:check_name(block, seen)
		local component = self:check_component(block)
		component.index = i - 1
		component.contracts = {}
		components[i] = component
		components[block.name] = components[block.name] or component
	end
	return components
end

-- What a name in this field stands for, or nil.
function reader:component_of(block, field, name, components)
	local names = {}
	if components[name] then
		return components[name]
	end
	for i, component in ipairs(components) do
		names[i] = component.name
	end
	self:report_field(block, field, "got %s, expected the name of a component: %s", check.describe(name),
		table.concat(names, ", "))
	return nil
end

-- A field that names a component becomes that component.
function reader:resolve(block, owner, field, components)
	owner[field] = owner[field] and self:component_of(block, field, owner[field], components)
end

-- The channels or the services, and the bytes that they take.
function reader:check_wires(blocks, components, seen)
	local wires, bytes = {}, 0
	for i, block in ipairs(blocks) do
		self:check_name(block, seen)
		wires[i] = self:check_block(block)
		wire[block.kind](self, block, wires[i], components)
		bytes = bytes + (wires[i].connections or 1) * 2 * ((wires[i].size or 0) + layout.ring_control_size)
	end
	return wires, bytes
end

function reader:check_region(blocks, bytes)
	if bytes + layout.page_size > layout.channels_size then
		self:report(blocks[1].line, "got channels of %d bytes, expected at most %s in all", bytes,
			check.size_text(layout.channels_size))
	end
end

function reader:check_image(record)
	local block = { kind = "image", title = "", line = 1, fields = {}, lines = {} }
	block.stop = block.line
	for name in pairs(fields.image) do
		local global = record.globals[name]
		block.fields[name] = global and global.value
		block.lines[name] = global and global.line
	end
	local image = self:check_block(block)
	self.cores = image.cores
	return image, block
end

local function split_lines(text)
	local lines = {}
	for line in (text .. "\n"):gmatch("([^\n]*)\n") do
		lines[#lines + 1] = line
	end
	return lines
end

local function errors_text(path, errors)
	table.sort(errors, function(a, b)
		if a.line ~= b.line then
			return a.line < b.line
		end
		return a.order < b.order
	end)
	local lines = {}
	for i, err in ipairs(errors) do
		lines[i] = ("%s:%d: %s"):format(path, err.line, err.text)
	end
	return table.concat(lines, "\n")
end

local function of_kind(blocks, kind)
	local result = {}
	for _, block in ipairs(blocks) do
		if block.kind == kind then
			result[#result + 1] = block
		end
	end
	return result
end

function reader:check_all_wires(blocks, components)
	local seen, channel_blocks, service_blocks = {}, of_kind(blocks, "channel"), of_kind(blocks, "service")
	local channels, channel_bytes = self:check_wires(channel_blocks, components, seen)
	local services, service_bytes = self:check_wires(service_blocks, components, seen)
	self:check_region(#channel_blocks > 0 and channel_blocks or service_blocks, channel_bytes + service_bytes)
	return channels, services
end

-- The manifest's meaning, or nil and the text of its errors, one a line.
local function read(path)
	local record = sandbox.evaluate(path)
	local self = setmetatable({
		dir = path:match("^.*/") or "",
		errors = {},
		lines = split_lines(record.source),
	}, reader)
	for _, err in ipairs(record.errors) do
		self:report(err.line, "%s", err.text)
	end
	if record.aborted or #record.errors > 0 and #record.blocks == 0 then
		return nil, errors_text(path, self.errors)
	end
	self:blocks_bound(record.blocks)
	local image, block = self:check_image(record)
	local components = self:check_components(of_kind(record.blocks, "component"))
	self:resolve(block, image, "decides", components)
	local channels, services = self:check_all_wires(record.blocks, components)
	if #self.errors > 0 then
		return nil, errors_text(path, self.errors)
	end
	return {
		path = path,
		dir = self.dir,
		name = image.name,
		cores = image.cores,
		grace = image.grace,
		decides = image.decides,
		components = components,
		channels = channels,
		services = services,
	}
end

local function read_or_fail(path)
	local manifest, errors = read(path)
	if not manifest then
		fail("%s", errors)
	end
	return manifest
end

return { read = read, read_or_fail = read_or_fail }
