/*
 * Copyright (C) 2026 the strongswan-gkm authors
 *
 * This program is free software; you can redistribute it and/or modify it
 * under the terms of the GNU General Public License as published by the
 * Free Software Foundation; either version 2 of the License, or (at your
 * option) any later version.  See <http://www.fsf.org/copyleft/gpl.txt>.
 *
 * This program is distributed in the hope that it will be useful, but
 * WITHOUT ANY WARRANTY; without even the implied warranty of MERCHANTABILITY
 * or FITNESS FOR A PARTICULAR PURPOSE.  See the GNU General Public License
 * for more details.
 */


/**
 * What the programs in the kernel and the library that loads them share: maps'
 * keys and values, and the arithmetic of IP-D3P, which unit tests reach from
 * user space too. All numbers are in host byte order unless said otherwise.
 *
 * @defgroup gkm_dp_maps gkm_dp_maps
 * @{ @ingroup libgkm_dataplane
 */

#ifndef GKM_DP_MAPS_H_
#define GKM_DP_MAPS_H_

#include <linux/types.h>

/** Rules at most, and words of a bitmap of them */
#define GKM_DP_RULES 256
#define GKM_DP_RULE_WORDS (GKM_DP_RULES / 64)

/** Errors that are kept, and how many of a minute */
#define GKM_DP_ERRORS 128
#define GKM_DP_ERRORS_PER_MINUTE 10

/** Flows that are remembered at most at a time */
#define GKM_DP_FLOWS 16384

/** SAs and interfaces at most */
#define GKM_DP_SAS 1024
#define GKM_DP_LINKS 256

/** Path MTUs that are remembered at most */
#define GKM_DP_PMTUS 4096

/** IP protocol of IP-D3P, the experimental one of RFC 3692, and its header */
#define GKM_DP_D3P_PROTOCOL 253
#define GKM_DP_D3P_LEN 12

/** Type of D3P header with a POSIX time */
#define GKM_DP_D3P_POSIX_TIME 1

/**
 * What is counted for each SA. What belongs to none is counted for SPI 0,
 * which no SA has (RFC 4303, 2.1).
 */
enum gkm_dp_counter {
	/** sent with preserved addresses */
	GKM_DP_ENCRYPTED,
	/** decrypted and passed on */
	GKM_DP_DECRYPTED,
	/** ESP to protected traffic with an unknown SPI, or one of another group */
	GKM_DP_NO_SA,
	/** outer and inner addresses differ (RFC 5374, 5.2) */
	GKM_DP_ADDRESS,
	/** timestamp beyond the end of the window */
	GKM_DP_D3P_EARLY,
	/** timestamp before its begin: delayed or replayed */
	GKM_DP_D3P_LATE,
	/** SA has D3P, the packet doesn't */
	GKM_DP_D3P_MISSING,
	/** malformed: cut, unknown D3P header, options or extension headers before
	 *  ESP, or too long once encapsulated */
	GKM_DP_MALFORMED,
	/** dummy address on the wire, or inside without a mark that says how it
	 *  came there */
	GKM_DP_SPOOFED,
	/** protected traffic that came in clear */
	GKM_DP_CLEAR_IN,
	/** protected traffic that was about to leave in clear */
	GKM_DP_CLEAR_OUT,
	/** traffic to encrypt that no rule of the group protects */
	GKM_DP_OUTSIDE,
	/** so many packets on the way that the addresses of this one were
	 *  forgotten */
	GKM_DP_LOST,
	/** packet with segments where D3P needs single ones */
	GKM_DP_UNSEGMENTED,
	/** larger than what may be encrypted, and not to be fragmented; its sender
	 *  is told */
	GKM_DP_TOO_BIG,

	GKM_DP_COUNTERS,
};

/**
 * Values of gkm_counters, one for each CPU; key is an SPI.
 */
struct gkm_dp_counters {
	__u64 n[GKM_DP_COUNTERS];
};

/**
 * Address in network byte order, IPv4 in the first word and zeros behind it.
 */
struct gkm_dp_addr {
	__u32 w[4];
};

/**
 * Value of gkm_sas; key is an SPI.
 */
struct gkm_dp_sa {

	/** group it belongs to, a number that the user chooses */
	__u32 group;

	/** type of D3P header that packets have, 0 for none */
	__u32 d3p_type;

	/** window in milliseconds */
	__u32 window;
};

/**
 * Value of gkm_links; key is an interface index.
 */
struct gkm_dp_link {

	/** octets before the IP header */
	__u32 l2;

	/** largest packet */
	__u32 mtu;

	/** group that uses it, if it is an inner interface or a front of one */
	__u32 group;

	/** type of D3P header that is pushed, 0 for none */
	__u32 d3p_type;

	/** front: inner interface behind it */
	__u32 inner;
};

/** What a prefix in gkm_prefixes is for */
#define GKM_DP_SPACE_DST 1
#define GKM_DP_SPACE_V6 2
#define GKM_DP_SPACE_SET 4

