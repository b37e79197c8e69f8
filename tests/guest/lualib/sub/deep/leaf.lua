-- SPDX-License-Identifier: MIT
-- A module two folders down, which requires one at the top.
local report = require("report")
return { arguments = { ... }, same = report }
