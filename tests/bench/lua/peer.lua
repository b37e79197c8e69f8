-- SPDX-License-Identifier: MIT
-- The same rows over what plain Lua has: two FIFOs through io, or a Unix socket of lua-socket.
--
-- usage: peer.lua near|far fifo|socket FOLDER
local socket = require("socket")
local side, kind, folder = arg[1], arg[2], arg[3]

local COUNT = 50000
local BATCHES, BATCH = 100, 20

local kinds = {}

-- The near side makes both, and opens them in this order; each open waits for the other side.
function kinds.fifo()
	local there, back = folder .. "/there", folder .. "/back"
	local out, into
	if side == "near" then
		out, into = assert(io.open(there, "w")), assert(io.open(back, "r"))
	else
		into, out = assert(io.open(there, "r")), assert(io.open(back, "w"))
	end
	out:setvbuf("no")
	return function(message)
		assert(out:write(message))
	end, function(length)
		return into:read(length)
	end
end

function kinds.socket()
	local path, link = folder .. "/socket", require("socket.unix")()
	if side == "near" then
		assert(link:bind(path))
		assert(link:listen())
		link = link:accept()
	else
		while not link:connect(path) do -- which closes it
			socket.sleep(0.01)
			link = require("socket.unix")()
		end
	end
	return function(message)
		assert(link:send(message))
	end, function(length)
		return (link:receive(length))
	end
end

local send, recv = kinds[kind]()
local texts = {}
for i = 0, 255 do
	texts[i] = ("%064d"):format(i)
end

local function near()
	local function row(name, make)
		local begun = socket.gettime()
		for i = 1, COUNT do
			send(make(i))
		end
		assert(recv(1) == "y", "not what was sent")
		print(("%s-%s %.1f"):format(name, kind, (socket.gettime() - begun) * 1e9 / COUNT))
	end
	row("integers", function(i)
		return string.pack("<i8", i)
	end)
	row("strings", function(i)
		return texts[i & 255]
	end)
	local times = {}
	for i = 1, BATCHES do
		local begun = socket.gettime()
		for _ = 1, BATCH do
			send("12345678")
			assert(recv(8) == "12345678")
		end
		times[i] = (socket.gettime() - begun) * 1e9 / BATCH
	end
	table.sort(times)
	print(("trip-%s %.1f"):format(kind, times[BATCHES // 2]))
end

local function far()
	local good = true
	for i = 1, COUNT do
		good = string.unpack("<i8", recv(8)) == i and good
	end
	send(good and "y" or "n")
	for i = 1, COUNT do
		good = recv(64) == texts[i & 255] and good
	end
	send(good and "y" or "n")
	for _ = 1, BATCHES * BATCH do
		send(recv(8))
	end
end

if side == "near" then
	near()
else
	far()
end
