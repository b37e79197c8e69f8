-- SPDX-License-Identifier: MIT
-- What a component leaves in standard output goes where nobody reads any more.
name = "unread"
cores = 1

component "writer" { language = "c", sources = { "writer.c" }, core = 0, heap = "2M" }
component "other" { language = "c", sources = { "other.c" }, core = 0, heap = "2M" }

channel "turn" { from = "writer", to = "other", size = "4K" }
