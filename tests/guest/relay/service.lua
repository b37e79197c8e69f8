-- SPDX-License-Identifier: MIT
-- Components of one core that hand it to each other, beside one that never waits.
name = "relay"
cores = 1
decides = "lead"

component "lead" { language = "c", sources = { "lead.c" }, core = 0, heap = "4M" }
component "left" { language = "c", sources = { "runner.c" }, core = 0, heap = "4M", args = { "left", "down" } }
component "right" { language = "c", sources = { "runner.c" }, core = 0, heap = "4M", args = { "right", "nearest" } }
component "worker" { language = "c", sources = { "worker.c" }, core = 0, heap = "4M" }
channel "left" { from = "lead", to = "left", size = "4K" }
channel "right" { from = "lead", to = "right", size = "4K" }
channel "worker" { from = "lead", to = "worker", size = "4K" }