/**
 * Key of gkm_prefixes.
 */
struct gkm_dp_prefix {

	/** bits of what follows that count: 32 of the space and the prefix's */
	__u32 len;

	/** GKM_DP_SPACE_*: source or destination, family, set of rules */
	__u32 space;

	struct gkm_dp_addr addr;
};

/**
 * Value of gkm_prefixes: rules that have this prefix or a shorter one which
 * holds it, the first rule in the lowest bit of the first word.
 */
struct gkm_dp_bitmap {
	__u64 w[GKM_DP_RULE_WORDS];
};

/**
 * Value of gkm_rules; key is the number of a rule, plus GKM_DP_RULES in the
 * second set.
 */
struct gkm_dp_rule {

	/** TRUE to protect, FALSE to leave in clear */
	__u32 protect;

	/** group that protects it */
	__u32 group;

	/** interface that what is about to leave in clear is sent to instead: the group's
	 *  inner one, or the near end of its front; 0 to drop it */
	__u32 dev;

	/** what encryption adds to a packet at most */
	__u32 overhead;

	/** largest packet before that, 0 if only the WAN counts */
	__u32 mtu;

	/** TRUE to lower the MSS of TCP connections to what fits */
	__u32 clamp;
};

/** Octets of a packet that was too big that its sender needs to see */
#define GKM_DP_QUOTE 128

/**
 * What gkm_too_big, a ring buffer, tells about a packet that was dropped since
 * it doesn't fit.
 */
struct gkm_dp_too_big {

	/** 4 or 6 */
	__u32 family;

	/** what would fit */
	__u32 mtu;

	/** octets of it that follow, from its IP header on */
	__u32 len;

	__u8 packet[GKM_DP_QUOTE];
};

/** Seconds that a path MTU is remembered (RFC 1191, 6.3) */
#define GKM_DP_PMTU_SECONDS 600

/**
 * Value of gkm_pmtus, which forgets the ones not used for longest; key is a
 * struct gkm_dp_addr, destination of an encrypted packet that a router of the
 * WAN found too big.
 */
struct gkm_dp_pmtu {

	/** what fits, with all that encryption adds */
	__u32 mtu;
	__u32 unused;

	/** CLOCK_MONOTONIC in nanoseconds when it was told */
	__u64 since;
};

/**
 * Keys of gkm_knobs, whose values are single words and so change at once.
 */
enum gkm_dp_knob {
	/** nanoseconds from CLOCK_MONOTONIC to CLOCK_REALTIME */
	GKM_DP_KNOB_CLOCK,
	/** set of rules in use, 0 or GKM_DP_SPACE_SET */
	GKM_DP_KNOB_SET,
	GKM_DP_KNOBS,
};

/**
 * Value of gkm_errors, a ring; one that wasn't written yet has no reason.
 */
struct gkm_dp_error {

	/** counts errors that were kept, from 1 */
	__u64 seq;

	/** microseconds of POSIX time: receiver's, and with only the lower 32 bits
	 *  of the seconds the packet's, 0 if it had none */
	__u64 here;
	__u64 there;

	/** where it says it comes from, 4 or 6 */
	struct gkm_dp_addr src;
	__u32 family;

	__u32 spi;

	/** GKM_DP_D3P_EARLY, _LATE or _MISSING */
	__u32 reason;

	/** window in milliseconds */
	__u32 window;
};

/**
 * D3P header (draft-weis-delay-detection-01, 3), network byte order.
 */
struct gkm_dp_d3p {
	__u8 next;
	__u8 type;
	__u16 len;
	__u32 seconds;
	__u32 micros;
};

/**
 * How old is a timestamp? Seconds are the lower 32 bits of POSIX time and
 * compared as serial numbers (RFC 1982), so that nothing happens when they
 * wrap in 2106.
 *
 * @param now		POSIX time in microseconds
 * @param seconds	timestamp, host byte order
 * @param micros	its microseconds, less than a million
 * @return			microseconds, negative if it is from the future
 */
static inline __s64 gkm_dp_d3p_age(__u64 now, __u32 seconds, __u32 micros)
{
	__s32 diff = (__u32)(now / 1000000) - seconds;

	return (__s64)diff * 1000000 + (__s64)(now % 1000000) - micros;
}

/**
 * Is a timestamp inside of a window, which is centred on the receiver's time
 * and includes its borders?
 *
 * @param age		age in microseconds
 * @param window	length of the window in milliseconds
 * @return			GKM_DP_DECRYPTED, GKM_DP_D3P_EARLY or GKM_DP_D3P_LATE
 */
static inline enum gkm_dp_counter gkm_dp_d3p_check(__s64 age, __u32 window)
{
	__s64 half = (__s64)window * 500;

	if (age > half)
	{
		return GKM_DP_D3P_LATE;
	}
	if (age < -half)
	{
		return GKM_DP_D3P_EARLY;
	}
	return GKM_DP_DECRYPTED;
}

#endif /** GKM_DP_MAPS_H_ @}*/
