/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included ahead of each file of the datapath under test: gives every jump that ends something a
 * block of its own. Without it the compiler joins all that return the same errno, and KCOV, which
 * sees blocks, cannot tell one refusal from another: three of four would not show. It makes no
 * instruction of its own.
 */
#ifndef NLRIG_MARKS_H
#define NLRIG_MARKS_H

/* As most of the files have it, who come too late to say so. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

/* What has jumps in macros that mean something else (asm goto), before they are redefined. */
#include <linux/jump_label.h>
#include <linux/kernel.h>
#include <linux/skbuff.h>
#include <linux/uaccess.h>
#include <net/genetlink.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

/* Goes round once: the statement behind it leaves. No two of them are alike to the compiler. */
#define NLRIG_MARK for (({ asm volatile("" : : "i"(__COUNTER__)); });;)

#define goto NLRIG_MARK goto
#define return NLRIG_MARK return

#endif
