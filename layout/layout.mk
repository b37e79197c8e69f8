# SPDX-License-Identifier: MIT
image-sources += layout/layout.c
