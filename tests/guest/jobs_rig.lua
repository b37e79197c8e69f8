-- SPDX-License-Identifier: MIT
-- Who tests the tests: the three whose names begin with "selftest" are there to be
-- found out. They must be judged FAILED, or the rig would pass anything.

local shared = ...
local job, GUEST = shared.job, shared.GUEST

return {
	job("selftest: a guest that fails is found out", {
		image = "hello",
		words = { "greeter.arg=--status=1" },
	}),
	job("selftest: a guest that crashes is found out", {
		image = "crash",
		on = GUEST,
		words = { "culprit.arg=null" },
	}),
	job("selftest: a guest that hangs is found out", {
		image = "hang",
		timeout = 6,
	}),
	job("hang: is ended after its time", {
		timeout = 6,
		expect = { timeout = true, output = { "sleeper waits", "spinner spins" } },
	}),
}
