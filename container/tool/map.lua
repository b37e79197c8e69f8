-- SPDX-License-Identifier: MIT
-- atoll map: prints the address map of a packed image, from the region table
-- and from what the packer noted in the image itself.

local columns = require("columns")
local elf = require("elf")
local fail = require("fail").fail
local guests = require("guest")
local layout = require("layout")
local memory = require("memory")
local options = require("options")
local sandbox = require("sandbox")

local size_text = columns.size_text

local usage = [[
usage: atoll map IMAGE

IMAGE is a packed ELF file, or the folder that `atoll build` wrote.
Prints every region of the image's address map in ascending order and, below
each, what this image has there. An end is the first byte behind. What is not
listed is never mapped; regions marked "guest" are there on Xen only.
]]

local TEXT_MAX = 64 << 20 -- bytes that putting a map into words may take

local function row(rows, name, part, where)
	rows[#rows + 1] = {
		name,
		("0x%012x"):format(part.base),
		("0x%012x"):format(part.base + part.size),
		size_text(part.size),
		where.rights,
		size_text(1 << where.page_order),
		where.what or "",
	}
end

local function subrow(rows, region, name, part, what)
	row(rows, "  " .. name, part,
		{ rights = part.rights or region.rights, page_order = region.page_order, what = what })
end

-- What an image has in each region.
local contents = {
	IMAGE = function(rows, region, map)
		for _, section in ipairs(map.sections) do
			subrow(rows, region, section.name, section)
		end
	end,
	HEAPS = function(rows, region, map)
		for _, component in ipairs(map.components) do
			subrow(rows, region, component.name, component.heap, "heap of a component in " .. component.language)
		end
	end,
	STACKS = function(rows, region, map)
		for _, component in ipairs(map.components) do
			subrow(rows, region, component.name, component.stack, ("stack, on core %d"):format(component.core))
		end
	end,
	CHANNELS = function(rows, region, map)
		if #map.channels + #map.services > 0 then
			local controls = { base = region.base, size = map.channel_controls_size }
			subrow(rows, region, "(control)", controls, "who sent and read how much")
		end
		for _, channel in ipairs(map.channels) do
			subrow(rows, region, channel.name, channel, ("%s <-> %s"):format(channel.from, channel.to))
		end
		for _, service in ipairs(map.services) do
			local share = service.per_client < service.connections and (", %d each"):format(service.per_client) or ""
			subrow(rows, region, service.name, service, ("%s <-> %s, %d at once%s"):format(
				table.concat(service.clients, ", "), service.server, service.connections, share))
		end
	end,
}

local function region_rows(map)
	local rows = { { "region", "base", "end", "size", "rights", "pages", "" } }
	for _, region in ipairs(layout.regions) do
		row(rows, region.name, region, {
			rights = region.rights,
			page_order = region.page_order,
			what = region.what .. (region.target == "guest" and " (guest)" or ""),
		})
		if contents[region.name] then
			contents[region.name](rows, region, map)
		end
	end
	return rows
end

local RIGHT_ALIGNED = { [4] = true, [6] = true }

local function text(map)
	return ("%s: %d cores, needs %s\n\n%s\n"):format(map.image, map.cores, size_text(map.memory),
		columns.align(region_rows(map), RIGHT_ALIGNED))
end

local function main(args)
	local opts = options.parse("map", {}, args)
	if #opts ~= 1 or #opts.rest > 0 then
		fail("map: got %d files; expected one\n%s", #opts + #opts.rest, usage)
	end
	local path = guests.image_path(opts[1])
	local data = elf.open(path):section(".atoll.map")
	if not data then
		fail("%s: no section .atoll.map; expected an image that atoll build packed", path)
	end
	-- The section may say anything; what is no map fails somewhere in here.
	local value = sandbox.data(data)
	memory.limit(TEXT_MAX)
	local ok, result = pcall(text, value)
	memory.limit()
	if not ok then
		fail("%s: the section .atoll.map is damaged; expected an image that atoll build packed", path)
	end
	io.stdout:write(result)
	return 0
end

return { summary = "print the address map of a packed image", usage = usage, main = main }
