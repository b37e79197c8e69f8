-- SPDX-License-Identifier: MIT
-- A bundled file that is code: loaded as one, or by way of package.path.
local name, place = ...
return ("greetings from %s, %s"):format(name or "nobody", place or "nowhere")
