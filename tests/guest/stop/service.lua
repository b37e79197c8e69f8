-- SPDX-License-Identifier: MIT
-- Three components that are asked to stop: one that looks, one that waits for a
-- message, and one that does not care.
name = "stop"
cores = 1
grace = 0.5

component "looker" { language = "c", sources = { "looker.c" }, core = 0, heap = "2M" }
component "waiter" { language = "c", sources = { "waiter.c" }, core = 0, heap = "2M" }
component "deaf" { language = "c", sources = { "deaf.c" }, core = 0, heap = "2M", restart = "always" }

channel "words" { from = "deaf", to = "waiter", size = "4K" }
