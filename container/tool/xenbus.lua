-- SPDX-License-Identifier: MIT
-- Reads XenStore through the kernel's own device, in its wire protocol.

local sys = require("sys")

local DEVICE = "/dev/xen/xenbus"
local XS_READ, XS_ERROR = 2, 16
local HEADER = "<I4I4I4I4" -- type, request, transaction, length

local function read_exactly(fd, count)
	local bytes = ""
	while #bytes < count do
		local more, err = sys.read(fd, count - #bytes)
		if more == "" or not more and err ~= "again" then
			return nil, err or "end of file"
		elseif not more then
			sys.poll({ fd }, {})
		else
			bytes = bytes .. more
		end
	end
	return bytes
end

local function request(fd, path)
	local payload = path .. "\0"
	local count, err = sys.write(fd, HEADER:pack(XS_READ, 0, 0, #payload) .. payload)
	if not count then
		return nil, err
	end
	local header
	header, err = read_exactly(fd, HEADER:packsize())
	if not header then
		return nil, err
	end
	local kind, _, _, length = HEADER:unpack(header)
	local value
	value, err = read_exactly(fd, length)
	if value and kind == XS_ERROR then
		return nil, path .. ": " .. value:gsub("%z", "")
	end
	return value, err
end

-- The node's value, or nil and why not.
local function read(path)
	local fd, err = sys.open(DEVICE, "rw")
	if not fd then
		return nil, DEVICE .. ": " .. err
	end
	local value
	value, err = request(fd, path)
	sys.close(fd)
	return value, err
end

return { read = read }
