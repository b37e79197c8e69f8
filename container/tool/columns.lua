-- SPDX-License-Identifier: MIT
-- Text in columns, and sizes for people.

local UNITS = { { 1 << 30, "GiB" }, { 1 << 20, "MiB" }, { 1 << 10, "KiB" } }

local function size_text(bytes)
	for _, unit in ipairs(UNITS) do
		if bytes >= unit[1] then
			local format = bytes % unit[1] == 0 and "%.0f %s" or "%.1f %s"
			return format:format(bytes / unit[1], unit[2])
		end
	end
	return bytes .. " B"
end

-- Rows of cells as lines; right: the set of the columns that are aligned at their right.
local function align(rows, right)
	local widths, lines = {}, {}
	for _, cells in ipairs(rows) do
		for i, cell in ipairs(cells) do
			widths[i] = math.max(widths[i] or 0, #cell)
		end
	end
	for n, cells in ipairs(rows) do
		local padded = {}
		for i, cell in ipairs(cells) do
			local space = (" "):rep(widths[i] - #cell)
			padded[i] = right[i] and space .. cell or cell .. space
		end
		lines[n] = table.concat(padded, "  "):gsub("%s+$", "")
	end
	return table.concat(lines, "\n")
end

return { align = align, size_text = size_text }
