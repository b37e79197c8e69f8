/* SPDX-License-Identifier: MIT */
/*
 * XenStore, for the one thing that the guest has to know from it: that it is
 * asked to end (`xl shutdown`, `xl reboot`). The process is then sent SIGTERM,
 * and a guest that ends after a reboot was asked for tells Xen so.
 *
 * Driven by event upcalls on one core; nobody ever waits for xenstored.
 */
#ifndef DRIVERS_XENSTORE_H
#define DRIVERS_XENSTORE_H

#include <stdint.h>

/* The page is mapped and its event channel is `port`; handled on the calling core. Negative errno.
 */
int xenstore_init(uint32_t port);

#endif
