-- SPDX-License-Identifier: MIT
-- The workloads in Lua, alone on one core.
name = "work_lua"
cores = 1

component "lua" { language = "lua", main = "work.lua", core = 0, heap = "32M" }
