-- SPDX-License-Identifier: MIT
-- A module that requires another, further down.
return { name = ..., leaf = require("sub.deep.leaf") }
