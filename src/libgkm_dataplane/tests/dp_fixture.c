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


#include "dp_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <bpf/bpf.h>

family_t families[2] = {
	{
		.ip = 4,
		.header = sizeof(struct iphdr),
		.inside = 4,
		.local = LOCAL4,
		.remote = REMOTE4,
		.a = "10.1.0.10",
		.b = "10.2.0.10",
		.c = "10.2.0.11",
		.group = "239.129.2.3",
		.mac = { 0x01, 0x00, 0x5e, 0x01, 0x02, 0x03 },
		.other = "172.16.1.2",
	},
	{
		.ip = 6,
		.header = sizeof(struct ipv6hdr),
		.inside = 41,
		.local = LOCAL6,
		.remote = REMOTE6,
		.a = "fd00:1::10",
		.b = "fd00:2::10",
		.c = "fd00:2::11",
		.group = "ff3e::8001:203",
		.mac = { 0x33, 0x33, 0x80, 0x01, 0x02, 0x03 },
		.other = "fe80::1",
	},
};

gkm_dataplane_t *dp;

/** Counters of SPI 0 and SPI before a packet */
static struct gkm_dp_counters before[2];

/**
 * All sites with each other, and from them to groups.
 */
static void set_rules(uint32_t dev, uint32_t overhead, uint32_t mtu, bool clamp)
{
	char *prefixes[][2] = {
		{ "10.0.0.0/8", "10.0.0.0/8" },
		{ "10.0.0.0/8", "239.0.0.0/8" },
		{ "fd00::/16", "fd00::/16" },
		{ "fd00::/16", "ff3e::/16" },
	};
	gkm_dp_rule_t rules[countof(prefixes)];
	gkm_error_t err = {};
	int i;

	for (i = 0; i < countof(prefixes); i++)
	{
		rules[i] = (gkm_dp_rule_t){
			.src = traffic_selector_create_from_cidr(prefixes[i][0], 0, 0,
													 0xffff),
			.dst = traffic_selector_create_from_cidr(prefixes[i][1], 0, 0,
													 0xffff),
			.protect = TRUE,
			.group = GROUP,
			.dev = dev,
			.overhead = overhead,
			.mtu = mtu,
			.clamp = clamp,
		};
	}
	ck_assert_msg(dp->set_rules(dp, rules, countof(rules), &err), "%s",
				  err.text);
	for (i = 0; i < countof(rules); i++)
	{
		rules[i].src->destroy(rules[i].src);
		rules[i].dst->destroy(rules[i].dst);
	}
}

void set_rules_dev(uint32_t dev)
{
	set_rules(dev, 0, 0, FALSE);
}

void set_d3p(uint32_t window)
{
	struct gkm_dp_sa sa = {
		.group = GROUP,
		.d3p_type = window ? GKM_DP_D3P_POSIX_TIME : 0,
		.window = window,
	};
	struct gkm_dp_link link = {
		.group = GROUP,
		.d3p_type = sa.d3p_type,
		.inner = LOOPBACK,
	};
	gkm_error_t err = {};

	ck_assert_msg(dp->set_sa(dp, SPI, &sa, &err), "%s", err.text);
	ck_assert_msg(dp->attach(dp, LOOPBACK, GKM_DP_INNER, &link, &err), "%s",
				  err.text);
}

gkm_dataplane_t *create_dataplane(uint32_t mask)
{
	gkm_dataplane_cfg_t cfg = {
		.mark_mask = mask,
		.local4 = host_create_from_string(LOCAL4, 0),
		.remote4 = host_create_from_string(REMOTE4, 0),
		.local6 = host_create_from_string(LOCAL6, 0),
		.remote6 = host_create_from_string(REMOTE6, 0),
	};
	gkm_error_t err = {};
	gkm_dataplane_t *created;

	created = gkm_dataplane_create(&cfg, &err);
	ck_assert_msg(created, "%s", err.text);
	cfg.local4->destroy(cfg.local4);
	cfg.remote4->destroy(cfg.remote4);
	cfg.local6->destroy(cfg.local6);
	cfg.remote6->destroy(cfg.remote6);
	return created;
}

