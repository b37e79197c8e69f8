-- SPDX-License-Identifier: MIT
-- Xen, this machine's or an emulated host's: the tool itself serves gdb (stub.lua),
-- in dom0; here is the near end of the way there.

local compile = require("compile")
local emulator = require("emulator")
local stream = require("stream")
local sys = require("sys")
local xl = require("xl")

local WRITE_MAX = 10 -- seconds until gdb takes an answer
local VECTOR_BREAKPOINT = 3
local STUB_SIZE = 16 -- of an entry of exception_stubs, in container/xen/entry.S

local machine = {}
machine.__index = machine

-- The socket that gdb connects to, as xl.run takes it.
local function new_wire(path, session)
	local listener, connection = assert(sys.listen(path)), nil
	local wire = {}
	function wire.fd()
		return connection or listener
	end
	function wire.ended()
		return session:ended() ~= nil
	end
	function wire.take()
		connection = connection or sys.accept(listener)
		local bytes = connection and sys.read(connection) or ""
		return bytes ~= "" and bytes or connection and sys.poll({ connection }, {}, 0)[connection] and nil
			or ""
	end
	function wire.write(bytes)
		-- A gdb that is gone is noticed by ended.
		stream.write_all(connection, bytes, WRITE_MAX)
	end
	return wire
end

function machine:run(guest, output, input, session)
	local wire = new_wire(self.socket, session)
	local begin = output.begin
	output.begin = function()
		begin()
		session:start()
	end
	if self.host then
		return self.host:run(guest, output, input, wire)
	end
	return xl.run(guest, output, input, wire)
end

function machine:__close()
	if self.host then
		self.host:stop()
	end
end

-- Where the image's kernel takes an INT3.
local function handler(symbols)
	local text = compile.run({ "nm", symbols }, "nm")
	local base = text:match("(%x+) %a exception_stubs\n")
	return tonumber(base, 16) + VECTOR_BREAKPOINT * STUB_SIZE
end

local function open(guest, folder)
	local symbols = guest.image:gsub("%.elf$", "") .. ".debug"
	guest.handler = handler(symbols)
	local ok, why = xl.available()
	return setmetatable({
		host = not ok and emulator.start({ guest }) or nil,
		place = ok and "on this machine's Xen" or ("on an emulated Xen host (%s)"):format(why),
		symbols = symbols,
		socket = folder .. "/gdb",
	}, machine)
end

return { open = open }
