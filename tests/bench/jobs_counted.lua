-- SPDX-License-Identifier: MIT
-- What is measured in instructions: for tests/bench/run, under ATOLL_EMULATOR_COUNTS.

local OUT = "build/bench/"
local PEER = OUT .. "linux_peer/"

local function job(name, image, fields)
	fields.name, fields.image, fields.timeout = name, image, 120
	fields.expect = { poweroff = true }
	return fields
end

return {
	job("handover", OUT .. "handover/handover.elf", {
		words = { "ping.arg=3" },
		save = OUT .. "counted.ours",
	}),
	job("handover linux_peer", PEER .. "linux_peer", {
		module = PEER .. "initrd.futex",
		save = OUT .. "counted.theirs",
	}),
}
