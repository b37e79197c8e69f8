-- SPDX-License-Identifier: MIT
-- `atoll stats`: the counters of a running image, read from the outside.
--
-- container/stats.h says what stands in the image's page. The image is not
-- trusted: whatever is no such page is an error, and names are made printable.

local columns = require("columns")
local elf = require("elf")
local fail = require("fail").fail
local files = require("files")
local foreign = require("foreign")
local layout = require("layout")
local options = require("options")

local USAGE = [[
usage: atoll stats [OPTION]... DOMAIN|PID

Prints the counters of the components of a running image: in a Xen dom0, of the
domain with this name or number, and elsewhere of the Linux process PID.

  --on xl|host  where the image runs, if not as above
  --json        print an array with an object a component; sizes in bytes, times in
                nanoseconds

CPU time is as of when a thread of the component last ended, or itself asked.
]]

local SPEC = { ["--on"] = { "on", "xl or host" }, ["--json"] = { "json" } }

local MAGIC, VERSION = "atollst\0", 1
local HEAD, ROW = "<c8I4I4I4I4I8", "<c32I4I4I4I4I8I8I8I8"
local STATES = { [0] = "idle", "running", "ending", "ended", "waiting", "gone" }

-- The image is somewhere in this much memory from where it is loaded.
local SCAN_BATCH = 512 -- pages
local SCAN_BATCHES = 32

local function printable(text)
	return (text:match("^[^\0]*"):gsub("[^%w._-]", "?"))
end

-- Counters have 64 bits without a sign; no right one comes near the half of that.
local function count(n)
	return n < 0 and math.maxinteger or n
end

local function read_row(page, at)
	local name, state, restarts, status, ends, used, peak, quota, cpu = ROW:unpack(page, at)
	return {
		name = printable(name),
		state = STATES[state] or "unknown",
		restarts = restarts, ends = ends, status = status,
		heap_used = count(used), heap_peak = count(peak), heap_quota = count(quota),
		cpu_ns = count(cpu),
	}
end

-- The rows in a page, or nil where it is none of counters.
local function read_page(page)
	if #page < HEAD:packsize() then
		return nil
	end
	local magic, version, row_bytes, row_count = HEAD:unpack(page)
	if magic ~= MAGIC or version ~= VERSION or row_bytes ~= ROW:packsize()
		or row_count > layout.components_max or HEAD:packsize() + row_count * row_bytes > #page then
		return nil
	end
	local rows = {}
	for i = 1, row_count do
		rows[i] = read_row(page, HEAD:packsize() + (i - 1) * row_bytes + 1)
	end
	return rows
end

local function of_process(pid)
	local path = ("/proc/%d/exe"):format(pid)
	if not files.stat(path) then
		return nil, ("process %d: no such process, or no right to look at it"):format(pid)
	end
	local place = elf.open(path):find(".atoll.stats")
	if not place then
		return nil, ("process %d is no image that atoll build packed"):format(pid)
	end
	local page, err = foreign.process(pid, place.base, layout.page_size)
	if not page then
		return nil, ("process %d: %s"):format(pid, err)
	end
	local rows = read_page(page)
	if not rows then
		return nil, ("process %d has not started, or has other counters than version %d"):format(
			pid, VERSION)
	end
	return rows
end

-- Guest physical addresses of the image are those in its ELF file; which page
-- of them has the counters, its first bytes say.
local function of_domain(id)
	local frame = layout.image_base // layout.page_size
	for batch = 0, SCAN_BATCHES - 1 do
		local pages, err = foreign.domain(id, frame + batch * SCAN_BATCH, SCAN_BATCH)
		if not pages then
			return nil, ("domain %d: %s"):format(id, err)
		elseif not next(pages) then
			break
		end
		for i = 1, SCAN_BATCH do
			local rows = pages[i] and pages[i]:sub(1, #MAGIC) == MAGIC and read_page(pages[i])
			if rows then
				return rows
			end
		end
	end
	return nil, ("domain %d: no counters found; expected an image that atoll build packed,"
		.. " past its start"):format(id)
end

local function seconds_text(ns)
	return ("%.3f s"):format(ns / 1e9)
end

local RIGHT_ALIGNED = { [3] = true, [4] = true, [5] = true, [6] = true, [7] = true, [8] = true,
	[9] = true }

-- As lines; without rows, why there are none.
local function text(rows, why)
	if not rows then
		return why .. "\n"
	end
	local cells = { { "component", "state", "restarts", "ends", "status", "heap", "peak", "quota",
		"CPU" } }
	for i, row in ipairs(rows) do
		cells[i + 1] = {
			row.name, row.state, tostring(row.restarts), tostring(row.ends),
			row.ends > 0 and tostring(row.status) or "-", columns.size_text(row.heap_used),
			columns.size_text(row.heap_peak), columns.size_text(row.heap_quota),
			seconds_text(row.cpu_ns),
		}
	end
	return columns.align(cells, RIGHT_ALIGNED) .. "\n"
end

-- printable() left nothing in a name that would have to be escaped.
local function json(rows)
	local objects = {}
	for i, row in ipairs(rows) do
		objects[i] = ('  {"name": "%s", "state": "%s", "restarts": %d, "ends": %d, "status": %d,'
			.. ' "heap_used": %d, "heap_peak": %d, "heap_quota": %d, "cpu_ns": %d}'):format(row.name,
			row.state, row.restarts, row.ends, row.status, row.heap_used, row.heap_peak,
			row.heap_quota, row.cpu_ns)
	end
	return "[\n" .. table.concat(objects, ",\n") .. "\n]\n"
end

-- The number of the domain with this name.
local function domain_id(name)
	if name:find("^%d+$") then
		return tonumber(name)
	end
	local status, output = files.run({ "xl", "domid", name })
	local id = status == 0 and tonumber(output)
	return id or fail("stats: no domain %s", name)
end

local function process_id(text)
	return math.tointeger(tonumber(text))
		or fail('stats: process "%s"; expected a number', text)
end

-- In a Xen dom0, or one of its domains?
local function on_xen()
	local kind = io.open("/sys/hypervisor/type")
	local text = kind and kind:read("l")
	if kind then
		kind:close()
	end
	return text == "xen"
end

local function find(where, name)
	if where == "xl" or not where and on_xen() then
		return of_domain(domain_id(name))
	elseif where and where ~= "host" then
		fail('--on: got "%s"; expected xl or host', where)
	end
	return of_process(process_id(name))
end

local function main(args)
	local opts = options.parse("stats", SPEC, args)
	if #opts ~= 1 or #opts.rest > 0 then
		fail("stats: got %d names; expected one domain or process", #opts + #opts.rest)
	end
	local rows, err = find(opts.on, opts[1])
	if not rows then
		fail("%s", err)
	end
	io.stdout:write((opts.json and json or text)(rows))
	return 0
end

return { summary = "print the counters of a running image, from the outside", usage = USAGE,
	main = main, of_domain = of_domain, of_process = of_process, text = text }
