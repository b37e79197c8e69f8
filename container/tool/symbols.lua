-- SPDX-License-Identifier: MIT
-- The table by which a running image names its functions.
--
-- Little-endian: u32 count; count entries {u32 address, u32 name}, ascending by
-- address, where name is an offset from the first name; then the names, each
-- ended by NUL.

local TEXT_KINDS = { t = true, T = true, w = true, W = true, i = true }

-- Bounds that the linker script sets; they are no functions.
local BOUNDS = {
	image_text_start = true, image_text_end = true, etext = true, _etext = true, __etext = true,
	image_malloc_start = true, image_malloc_end = true, image_libc_start = true, image_libc_end = true,
}

-- Of names for one address: a plain one rather than one with underscores.
local function better(a, b)
	local plain_a, plain_b = a:sub(1, 1) ~= "_", b:sub(1, 1) ~= "_"
	if plain_a ~= plain_b then
		return plain_a
	end
	return a < b
end

-- {{address, name}...}, ascending, from what `nm` prints.
local function parse(text)
	local names, symbols = {}, {}
	for address, kind, name in text:gmatch("(%x+) (%a) ([^\n]+)") do
		address = tonumber(address, 16)
		if TEXT_KINDS[kind] and address > 0 and not BOUNDS[name] then
			if not names[address] or better(name, names[address]) then
				names[address] = name
			end
		end
	end
	for address, name in pairs(names) do
		symbols[#symbols + 1] = { address = address, name = name }
	end
	table.sort(symbols, function(a, b)
		return a.address < b.address
	end)
	return symbols
end

local function encode(symbols)
	local entries, names, offset = { ("<I4"):pack(#symbols) }, {}, 0
	for i, symbol in ipairs(symbols) do
		entries[i + 1] = ("<I4I4"):pack(symbol.address, offset)
		names[i] = symbol.name .. "\0"
		offset = offset + #names[i]
	end
	return table.concat(entries) .. table.concat(names)
end

return { parse = parse, encode = encode }
