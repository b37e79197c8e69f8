#!/usr/bin/lua5.4
-- SPDX-License-Identifier: MIT
-- Writes the transcript, one part after the other.
local atoll = require("atoll")
local report = require("report")
local show, fails = report.show, report.fails

local parts = {}

function parts.modules()
	show("report", report.file, report.name, select(2, require("report")))
	local sub = require("sub")
	show("sub", sub.name, sub.leaf.arguments[1], sub.leaf.arguments[2], sub.leaf.same == report)
	show("short", require("short").name, require("short") == package.loaded.short)
	fails("broken", require, "broken")
	fails("missing", require, "no.such.module")
	show("path", package.path, package.cpath, #package.searchers)
	show("searchpath", package.searchpath("sub.deep.leaf", package.path), package.searchpath("sub", package.path))
	package.path = "extra/?.lua;" .. package.path
	show("greet", require("greet"))
	show("loadlib", package.loadlib("x.so", "luaopen_x"))
end

local function inner()
	report.raise("at the bottom")
end

local function outer()
	inner()
	return 1 -- or the call above would be a tail call, and not in the traceback
end

function parts.errors()
	local _, trace = xpcall(outer, debug.traceback)
	print((trace:gsub("\n\t%[C%]: in function 'xpcall'.*", "")))
	local co = coroutine.create(outer)
	show("coroutine", coroutine.resume(co))
	print((debug.traceback(co, "suspended there")))
	fails("level 2", function()
		error("blamed on the caller", 2)
	end)
	fails("table", error, setmetatable({}, { __tostring = function() return "an object" end }) and nil)
	fails("nil index", function() return parts.nothing.here end)
	fails("arithmetic", function() return 1 + {} end)
	fails("syntax", assert, load("x = = 1", "=text"))
	fails("integer", function() return 1 // 0 end)
end

function parts.strings()
	show("format", ("%5d|%-5s|%05.1f|%x|%q|%g|%i|%c|%%"):format(42, "ab", 3.14159, 255, "a\nb\0c", 1e100, 7, 65))
	show("find", ("hello world"):find("o w"), ("hello"):find("l+"), ("a.b"):find(".", 1, true))
	show("match", ("key = value"):match("^(%w+)%s*=%s*(%w+)$"))
	show("gsub", ("hello world"):gsub("o", "0"), ("abc"):gsub("%w", "%0%0"), ("abc"):gsub("", "-"))
	show("gmatch", (function()
		local t = {}
		for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do
			t[#t + 1] = k .. v
		end
		return table.concat(t, ";")
	end)())
	show("frontier", ("THE (quick) fox"):find("%f[%a]%a+%f[%A]"))
	show("balance", ("f(a(b)c)d"):match("%b()"))
	show("pack", string.pack("<i4 >i2 z s1 d", 100, -2, "zero", "one", 0.1))
	show("unpack", string.unpack("<i4 >i2 z s1 d", string.pack("<i4 >i2 z s1 d", 100, -2, "zero", "one", 0.1)))
	show("packsize", string.packsize("i4 i8 !8 d j n"))
	show("rep", ("ab"):rep(3, "-"), ("x"):rep(0), #("y"):rep(1 << 16))
	show("byte", ("AZ\255"):byte(1, -1))
	local function nest(text)
		return (text:gsub(".", nest))
	end
	show("nested", pcall(nest, "x"))
	show("order", "a" < "b", "Z" < "a", "" < "a", "a\0b" > "a")
	show("tostring", 1e15, 1e16, 2^53, -0.0, 1/0, -1/0, 1 // 1, 3 | 0, math.mininteger)
	show("tonumber", tonumber("0x1p4"), tonumber("1e1"), tonumber("  12  "), tonumber("z", 36), tonumber("1a"),
		tonumber("0x7fffffff"), tonumber("9223372036854775808"))
	show("dump", load(string.dump(function(a) return a * 2 end))(21))
end

function parts.tables()
	local t = { 5, 2, 8, 1, 9 }
	table.sort(t)
	show("sort", table.unpack(t))
	table.sort(t, function(a, b) return a > b end)
	show("sort down", table.concat(t, ","))
	fails("sort wrongly", table.sort, { 3, 1, 2, 5, 4 }, function() return true end)
	show("insert", table.insert(t, 1, 0), table.remove(t), table.remove(t, 1), #t)
	show("move", table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ","))
	show("pack", table.pack(1, nil, 3).n, select("#", nil, nil), select(-1, 1, 2))
	local weak = setmetatable({}, { __mode = "k" })
	weak[{}] = true
	collectgarbage()
	show("weak", next(weak))
	local proxy = setmetatable({}, { __index = function(_, k) return k * 2 end, __len = function() return 7 end,
		__call = function(_, x) return x + 1 end, __close = function() print("closed") end,
		__eq = function() return true end, __concat = function() return "joined" end })
	show("metamethods", proxy[21], #proxy, proxy(1), proxy .. 1, proxy == setmetatable({}, getmetatable(proxy)))
	do
		local guard <close> = proxy
	end
	for i, v in ipairs(setmetatable({}, { __index = function(_, i) return i < 4 and i * i or nil end })) do
		show("ipairs", i, v)
	end
end

function parts.numbers()
	show("types", math.type(1), math.type(1.0), math.type("1"), 1 == 1.0, math.maxinteger + 1 == math.mininteger)
	show("division", 7 // 2, -7 // 2, 7 % -3, -7 % 3, 7.5 // 2, -7.5 % 2, 1e308 * 10, 5 // 0.0)
	show("bits", 0xff & 0x0f, 1 << 63, 1 << 64, ~0, -1 >> 1, 3.0 | 4, "10" + 5, 10 .. 20)
	show("functions", math.sin(1), math.cos(1), math.tan(1), math.exp(1), math.log(2), math.log(8, 2), math.log(100, 10),
		math.sqrt(2), math.atan(1, -1), math.asin(0.5), math.acos(0.5))
	show("rounding", math.floor(-3.5), math.ceil(-3.5), math.fmod(-7, 3), math.modf(-3.7), math.tointeger(3.0),
		math.ult(1, -1), math.abs(math.mininteger))
	math.randomseed(42)
	show("random", math.random(0), math.random(1, 6), math.random(100), math.random())
	show("minimum", math.min(3, 1.5, 2), math.max(3, 1.5), math.pi, math.huge, 0x.8p1)
	fails("no integer", math.random, 1, 0.5)
	for i = 3, 1, -1 do
		io.write(i, i > 1 and "," or "\n")
	end
	for x = 1.0, 2.0, 0.25 do
		io.write(x, " ")
	end
	print()
end

function parts.utf8()
	show("char", utf8.char(72, 228, 8364, 0x1F600))
	show("len", utf8.len("Hä€😀"), utf8.len("\xff"), utf8.len("äö", 2))
	show("codepoint", utf8.codepoint("Hä€😀", 1, -1))
	show("offset", utf8.offset("Hä€😀", 3), utf8.offset("Hä€😀", -1))
	for p, c in utf8.codes("ä€") do
		show("codes", p, c)
	end
	show("pattern", utf8.charpattern, ("Hä€"):gsub(utf8.charpattern, "."))
	fails("invalid", utf8.codepoint, "\xe4")
end

function parts.coroutines()
	local co = coroutine.create(function(a, b)
		show("started with", a, b)
		local c = coroutine.yield(a + b)
		show("resumed with", c)
		local d, e = coroutine.yield(c * 2)
		return d + e
	end)
	show("resume", coroutine.resume(co, 1, 2))
	show("status", coroutine.status(co), coroutine.isyieldable(), select(2, coroutine.running()))
	show("resume", coroutine.resume(co, 10))
	show("resume", coroutine.resume(co, 3, 4))
	show("dead", coroutine.status(co), coroutine.resume(co))
	local generator = coroutine.wrap(function()
		for i = 1, 3 do
			coroutine.yield(i)
		end
	end)
	show("wrap", generator(), generator(), generator())
	show("across pcall", coroutine.wrap(function()
		return pcall(function()
			coroutine.yield("from inside")
		end)
	end)())
	local closing = coroutine.create(function()
		local x <close> = setmetatable({}, { __close = function(_, e) show("closed", e) end })
		coroutine.yield()
	end)
	coroutine.resume(closing)
	show("close", coroutine.close(closing), coroutine.status(closing))
	local count = 0
	for _ = 1, 10000 do
		count = count + coroutine.wrap(function() return 1 end)()
	end
	show("many", count)
end

function parts.files()
	for line in io.lines("poem.txt") do
		show("line", line)
	end
	local f <close> = assert(io.open("./poem.txt"))
	show("read", f:read("l", "n", "L", 5, 0))
	show("seek", f:seek("set", 50), f:read("n", "n", "n"), f:seek("cur", -2), f:read("a"), f:read("a"), f:read("l"))
	show("end", f:seek("end"), f:read(1), io.type(f))
	fails("write", f.write, f, "x")
	fails("open to write", io.open, "poem.txt", "w")
	fails("no file", io.open, "nothing.txt")
	fails("bad mode", io.open, "poem.txt", "z")
	fails("lines of nothing", io.lines, "nothing.txt")
	show("empty", io.open("empty"):read("a"), io.open("empty"):read("l"))
	show("loadfile", loadfile("extra/greet.lua")("loadfile"), dofile("extra/greet.lua"))
	local module = io.open("/module/0", "rb")
	local text = module and module:read("a")
	show("module", text and #text, text == atoll.module(1), atoll.module(2), io.open("/module/1"))
	show("input", io.read("l"), io.read("n"), io.read("l"))
	show("standard", io.type(io.stdout), io.output() == io.stdout, tostring(io.stdout):match("^file"))
end

function parts.system(...)
	show("arguments", arg[0], arg[1], arg[2], #arg, ...)
	show("environment", os.getenv("COLOUR"), os.getenv("HOME"))
	show("date", os.date("!%Y-%m-%d %H:%M:%S %j %a %b", 1709210096), os.date("!*t", 0).year,
		os.date("%c %Z", 1720000000))
	show("time", os.time({ year = 2024, month = 2, day = 30, hour = 12 }) - os.time({ year = 2024, month = 3, day = 1, hour = 12 }))
	fails("bad date", os.date, "%Ez", 0)
	show("now", os.time() > 1704067200, os.difftime(os.time(), 0) > 0, os.clock() >= 0, atoll.now() > 0)
	show("execute", os.execute(), os.execute("true"))
	fails("popen", io.popen, "ls")
	fails("remove", os.remove, "poem.txt")
	fails("rename", os.rename, "poem.txt", "verse.txt")
	fails("tmpname", os.tmpname)
	fails("tmpfile", io.tmpfile)
	show("locale", os.setlocale(), os.setlocale("C"), os.setlocale("de_DE"))
	show("collect", collectgarbage("count") > 0, collectgarbage("isrunning"), collectgarbage("generational"),
		collectgarbage("incremental"), collectgarbage("step"))
	show("version", _VERSION, load("return _ENV", "x", "t", { 1 })()[1])
	local line = debug.getinfo(1, "l").currentline
	show("debug", debug.getinfo(1, "S").short_src, line, debug.getlocal(1, 1), type(debug.getregistry()))
	local stats = atoll.stats()
	show("quota", stats.heap_quota >> 20, math.type(stats.heap_used), stats.heap_peak >= stats.heap_used)
end

function parts.cjson()
	local cjson, safe = require("cjson"), require("cjson.safe")
	local value = cjson.decode('{"name":"atoll","list":[1,2.5,true,null,"\\u00e4\\n"],"nested":{"deep":[[]]}}')
	show("decode", value.name, #value.list, value.list[2], value.list[3], value.list[4] == cjson.null, value.list[5],
		#value.nested.deep[1])
	show("encode", cjson.encode({ 1, 2.5, "three\n\"", true, cjson.null, { x = 1 } }), cjson.encode({}))
	show("again", cjson.encode(cjson.decode("[1e10,-0.5,123456789012,[],{}]")))
	fails("bad text", cjson.decode, '{"a":')
	show("safe", safe.decode("[1,"))
	fails("function", cjson.encode, { print })
	local rows = {}
	for i = 1, 2000 do
		rows[i] = { id = i, name = "row " .. i }
	end
	local text = cjson.encode(rows)
	show("many", #cjson.decode(text), cjson.decode(text)[2000].name)
end

function parts.lpeg()
	local lpeg = require("lpeg")
	local P, R, S, V, C, Ct, Cf, Cg, Cs = lpeg.P, lpeg.R, lpeg.S, lpeg.V, lpeg.C, lpeg.Ct, lpeg.Cf, lpeg.Cg, lpeg.Cs
	local space = S(" \t") ^ 0
	local number = C(R("09") ^ 1 * (P(".") * R("09") ^ 1) ^ -1) / tonumber * space
	local function apply(a, op, b)
		if op == "+" then return a + b elseif op == "-" then return a - b elseif op == "*" then return a * b end
		return a / b
	end
	local sum = P({ "sum",
		sum = Cf(V("product") * Cg(C(S("+-")) * space * V("product")) ^ 0, apply),
		product = Cf(V("value") * Cg(C(S("*/")) * space * V("value")) ^ 0, apply),
		value = number + P("(") * space * V("sum") * P(")") * space,
	}) * -1
	show("sums", sum:match("1 + 2 * 3"), sum:match("(1 + 2) * 3 - 4 / 8"), sum:match("2 *"))
	show("split", table.concat(Ct(C((1 - P(",")) ^ 0) * (P(",") * C((1 - P(",")) ^ 0)) ^ 0):match("a,b,,c"), "|"))
	show("replace", Cs((P("cat") / "dog" + 1) ^ 0):match("cat and catfish"))
	show("version", type(lpeg.version), lpeg.type(sum))
	show("words", #Ct((C(R("az", "AZ") ^ 1) + 1) ^ 0):match(io.open("poem.txt"):read("a")))
end

local order = { "modules", "errors", "strings", "tables", "numbers", "utf8", "coroutines", "files", "system", "cjson", "lpeg" }

if arg[#arg] == "fail" then
	outer()
end
local turn = atoll.open("turn")
if atoll.name() == "compiled" and not turn:recv() then
	return -- the other one failed, as it was asked to
end
for _, name in ipairs(order) do
	print(("# %s, %s"):format(atoll.name(), name))
	parts[name](...)
end
if atoll.name() == "text" then
	turn:send("go on")
end