void dp_setup()
{
	ck_assert_msg(!unshare(CLONE_NEWNET), "unshare: %s", strerror(errno));
	dp = create_dataplane(MARK_MASK);
	set_rules_dev(LOOPBACK);
	set_d3p(0);
}

void dp_teardown()
{
	dp->destroy(dp);
}

/**
 * Fold a sum of 16 bit words of a header.
 */
static uint16_t sum(uint8_t *data, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i += 2)
	{
		sum += data[i] << 8 | data[i + 1];
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static bool is_v6(packet_t *packet)
{
	return packet->data[L3 - 2] == 0x86;
}

void finish(packet_t *packet)
{
	struct iphdr *v4 = (struct iphdr*)(packet->data + L3);
	struct ipv6hdr *v6 = (struct ipv6hdr*)v4;

	if (is_v6(packet))
	{
		v6->payload_len = htons(packet->len - L3 - sizeof(*v6));
	}
	else
	{
		v4->tot_len = htons(packet->len - L3);
		v4->check = 0;
		v4->check = htons(~sum((uint8_t*)v4, v4->ihl * 4));
	}
}

bool checksum_valid(packet_t *packet)
{
	struct iphdr *v4 = (struct iphdr*)(packet->data + L3);

	return is_v6(packet) || sum((uint8_t*)v4, v4->ihl * 4) == 0xffff;
}

packet_t ip_packet(char *src, char *dst, uint8_t protocol, chunk_t payload)
{
	packet_t packet = { .mark = MARK_OTHERS };
	struct iphdr *v4 = (struct iphdr*)(packet.data + L3);
	struct ipv6hdr *v6 = (struct ipv6hdr*)v4;

	/* to the loopback interface's own address */
	memset(packet.data + ETH_ALEN, 0x02, ETH_ALEN);
	if (strchr(src, ':'))
	{
		htoun16(packet.data + L3 - 2, ETH_P_IPV6);
		v6->version = 6;
		v6->nexthdr = protocol;
		v6->hop_limit = 64;
		ck_assert_int_eq(inet_pton(AF_INET6, src, &v6->saddr), 1);
		ck_assert_int_eq(inet_pton(AF_INET6, dst, &v6->daddr), 1);
		packet.len = L3 + sizeof(*v6);
	}
	else
	{
		htoun16(packet.data + L3 - 2, ETH_P_IP);
		v4->version = 4;
		v4->ihl = sizeof(*v4) / 4;
		v4->tos = 0xb8;
		v4->id = htons(0x1234);
		v4->protocol = protocol;
		v4->ttl = 64;
		ck_assert_int_eq(inet_pton(AF_INET, src, &v4->saddr), 1);
		ck_assert_int_eq(inet_pton(AF_INET, dst, &v4->daddr), 1);
		packet.len = L3 + sizeof(*v4);
	}
	insert(&packet, packet.len, payload.ptr, payload.len);
	finish(&packet);
	return packet;
}

packet_t clear_packet(char *src, char *dst)
{
	return ip_packet(src, dst, IPPROTO_UDP,
					 chunk_from_chars(0x10, 0x00, 0x20, 0x00, 0x00, 0x0c, 0x00,
									  0x00, 'd', 'a', 't', 'a'));
}

packet_t esp_packet(char *src, char *dst, uint32_t spi)
{
	uint8_t esp[64] = {};

	htoun32(esp, spi);
	htoun32(esp + 4, 1);
	return ip_packet(src, dst, IPPROTO_ESP, chunk_from_thing(esp));
}

void insert(packet_t *packet, size_t at, const void *data, size_t len)
{
	ck_assert_uint_le(packet->len + len, sizeof(packet->data));
	memmove(packet->data + at + len, packet->data + at, packet->len - at);
	memcpy(packet->data + at, data, len);
	packet->len += len;
}

bool goes(packet_t *packet, char *src, char *dst)
{
	uint8_t *addrs = packet->data + L3 + (is_v6(packet) ? 8 : 12);
	size_t len = is_v6(packet) ? 16 : 4;
	uint8_t addr[16];
	int family = is_v6(packet) ? AF_INET6 : AF_INET;

	return inet_pton(family, src, addr) == 1 && memeq(addrs, addr, len) &&
		   inet_pton(family, dst, addr) == 1 && memeq(addrs + len, addr, len);
}

int run(char *program, packet_t *packet)
{
	struct __sk_buff ctx = {
		.mark = packet->mark,
		.gso_size = packet->gso_size,
		.ifindex = packet->ifindex,
	};
	uint8_t out[sizeof(packet->data) + 256];
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		.ctx_in = &ctx,
		.ctx_size_in = sizeof(ctx),
		.ctx_out = &ctx,
		.ctx_size_out = sizeof(ctx),
		.data_in = packet->data,
		.data_size_in = packet->len,
		.data_out = out,
		.data_size_out = sizeof(out),
	);
	int fd = dp->get_program(dp, program);

	ck_assert_msg(fd >= 0, "no program %s", program);
	ck_assert_msg(!bpf_prog_test_run_opts(fd, &opts), "%s, %zu octets: %s",
				  program, packet->len, strerror(errno));
	ck_assert_uint_le(opts.data_size_out, sizeof(packet->data));
	memcpy(packet->data, out, opts.data_size_out);
	packet->len = opts.data_size_out;
	packet->mark = ctx.mark;
	return opts.retval;
}

