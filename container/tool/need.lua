-- SPDX-License-Identifier: MIT
-- How much memory a guest needs. Physical memory comes in blocks of 2 MiB: a
-- block is given out whole, as a super-page of a heap or of the channels, or in
-- pages. The image lies where it is linked; what else is in its blocks, and
-- block 0, which never is whole, serves pages.

local layout = require("layout")

local MIB = 1 << 20
local PAGE, BLOCK = layout.page_size, layout.super_size

-- Pages that stand for parts which no file of the packer's knows. All of them
-- were counted in guests; a guest that runs with exactly what is computed here
-- is among the tests.
local PAGES = {
	container = 160, -- first stack (32), C library, allocator, page tables of every region
	component = 64, -- data about its heap, its thread's data, report stack, page tables
	core = 24, -- six stacks of 16 KiB
}

local SERVICE_CONNECTION_BYTES = 256 -- a record, and a place at the server's door

-- Of a heap so large, for each: an entry a page in the allocator's tree of
-- pages, a record a piece of 16 KiB, and a page table a GiB.
local function heap_pages(bytes)
	return (bytes >> 9) // PAGE + math.min(bytes >> 7, BLOCK) // PAGE + (bytes >> 30) + 1
end

local function blocks(bytes)
	return (bytes + BLOCK - 1) // BLOCK
end

local function pages(bytes)
	return (bytes + PAGE - 1) // PAGE
end

-- The endpoints of a service's server and clients, and what it knows of its connections.
local function service_bytes(service)
	local ends = service.connections + #service.clients * (service.per_client + layout.service_waiters)
	return ends * layout.service_end_size + service.connections * SERVICE_CONNECTION_BYTES
		+ layout.service_size
end

-- What is needed beyond the image: super-pages, and pages.
local function beyond_image(manifest, channels_size)
	local need = {
		super_pages = blocks(channels_size),
		pages = PAGES.container + PAGES.core * manifest.cores,
	}
	for _, component in ipairs(manifest.components) do
		need.super_pages = need.super_pages + blocks(component.heap)
		need.pages = need.pages + PAGES.component + heap_pages(component.heap)
			+ pages(component.stack) + blocks(component.stack)
		-- Guards of tasks' stacks: a page table for each super-page that they lie in.
		if component.language == "c" then
			need.pages = need.pages + blocks(component.heap)
		end
	end
	for _, service in ipairs(manifest.services) do
		need.pages = need.pages + pages(service_bytes(service))
	end
	return need
end

-- Whether a guest of so many MiB, whose image ends at image_end, has enough.
local function suffices(memory, need, image_end)
	local last = memory * MIB
	local whole, single = 0, 0
	for at = 0, last - 1, BLOCK do
		local free = math.min(BLOCK, last - at)
		if at == 0 then
			single = single + (free - PAGE) // PAGE
		elseif at + BLOCK > layout.image_base and at < image_end then
			single = single + math.max(0, at + free - image_end) // PAGE
		elseif free == BLOCK then
			whole = whole + 1
		else
			single = single + free // PAGE
		end
	end
	return whole >= need.super_pages + blocks(math.max(0, need.pages - single) * PAGE)
end

-- The least memory, in bytes, with which all of this fits; image_end: bytes.
local function total(need, image_end)
	local memory = (image_end + MIB - 1) // MIB
	while not suffices(memory, need, image_end) do
		memory = memory + 1
	end
	return memory * MIB
end

return { beyond_image = beyond_image, total = total }
