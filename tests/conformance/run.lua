-- SPDX-License-Identifier: MIT
-- Running sentences, as run.c does, between two components of an image of which
-- this one is in Lua.

local atoll = require("atoll")
local side = require("conformance.side")

local lists = {
	require("conformance.message"), require("conformance.place"), require("conformance.state"),
	require("conformance.ending"), require("conformance.death"), require("conformance.waiting"),
	require("conformance.task"), require("conformance.language"), require("conformance.call"),
}

local CHANNELS <const> = 6 -- besides the control
local LED_AFTER <const> = 3600 -- seconds; not for ever: a follower may be asked to stop

local function seed(says, is_left)
	local x = is_left and 1 or 2
	for i = 1, #says do
		x = x * 31 + says:byte(i) & 0xffffffff
	end
	return x == 0 and 1 or x
end

local function open_all(s)
	s:open()
	for i = 2, CHANNELS do
		s.more[i - 1] = s.open_end(i)
	end
	side.make_pattern(s.ch:max())
	s.before = s.ch:stats()
	s:meet()
end

local function close_all(s)
	if s.ch then
		s.ch:close()
	end
	for _, ch in pairs(s.more) do
		ch:close()
	end
end

local function play(s)
	s.peer, s.more, s.state = nil, {}, seed(s.sentence.says, s.is_left)
	local part = s.is_left and s.sentence.left or s.sentence.right
	local well, why = pcall(function()
		open_all(s)
		part(s)
	end)
	s.why = not well and tostring(why) or nil
	if s.why then
		close_all(s)
	end
	s:say(s.why and "end " .. s.why:sub(1, 180) or "end")
	while not s.peer do
		s:attend()
	end
	close_all(s)
end

local function find(says)
	for _, list in ipairs(lists) do
		for _, it in ipairs(list) do
			if it.says == says then
				return it
			end
		end
	end
	return {}
end

local function let_go(s)
	for i = 1, CHANNELS do
		local ch = s.open_end(i)
		if ch:reason() ~= "connecting" then
			ch:close()
		end
		s.kept[i] = ch -- the collector closes what is not kept
	end
end

-- The ends are those of channels, or what open_end(i) gives.
local function new_side(follower, open_end)
	open_end = open_end or function(i)
		return assert(atoll.open(follower .. "_" .. i))
	end
	return setmetatable({ follower = follower, open_end = open_end, control = open_end(0), kept = {} }, side)
end

local function follow(follower, open_end)
	local s = new_side(follower, open_end)
	local is_first = true
	while true do
		local part, rounds, says = (s:attend(LED_AFTER) or ""):match("^run (%a) (%d+) (.*)$")
		if not part then
			return s.control:reason() == "finished"
		elseif is_first then
			let_go(s)
		end
		is_first = false
		s.sentence, s.rounds, s.is_left = find(says), tonumber(rounds), part == "l"
		local has = s.is_left and s.sentence.left or not s.is_left and s.sentence.right
		s:say(has and "yes" or "no")
		if has then
			play(s)
		end
	end
end

local function report(s, verdict, behind)
	s.number = s.number + 1
	print(("%s %d - %s [%s%s]%s"):format(verdict, s.number, s.sentence.says, s.follower,
		s.is_left and "" or ", turned round", behind or ""))
end

local function judge(s)
	local good = not s.why and s.peer == (s.sentence.dies and "end the other side: peer died" or "end")
	report(s, good and "ok" or "not ok")
	if good then
		s.held = s.held + 1
		return
	end
	s.failed = s.failed + 1
	print("# this side: " .. (s.why or "well"))
	print("# the other side: " .. s.peer)
end

local function skip(s, why)
	report(s, "ok", " # SKIP " .. why)
	s.skipped = s.skipped + 1
end

local function lead_one(s)
	if s.sentence.dies and s.placement.immortal then
		return skip(s, "nobody can die")
	elseif s.sentence.early and s.placement.together then
		return skip(s, "nobody comes early")
	end
	s:say(("run %s %d %s"):format(s.is_left and "r" or "l", s.rounds, s.sentence.says))
	local words = s:attend()
	if words == "no" then
		return skip(s, "the other side has no such part")
	elseif words then
		play(s)
	end
	judge(s)
	s.lost = s.peer:find("^end silent")
	if s.control:reason() ~= "open" then
		s.control = s.open_end(0)
	end
end

local function lead_all(s, is_left, stops)
	s.is_left = is_left
	for _, list in ipairs(lists) do
		for _, it in ipairs(list) do
			local whole = it.left and it.right and (is_left or not it.dies)
			if whole and not it.stops == not stops and it.says:find(s.only, 1, true) and not s.lost then
				s.sentence, s.peer, s.why = it, nil, nil
				lead_one(s)
			end
		end
	end
end

-- As harness.h has it, placement says what it cannot do: together, immortal; and stop, the
-- channel to say it on.
local function lead(follower, rounds, only, open_end, placement)
	local s = new_side(follower, open_end)
	s.placement = placement or { stop = "stop_lua" }
	s.rounds, s.only, s.number, s.held, s.failed, s.skipped = rounds, only, 0, 0, 0, 0
	let_go(s)
	local both = not os.getenv("ONE_WAY")
	lead_all(s, true)
	if both then
		lead_all(s, false)
	end
	assert(atoll.open(s.placement.stop)):send("")
	lead_all(s, true, true)
	if both then
		lead_all(s, false, true)
	end
	if s.lost then
		print("Bail out! the other side does not answer")
	end
	print("1.." .. s.number)
	print(("# conformance: %s: %d held, %d failed, %d skipped"):format(follower, s.held, s.failed, s.skipped))
	s.control:close()
	return s.failed == 0 and not s.lost
end

return { lead = lead, follow = follow, CHANNELS = CHANNELS }
