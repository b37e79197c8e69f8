/* SPDX-License-Identifier: MIT */
/*
 * The state of the resolver, which every thread of the C library points to
 * whether it asks for names or not. Its own definition takes 30 KB of resolver
 * into the image; the packer links this one where no component uses any.
 */
#include <resolv.h>

/* <resolv.h> hides it behind a function. */
#undef _res
struct __res_state _res;

__thread struct __res_state *__libc_resp __attribute__((tls_model("initial-exec"))) = &_res;
extern __thread struct __res_state *__resp __attribute__((alias("__libc_resp")));
