-- SPDX-License-Identifier: MIT
-- A module under another name than its file's.
return { name = ... }
