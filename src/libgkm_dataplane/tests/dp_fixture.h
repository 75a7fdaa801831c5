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
 * Programs in the kernel, and packets to run them on. Each test is in a network
 * namespace of its own, whose loopback interface stands for any: it is attached
 * as inner interface of GROUP, but any program can be run on it.
 */

#ifndef DP_FIXTURE_H_
#define DP_FIXTURE_H_

#include <check.h>

#include "libgkm_dataplane/gkm_dataplane.h"

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

/** What is set up */
#define GROUP 7
#define SPI 0xc0ffee01
#define MARK_MASK 0x0fffff00
#define LOOPBACK 1

/** Marks of packets with a ticket: their states */
#define MARK_STATE 0x0c000000
#define MARK_OUT 0x04000000
#define MARK_IN 0x08000000
#define MARK_BACK 0x0c000000

/** Bits that are someone else's */
#define MARK_OTHERS 0x50000005

/** Dummy addresses. Octets 12 and 13 of packets between them are what they are
 *  in Ethernet frames, which tests without Ethernet need. */
#define LOCAL4 "8.0.2.1"
#define REMOTE4 "192.0.2.2"
#define LOCAL6 "2001:db8:86dd::1"
#define REMOTE6 "2001:db8::2"

/** Where an IP header begins */
#define L3 ETH_HLEN

typedef struct packet_t packet_t;
typedef struct family_t family_t;

/**
 * A packet and its metadata.
 */
struct packet_t {
	size_t len;
	uint32_t mark;
	uint32_t gso_size;
	/** interface that it is on, the loopback interface if 0 */
	uint32_t ifindex;
	/** so that the IP header is aligned */
	uint8_t pad[2];
	uint8_t data[1600];
};

/**
 * Addresses of an IP version: loops of tests go over both.
 */
struct family_t {
	int ip;
	size_t header;
	/** protocol in D3P's next header */
	uint8_t inside;
	char *local;
	char *remote;
	/** in two sites, protected from each other in both directions */
	char *a;
	char *b;
	/** another one in the second site */
	char *c;
	/** a protected group, and its MAC address */
	char *group;
	uint8_t mac[ETH_ALEN];
	/** not protected */
	char *other;
};

extern family_t families[2];

/** Programs, loaded */
extern gkm_dataplane_t *dp;

/**
 * Load programs with the families' dummy addresses.
 *
 * @param mask		mask for marks
 */
gkm_dataplane_t *create_dataplane(uint32_t mask);

/**
 * Load programs, with rules for the families' sites and groups and SA SPI.
 */
void dp_setup();
void dp_teardown();

/**
 * Set these rules again.
 *
 * @param dev		interface that what they protect is sent to
 */
void set_rules_dev(uint32_t dev);

/**
 * Set D3P of the SA and of the inner interface.
 *
 * @param window	milliseconds, 0 for no D3P
 */
void set_d3p(uint32_t window);

/**
 * Make an IP packet.
 */
packet_t ip_packet(char *src, char *dst, uint8_t protocol, chunk_t payload);

/**
 * Make a packet as hosts send it.
 */
packet_t clear_packet(char *src, char *dst);

/**
 * Make an ESP packet.
 */
packet_t esp_packet(char *src, char *dst, uint32_t spi);

/**
 * Put octets into a packet.
 *
 * @param at		offset from its begin
 */
void insert(packet_t *packet, size_t at, const void *data, size_t len);

/**
 * Write IPv4's checksum, and lengths, anew after a change.
 */
void finish(packet_t *packet);

/**
 * Is IPv4's checksum right?
 */
bool checksum_valid(packet_t *packet);

/**
 * Does a packet go from src to dst?
 */
bool goes(packet_t *packet, char *src, char *dst);

/**
 * Run a program on a packet, which is changed.
 *
 * @return			verdict
 */
int run(char *program, packet_t *packet);

/**
 * How much was counted?
 */
uint64_t counted(uint32_t spi, enum gkm_dp_counter counter);

/**
 * Run a program that has to drop a packet, and count it once and nothing else.
 *
 * @param spi		SPI that it is counted for
 */
void drops(char *program, packet_t packet, uint32_t spi,
		   enum gkm_dp_counter reason);

/**
 * Run a program on a packet that was cut, at each length from none of its IP header
 * on: it has to drop them all.
 *
 * As the kernel's test facility runs nothing on less than an IP header, packets
 * have octets before it that the programs take for the link layer's.
 *
 * @param end		length of the first part that isn't to be dropped
 */
void drops_truncated(char *program, packet_t packet, size_t end, uint32_t spi,
					 enum gkm_dp_counter reason);

/**
 * Get one of the maps that a program uses.
 *
 * @return			file descriptor, to be closed
 */
int get_map(char *program, char *name);

/**
 * Set what limits the size of packets that are protected.
 *
 * @param wan		MTU of the WAN
 * @param overhead	what encryption adds
 * @param mtu		what is configured, 0 for nothing
 * @param clamp		whether the MSS is lowered
 */
void set_sizes(uint32_t wan, uint32_t overhead, uint32_t mtu, bool clamp);

/**
 * Get what programs know of the loopback interface.
 */
struct gkm_dp_link get_link();

/**
 * Have programs believe that the loopback interface has no link layer.
 */
void set_no_link_layer();

/**
 * Run a program that has to leave a packet alone and count nothing.
 */
void ignores(char *program, packet_t packet);

/**
 * Add an Ethernet interface.
 *
 * @return			its index
 */
int add_interface();

/**
 * Have a clear packet sent to where it is encrypted.
 */
packet_t redirected(packet_t clear);

/**
 * Make a packet that XFRM encrypted, with the mark of a clear one. It is sent to
 * a neighbour that isn't one.
 */
packet_t encrypted(family_t *f, char *src, char *dst);

/**
 * Make a fragment of a packet.
 *
 * @param offset	where it begins in the payload, octets
 * @param more		whether it isn't the last one
 */
packet_t fragment(family_t *f, packet_t packet, size_t offset, bool more);

/**
 * Get what identifies fragments of a packet.
 */
uint32_t get_fragment_id(family_t *f, packet_t *packet);

/**
 * Make a packet as it is on the inner interface when it came in a packet with
 * other addresses.
 *
 * @param inner		what was in it
 * @param src		outer addresses
 */
packet_t decrypted(packet_t inner, char *src, char *dst);

#endif /** DP_FIXTURE_H_ */