uint64_t counted(uint32_t spi, enum gkm_dp_counter counter)
{
	struct gkm_dp_counters counters;

	ck_assert(dp->get_counters(dp, spi, &counters));
	return counters.n[counter];
}

static void note_counters()
{
	dp->get_counters(dp, 0, &before[0]);
	dp->get_counters(dp, SPI, &before[1]);
}

/**
 * Has nothing changed except for one counter?
 */
static bool only(uint32_t spi, int counter)
{
	struct gkm_dp_counters now[2];
	int i, j, expected;

	dp->get_counters(dp, 0, &now[0]);
	dp->get_counters(dp, SPI, &now[1]);
	for (i = 0; i < 2; i++)
	{
		for (j = 0; j < GKM_DP_COUNTERS; j++)
		{
			expected = j == counter && spi == (i ? SPI : 0);
			if (now[i].n[j] != before[i].n[j] + expected)
			{
				return FALSE;
			}
		}
	}
	return TRUE;
}

void drops(char *program, packet_t packet, uint32_t spi,
		   enum gkm_dp_counter reason)
{
	size_t len = packet.len;
	int verdict;

	note_counters();
	verdict = run(program, &packet);
	ck_assert_msg(verdict == TC_ACT_SHOT, "%s: verdict %d for %zu octets, "
				  "expected to drop them", program, verdict, len);
	ck_assert_msg(only(spi, reason), "%s: expected one more %s for SPI %x, and "
				  "nothing else, %zu octets", program,
				  enum_to_name(gkm_dp_counter_names, reason), spi, len);
}

int get_map(char *program, char *name)
{
	struct bpf_prog_info info = {};
	struct bpf_map_info map;
	uint32_t len = sizeof(info), ids[16];
	int i, fd;

	info.nr_map_ids = countof(ids);
	info.map_ids = (uintptr_t)ids;
	ck_assert_int_eq(bpf_obj_get_info_by_fd(dp->get_program(dp, program), &info,
											&len), 0);
	for (i = 0; i < info.nr_map_ids; i++)
	{
		fd = bpf_map_get_fd_by_id(ids[i]);
		memset(&map, 0, sizeof(map));
		len = sizeof(map);
		ck_assert_int_eq(bpf_obj_get_info_by_fd(fd, &map, &len), 0);
		if (streq(map.name, name))
		{
			return fd;
		}
		close(fd);
	}
	ck_abort_msg("%s has no map %s", program, name);
	return -1;
}

void set_sizes(uint32_t wan, uint32_t overhead, uint32_t mtu, bool clamp)
{
	int key = LOOPBACK, fd = get_map("gkm_wan_out", "gkm_links");
	struct gkm_dp_link link;

	ck_assert_int_eq(bpf_map_lookup_elem(fd, &key, &link), 0);
	link.mtu = wan;
	ck_assert_int_eq(bpf_map_update_elem(fd, &key, &link, BPF_ANY), 0);
	close(fd);
	set_rules(LOOPBACK, overhead, mtu, clamp);
}

struct gkm_dp_link get_link()
{
	int key = LOOPBACK, fd = get_map("gkm_inner_in", "gkm_links");
	struct gkm_dp_link link;

