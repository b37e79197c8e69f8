-- SPDX-License-Identifier: MIT
-- Every field of a manifest: its check, what stands for it where it is absent,
-- and the one language whose components have it. `check` answers with the
-- field's meaning: bytes for sizes, milliseconds for times.

local check = require("check")
local layout = require("layout")

local STACK_MIN = 16 << 10
-- Lua allows 200 calls of C within one another, and each may hold buffers.
local STACK_DEFAULTS = { c = 256 << 10, lua = 512 << 10 }
local RING_DEFAULT = 256 << 10
local CONNECTIONS_DEFAULT, CONNECTION_RING_DEFAULT = 8, 64 << 10
local HOUR = 3600

local strings = check.list(check.text, "strings")
local libraries = check.list(check.library, "libraries")
local paths = check.named_list(check.path, "paths")
local ring = check.power_of_two(layout.ring_min, layout.ring_max)
local connections = check.integer(1, layout.connections_max, "a number")

return {
	image = {
		name = { check = check.name },
		cores = { check = check.integer(1, layout.cores_max, "a number") },
		decides = { check = check.name, optional = true },
		grace = { check = check.seconds(0, HOUR), default = 5000 },
	},
	component = {
		language = { check = check.one_of("c", "lua") },
		core = { check = check.integer(0, layout.cores_max - 1, "a core's number") },
		heap = { check = check.size(layout.heap_min, layout.heap_max, layout.super_size) },
		stack = {
			check = check.size(STACK_MIN, layout.stack_max, layout.page_size),
			default = function(component)
				return STACK_DEFAULTS[component.language]
			end,
		},
		args = { check = strings, default = {} },
		env = { check = check.environment, default = {} },
		files = { check = paths, default = {} },
		libs = { check = libraries, default = {} },
		restart = { check = check.one_of("never", "on-failure", "always"), default = "never" },
		restart_limit = { check = check.integer(0, 0xffffffff, "a number"), default = 0 },
		restart_delay = { check = check.seconds(0, HOUR), default = 100 },
		sources = { check = check.nonempty(strings), language = "c" },
		cflags = { check = strings, default = {}, language = "c" },
		main = { check = check.text, language = "lua" },
		modules = { check = paths, default = {}, language = "lua" },
		bytecode = { check = check.boolean, default = false, language = "lua" },
	},
	channel = {
		from = { check = check.name },
		to = { check = check.name },
		size = { check = ring, default = RING_DEFAULT },
		messages = { check = check.table, optional = true },
		order = { check = check.table, optional = true },
	},
	service = {
		server = { check = check.name },
		clients = { check = check.nonempty(check.list(check.name, "names of components")) },
		connections = { check = connections, default = CONNECTIONS_DEFAULT },
		per_client = { check = connections, optional = true },
		size = { check = ring, default = CONNECTION_RING_DEFAULT },
		messages = { check = check.table, optional = true },
		order = { check = check.table, optional = true },
	},
}
