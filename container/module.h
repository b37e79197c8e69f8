/* SPDX-License-Identifier: MIT */
/*
 * Files handed to the image at run time, each mapped read-only in its own slot.
 * Components reach them through component_module.
 */
#ifndef CONTAINER_MODULE_H
#define CONTAINER_MODULE_H

/*
 * Map the file as the next module. Before the first component starts. Returns 0
 * or a negative errno: ENOSPC when all LAYOUT_MODULES_MAX slots are taken, EFBIG
 * when the file is larger than a slot, EINVAL when it is not a regular file.
 */
int module_add(const char *path);

#endif