	ck_assert_int_eq(bpf_map_lookup_elem(fd, &key, &link), 0);
	close(fd);
	return link;
}

void set_no_link_layer()
{
	int key = LOOPBACK, fd = get_map("gkm_inner_in", "gkm_links");
	struct gkm_dp_link link = get_link();

	link.l2 = 0;
	ck_assert_int_eq(bpf_map_update_elem(fd, &key, &link, BPF_ANY), 0);
	close(fd);
}

void drops_truncated(char *program, packet_t packet, size_t end, uint32_t spi,
					 enum gkm_dp_counter reason)
{
	uint8_t padding[sizeof(struct ipv6hdr)] = {};
	int key = LOOPBACK, fd = get_map(program, "gkm_links");
	struct gkm_dp_link link, shifted;

	ck_assert_int_eq(bpf_map_lookup_elem(fd, &key, &link), 0);
	shifted = link;
	shifted.l2 += sizeof(padding);
	ck_assert_int_eq(bpf_map_update_elem(fd, &key, &shifted, BPF_ANY), 0);
	insert(&packet, L3, padding, sizeof(padding));
	for (packet.len = L3; packet.len < end; packet.len++)
	{
		packet.len += sizeof(padding);
		drops(program, packet, spi, reason);
		packet.len -= sizeof(padding);
	}
	ck_assert_int_eq(bpf_map_update_elem(fd, &key, &link, BPF_ANY), 0);
	close(fd);
}

void ignores(char *program, packet_t packet)
{
	packet_t was = packet;
	int verdict;

	note_counters();
	verdict = run(program, &packet);
	ck_assert_msg(verdict == TC_ACT_UNSPEC, "%s: verdict %d, expected to leave "
				  "it alone", program, verdict);
	ck_assert_msg(packet.len == was.len && packet.mark == was.mark &&
				  memeq(packet.data, was.data, was.len),
				  "%s: changed what it should have left alone", program);
	ck_assert_msg(only(0, -1), "%s: counted what it should have left alone",
				  program);
}

int add_interface()
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd;

	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	ck_assert_msg(fd >= 0 && !ioctl(fd, TUNSETIFF, &ifr) &&
				  !ioctl(fd, TUNSETPERSIST, 1), "tun: %s", strerror(errno));
	close(fd);
	return if_nametoindex(ifr.ifr_name);
}

packet_t redirected(packet_t clear)
{
	ck_assert_int_eq(run("gkm_wan_out", &clear), TC_ACT_REDIRECT);
	ck_assert_uint_eq(clear.mark & MARK_STATE, MARK_OUT);
	return clear;
}

packet_t encrypted(family_t *f, char *src, char *dst)
{
	packet_t packet = esp_packet(f->local, f->remote, SPI);

	packet.mark = redirected(clear_packet(src, dst)).mark;
	memset(packet.data, 0x5e, ETH_ALEN);
	return packet;
}

packet_t fragment(family_t *f, packet_t packet, size_t offset, bool more)
{
	uint8_t header[8] = { packet.data[L3 + 6], 0, offset >> 8, offset | more,
						  0, 0, 0x12, 0x34 };
	struct iphdr *v4 = (struct iphdr*)(packet.data + L3);

	if (f->ip == 4)
	{
		v4->frag_off = htons(offset / 8 | (more ? 0x2000 : 0));
	}
	else
	{
		packet.data[L3 + 6] = IPPROTO_FRAGMENT;
		insert(&packet, L3 + f->header, header, sizeof(header));
	}
	finish(&packet);
	return packet;
}

uint32_t get_fragment_id(family_t *f, packet_t *packet)
{
	return f->ip == 4 ? untoh16(packet->data + L3 + 4)
					  : untoh32(packet->data + L3 + f->header + 4);
}

packet_t decrypted(packet_t inner, char *src, char *dst)
{
	packet_t outer = esp_packet(src, dst, SPI);

	ck_assert_int_eq(run("gkm_wan_in", &outer), TC_ACT_UNSPEC);
	ck_assert_uint_eq(outer.mark & MARK_STATE, MARK_IN);
	inner.mark = outer.mark;
	return inner;
}
