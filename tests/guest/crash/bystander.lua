-- SPDX-License-Identifier: MIT
-- Does nothing wrong.
print("bystander is here")
