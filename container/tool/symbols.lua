-- SPDX-License-Identifier: MIT
-- The table by which a running image names its functions.
--
-- u32 count, little-endian; how far each function lies behind the one before it,
-- the first behind address 0, in LEB128; then their names, each ended by NUL.

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

-- Seven bits a byte, the lowest first; all but the last byte have the eighth set.
local function leb128(number)
	local bytes = {}
	while number > 0x7f do
		bytes[#bytes + 1] = string.char(number & 0x7f | 0x80)
		number = number >> 7
	end
	return table.concat(bytes) .. string.char(number)
end

local function encode(symbols)
	local distances, names, before = {}, {}, 0
	for i, symbol in ipairs(symbols) do
		distances[i] = leb128(symbol.address - before)
		names[i] = symbol.name .. "\0"
		before = symbol.address
	end
	return ("<I4"):pack(#symbols) .. table.concat(distances) .. table.concat(names)
end

return { parse = parse, encode = encode }
