-- SPDX-License-Identifier: MIT
-- A component that ends when it is asked to, with a status of its own.
name = "shutdown"
cores = 1

component "waiter" { language = "c", sources = { "waiter.c" }, core = 0, heap = "4M" }
