-- SPDX-License-Identifier: MIT
-- The tool's side inside the emulated host: runs on its dom0's Xen what the
-- tool outside sends over a virtio port (see stream.lua), one guest at a time.

local files = require("files")
local stream = require("stream")
local sys = require("sys")
local xl = require("xl")

local agent = {}
agent.__index = agent

function agent:send(kind, bytes)
	assert(stream.write_all(self.fd, stream.frame(kind, bytes or "")))
end

-- The next frame, waited for; nil at the end of the stream.
function agent:receive()
	while true do
		local kind, bytes = self.reader:next()
		if kind then
			return kind, bytes
		end
		sys.poll({ self.fd }, {})
		if not self.reader:fill() then
			return nil
		end
	end
end

-- Takes in what came; false at the end of the stream.
function agent:fill()
	if not self.reader:fill() then
		return false
	end
	for kind, bytes in self.reader.next, self.reader do
		if self.queues[kind] then
			self.queues[kind] = self.queues[kind] .. bytes
		end
	end
	return true
end

-- A function that returns the bytes of the frames of one kind that came: "" for none
-- yet, nil at the end.
function agent:reading(kind)
	return function()
		local open, bytes = self:fill(), self.queues[kind]
		self.queues[kind] = ""
		return (open or bytes ~= "") and bytes or nil
	end
end

-- What is typed to the guest that runs.
function agent:input()
	return { fd = self.fd, read = self:reading("I") }
end

-- The way to the gdb outside.
function agent:wire()
	return {
		fd = function()
			return self.fd
		end,
		ended = function()
			return false
		end,
		take = self:reading("G"),
		write = function(bytes)
			self:send("G", bytes)
		end,
	}
end

function agent:output()
	return {
		begin = function()
			self:send("B")
		end,
		tick = function()
			self:send("T")
		end,
		write = function(bytes)
			self:send("O", bytes)
		end,
	}
end

function agent:close_file()
	if self.file then
		assert(self.file:close())
		self.file = nil
	end
end

local actions = {}

function actions.F(self, path)
	self:close_file()
	assert(files.mkdir(path:match("^(.*)/")))
	self.file = assert(io.open(path, "wb"))
	self.paths[#self.paths + 1] = path
end

function actions.D(self, bytes)
	assert(self.file:write(bytes))
end

function actions.J(self, bytes)
	self:close_file()
	local guest = stream.decode(bytes)
	self.queues = { I = "", G = "" }
	local wire = guest.debug and self:wire()
	local result = xl.run(guest, self:output(), self:input(), wire)
	for _, path in ipairs(self.paths) do
		os.remove(path)
	end
	self.paths = {}
	self:send("E", stream.encode(result))
end

function actions.I()
	-- Typed when the guest had ended already.
end

-- Serves the port until the other side closes it.
local function serve(path)
	local fd = assert(sys.open(path, "rw"))
	local self = setmetatable({ fd = fd, reader = stream.reader(fd), paths = {} }, agent)
	self:send("H")
	for kind, bytes in self.receive, self do
		actions[kind](self, bytes)
	end
	return 0
end

return { serve = serve }
