/* SPDX-License-Identifier: MIT */
/*
 * A component's global variables as the image brought them, for its restarts.
 *
 * What is initialised is copied aside before the component's first constructor
 * runs; what is zero need not be.
 */
#ifndef CONTAINER_PRISTINE_H
#define CONTAINER_PRISTINE_H

struct image_data;

/* Once a component. 0 or -ENOMEM. */
int pristine_keep(unsigned component, const struct image_data *data);

/* None of the component's threads runs but the calling one. */
void pristine_restore(unsigned component, const struct image_data *data);

#endif
