-- SPDX-License-Identifier: MIT
-- Boots an image and the Linux peer by turns, for boot.sh.

local RUNS = 5

local image = os.getenv("IMAGE") or "build/wordcount/wordcount.elf"
local module = os.getenv("MODULE") or "/usr/share/common-licenses/GPL-3"
local peer = "build/linux_peer/"

local jobs = {}
for _ = 1, RUNS do
	jobs[#jobs + 1] = { name = image:match("([^/]+)%.elf$"), image = image, module = module }
	jobs[#jobs + 1] = {
		name = "linux_peer", image = peer .. "linux_peer", module = peer .. "initrd",
		expect = { poweroff = true },
	}
end
return jobs
