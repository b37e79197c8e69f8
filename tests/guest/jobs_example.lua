-- SPDX-License-Identifier: MIT
-- The examples: what their READMEs and sources say they print.

local shared = ...
local job, transcript, PLAIN = shared.job, shared.transcript, shared.PLAIN

-- The whole result, against what tr, sort and uniq made of the same text.
local function wordcount(what, file)
	return job("wordcount: " .. what, {
		module = "build/guest/text/" .. file,
		timeout = 120,
		expect = { check = function(text)
			local expected = shared.contents("build/guest/text/" .. file .. ".expected")
			return shared.own_output(text) == expected, "its output is not what tr, sort and uniq say"
		end },
	})
end

return {
	job("greeting: the example of the README", {
		words = { "asker.arg=Ada" },
		expect = { output = { "hello, Ada, from Lua 5.4" } },
	}),
	job("orders: a contract between C and Lua", {
		expect = { output = { "soup for seat 7: 1100 cents, hot", "cake for seat 7: 420 cents",
			"moon: there is no moon" } },
	}),
	job("till: a service in C for the tasks of a Lua component", {
		on = PLAIN, -- asked to stop, it may end with tasks under way, which to a sanitizer are leaks
		expect = { output = { "ten customers paid 55.00", "the bank closes with 55.00" } },
	}),
	wordcount("the GPL", "gpl"),
	wordcount("an empty file", "empty"),
	wordcount("a last line without its end", "open-end"),
	wordcount("bytes that are no text, and one long word", "odd"),
	wordcount("16 MB", "large"),
	job("wordcount: without a text", { expect = { status = 66, output = { "splitter: " } } }),
	job("menu: a module, a library in C and a bundled file", {
		words = { "cook.arg=warm" },
		expect = { output = { "soup of the day +4.50\nfish pie +12.90\nall of it +17.40\n" }, absent = { "cheese" } },
	}),
	transcript("5,000 rows in a database in memory", "sqlite", {
		output = { "SQLite 3", "5000 | 152711152 |", "USING INDEX of_customer", "    ok\n", "in use: 0 bytes" },
	}),
}
