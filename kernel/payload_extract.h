/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of key extraction behind the eth_type. */
#ifndef OVSR_PAYLOAD_EXTRACT_H
#define OVSR_PAYLOAD_EXTRACT_H

#include "flow_key.h"

/* Makes the first @len bytes of @skb linear: -EINVAL if there are not so many, or -ENOMEM. */
int ovsr_header_pull(struct sk_buff *skb, unsigned int len);

/*
 * Fills what @key->eth_type promises from the network header on, and sets the transport header. The
 * ip and l4 fields of a header that is not all there are zero. 0; -EINVAL for a bad NSH header; or
 * -ENOMEM.
 */
int ovsr_payload_extract(struct sk_buff *skb, struct ovsr_key *key);

#endif
