-- SPDX-License-Identifier: MIT
-- A module that fails while it is loaded.
local nothing
return nothing.field
