-- SPDX-License-Identifier: MIT
-- Which of the objects in container/lean an image links: all but those whose
-- subject a component uses, for which it gets the C library's own.

local run = require("compile").run

-- What makes a stream a wide one, or needs characters of more sets than the C locale's.
local SETS = { "^fwide$", "^f?getw[cs]", "^f?putw[cs]", "^ungetwc$", "^_*v?f?wprintf", "wscanf$",
	"^open_wmemstream$", "^iconv_open$", "^newlocale$", "^uselocale$" }

-- Object, and the names that a component uses it by.
local OBJECTS = {
	{ "jemalloc_absent.o" },
	{ "jemalloc_control.o" },
	{ "jemalloc_options.o" },
	{ "jemalloc_pages.o" },
	{ "variants.o" },
	{ "print.o" },
	{ "zone.o" },
	{ "children.o", "^popen$", "^system$", "^posix_spawn" },
	{ "charset.o", table.unpack(SETS) },
	{ "ctype.o", table.unpack(SETS) },
	{ "locale.o", "^newlocale$", "^uselocale$", "^duplocale$", "textdomain$", "^iconv_open$" },
	{ "loader.o", "^getpw", "^getgr", "^getaddrinfo$", "^getnameinfo$", "^gethostby", "^getserv", "^iconv_open$" },
	{ "resolver.o", "^_*res_", "^getaddrinfo$", "^getnameinfo$", "^gethostby" },
}

local function undefined_names(inputs)
	local command, names = { "nm", "-u" }, {}
	local out = run(table.move(inputs, 1, #inputs, #command + 1, command), "nm")
	for name in out:gmatch("U (%S+)") do
		names[name] = true
	end
	return names
end

local function used(names, object)
	for name in pairs(names) do
		for i = 2, #object do
			if name:find(object[i]) then
				return true
			end
		end
	end
	return false
end

-- The objects, from the folder of the libraries, for an image of these inputs.
local function objects(lib, inputs)
	local names, result = undefined_names(inputs), {}
	for _, object in ipairs(OBJECTS) do
		if not used(names, object) then
			result[#result + 1] = lib .. "/lean/" .. object[1]
		end
	end
	return result
end

return { objects = objects }
