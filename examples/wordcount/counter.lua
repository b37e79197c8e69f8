-- SPDX-License-Identifier: MIT
-- Counts the words that the splitter sends and prints the most frequent.

local atoll = require "atoll"

local TOP_DEFAULT = 20

local function fail(status, ...)
	io.stderr:write(atoll.name(), ": ", table.concat({ ... }), "\n")
	os.exit(status)
end

-- The number of words to list, from --top=N.
local function top_from(args)
	local top = TOP_DEFAULT
	for _, word in ipairs(args) do
		top = math.tointeger(tonumber(word:match("^%-%-top=(%d+)$")))
		if not top then
			fail(64, "argument ", word, "; expected --top=N")
		end
	end
	return top
end

-- Pieces of the stream that end with a whole word each. The splitter ends a
-- word with a newline, which may come many messages after its beginning.
local function whole_words(messages, endpoint)
	local pieces = {}
	return function()
		for batch in messages, endpoint do
			local whole, rest = batch:match("^(.*\n)(.*)$")
			if whole then
				pieces[#pieces + 1] = whole
				local text = table.concat(pieces)
				pieces = { rest }
				return text
			end
			pieces[#pieces + 1] = batch
		end
	end
end

local function count(endpoint)
	local counts, total = {}, 0
	for text in whole_words(endpoint:messages()) do
		for word in text:gmatch("%w+") do
			counts[word] = (counts[word] or 0) + 1
			total = total + 1
		end
	end
	return counts, total
end

-- Words by how often they occur, and these numbers in descending order: only
-- the words that are going to be printed need sorting.
local function group(counts)
	local groups, numbers, distinct = {}, {}, 0
	for word, n in pairs(counts) do
		local words = groups[n]
		if not words then
			words = {}
			groups[n], numbers[#numbers + 1] = words, n
		end
		words[#words + 1] = word
		distinct = distinct + 1
	end
	table.sort(numbers, function(a, b) return a > b end)
	return groups, numbers, distinct
end

local function print_top(groups, numbers, top)
	for _, n in ipairs(numbers) do
		local words = groups[n]
		if top <= 0 then
			return
		end
		table.sort(words)
		for i = 1, math.min(top, #words) do
			io.write(("%7d "):format(n), words[i], "\n")
		end
		top = top - #words
	end
end

local top = top_from(arg)
local words = assert(atoll.open("words"))
local counts, total = count(words)
if words:reason() ~= "finished" then
	fail(74, "channel words: ", words:reason())
end
local groups, numbers, distinct = group(counts)
io.write("total ", total, "\n", "distinct ", distinct, "\n")
print_top(groups, numbers, top)
