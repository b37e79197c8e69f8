-- SPDX-License-Identifier: MIT
-- Workloads in Lua. The same script is a component of an image and runs under
-- Linux in work_lua.c, which brings the global function `now`, in seconds.
--
-- arguments: ROUNDS. Prints "NAME NANOSECONDS CHECKSUM" for each round.

local is_component, atoll = pcall(require, "atoll")
local clock = is_component and atoll.now or now

-- Binary trees: many small tables, all of which the collector walks.
local function tree(depth)
	if depth == 0 then
		return {}
	end
	return { tree(depth - 1), tree(depth - 1) }
end

local function count(node)
	return node[1] and 1 + count(node[1]) + count(node[2]) or 1
end

local function trees()
	local sum, kept = 0, tree(12)
	for depth = 4, 12, 2 do
		for _ = 1, 1 << (12 - depth) do
			sum = sum + count(tree(depth))
		end
	end
	return sum + count(kept)
end

-- Strings: short ones that are interned, and long ones that are built and dropped.
local function strings()
	local sum = 0
	for i = 1, 20000 do
		sum = sum + #(("key %d of %s"):format(i, i % 7))
	end
	local parts = {}
	for i = 1, 10000 do
		parts[i] = i .. ","
	end
	for _ = 1, 40 do
		local text = table.concat(parts)
		sum = sum + #text:rep(20):upper() + select(2, text:gsub("9", "nine"))
	end
	return sum
end

-- The control: no memory at all.
local function alu()
	local x = 88172645463325252
	for _ = 1, 1000000 do
		x = x ~ (x << 13)
		x = x ~ (x >> 7)
		x = x ~ (x << 17)
	end
	return x
end

for _ = 1, tonumber(arg[1] or 1) do
	for _, work in ipairs({ { "lua-alu", alu }, { "lua-trees", trees }, { "lua-strings", strings } }) do
		collectgarbage()
		local start = clock()
		local sum = work[2]()
		print(("%s %d %d"):format(work[1], (clock() - start) * 1e9 // 1, sum))
	end
end
