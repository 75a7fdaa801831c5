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
 * Nanoseconds that each eBPF program of the data plane takes for a packet, on
 * the running kernel, with few and with many rules. Part of the script
 * dataplane. Takes the number of runs, by default 20001.
 *
 * Programs change packets, so that each run begins with a fresh one: it is
 * measured with what a packet finds in caches after a system call. What a
 * program takes that does nothing is taken off.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <library.h>

#include "libgkm_dataplane/gkm_dataplane.h"

/** Runs of a program, of which the median counts, unless told otherwise, and at
 *  most */
#define RUNS 20001

/** Exit status if the kernel doesn't let us */
#define EXIT_SKIPPED 77

/** Octets behind the IP header: UDP with 64, or ESP with as many */
#define PAYLOAD 72

/** Interface that all programs are run on, of a network namespace */
#define LOOPBACK 1

#define GROUP 1
#define MARK_MASK 0x0fffff00

/** Addresses in two sites, and in none */
#define SITE_A "10.250.1.10"
#define SITE_B "10.250.2.10"
#define OTHER "172.16.0.1"

/** Dummy addresses */
#define LOCAL "192.0.2.1"
#define REMOTE "192.0.2.2"

/** SPIs of SAs without and with D3P */
#define SPI 0x1000
#define SPI_D3P 0x2000

typedef struct packet_t packet_t;
typedef struct case_t case_t;

/**
 * A packet, and the mark that it has.
 */
struct packet_t {
	size_t len;
	uint32_t mark;
	/** so that the IP header is aligned */
	uint8_t pad[2];
	uint8_t data[ETH_HLEN + sizeof(struct iphdr) + PAYLOAD + 64];
};

/**
 * A program and a packet that it sees.
 */
struct case_t {
	char *program;
	char *title;
	packet_t packet;
	/** what the packet has come through before, and has its mark from */
	case_t *before;
	/** what is to be done with it then */
	int verdict;
	/** is the interface one of a group with D3P? */
	bool d3p;
};

static gkm_dataplane_t *dp;

static u_int runs = RUNS;

/** Time that each run took */
static uint32_t ns[RUNS];

/**
 * End if something failed
 */
static void check(bool success, char *what, gkm_error_t *err)
{
	if (!success)
	{
		fprintf(stderr, "%s failed: %s\n", what,
				err ? err->text : strerror(errno));
		exit(EXIT_FAILURE);
	}
}

/**
 * Make a packet
 */
static packet_t make_packet(char *src, char *dst, uint8_t protocol)
{
	packet_t packet = {
		.len = ETH_HLEN + sizeof(struct iphdr) + PAYLOAD,
	};
	struct iphdr *ip = (struct iphdr*)(packet.data + ETH_HLEN);
	uint32_t sum = 0;
	int i;

	/* to the loopback interface's own address */
	htoun16(packet.data + ETH_HLEN - 2, ETH_P_IP);
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->ttl = 64;
	ip->protocol = protocol;
	ip->tot_len = htons(packet.len - ETH_HLEN);
	inet_pton(AF_INET, src, &ip->saddr);
	inet_pton(AF_INET, dst, &ip->daddr);
	for (i = 0; i < sizeof(*ip) / 2; i++)
	{
		sum += ((uint16_t*)ip)[i];
	}
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = ~((sum & 0xffff) + (sum >> 16));
	return packet;
}

/**
 * Make an ESP packet
 */
static packet_t make_esp(char *src, char *dst, uint32_t spi)
{
	packet_t packet = make_packet(src, dst, IPPROTO_ESP);

	htoun32(packet.data + ETH_HLEN + sizeof(struct iphdr), spi);
	return packet;
}

/**
 * Run a program once
 *
 * @param packet	receives what it is then
 * @param verdict	receives what is to be done with it
 * @return			nanoseconds
 */
static uint32_t run_once(int program, packet_t *packet, int *verdict)
{
	struct __sk_buff ctx = {
		.mark = packet->mark,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		.ctx_in = &ctx,
		.ctx_size_in = sizeof(ctx),
		.ctx_out = &ctx,
		.ctx_size_out = sizeof(ctx),
		.data_in = packet->data,
		.data_size_in = packet->len,
		.data_out = packet->data,
		.data_size_out = sizeof(packet->data),
	);

	check(!bpf_prog_test_run_opts(program, &opts), "running a program", NULL);
	packet->len = opts.data_size_out;
	packet->mark = ctx.mark;
	*verdict = opts.retval;
	return opts.duration;
}

static int compare(const void *a, const void *b)
{
	return *(uint32_t*)a - *(uint32_t*)b;
}

/**
 * Run the program of a case, after what comes before
 */
static uint32_t run(case_t *this, packet_t *packet)
{
	int verdict, program;
	uint32_t ns;

	if (this->before)
	{
		run(this->before, packet);
		this->packet.mark = packet->mark;
	}
	*packet = this->packet;
	program = dp->get_program(dp, this->program);
	ns = run_once(program, packet, &verdict);
	if (verdict != this->verdict)
	{
		fprintf(stderr, "%s, %s: verdict %d\n", this->program, this->title,
				verdict);
		exit(EXIT_FAILURE);
	}
	return ns;
}

/**
 * Get the median of all runs
 */
static uint32_t get_median()
{
	qsort(ns, runs, sizeof(*ns), compare);
	return ns[runs / 2];
}

/**
 * Measure a case
 *
 * @return			nanoseconds
 */
static uint32_t measure(case_t *this)
{
	packet_t packet;
	u_int i;

	for (i = 0; i < runs; i++)
	{
		ns[i] = run(this, &packet);
	}
	return get_median();
}

/**
 * Measure a program that does nothing
 */
static uint32_t measure_nothing()
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = TC_ACT_UNSPEC },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	packet_t packet = make_packet(SITE_A, SITE_B, IPPROTO_UDP), copy;
	int program, verdict;
	u_int i;

	program = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "nothing", "GPL", insns,
							countof(insns), NULL);
	check(program >= 0, "loading a program", NULL);
	for (i = 0; i < runs; i++)
	{
		copy = packet;
		ns[i] = run_once(program, &copy, &verdict);
	}
	close(program);
	return get_median();
}

/**
 * Make the data plane's only rules: some about other addresses, and last one
 * for the sites
 */
static void set_rules(u_int count)
{
	gkm_dp_rule_t rules[GKM_DP_RULES];
	gkm_error_t err = {};
	char prefix[32];
	u_int i;

	for (i = 0; i < count; i++)
	{
		snprintf(prefix, sizeof(prefix), "10.%u.0.0/16", i);
		rules[i] = (gkm_dp_rule_t){
			.src = traffic_selector_create_from_cidr(
						i == count - 1 ? "10.0.0.0/8" : prefix, 0, 0, 0xffff),
			.dst = traffic_selector_create_from_cidr("10.0.0.0/8", 0, 0, 0xffff),
			.protect = TRUE,
			.group = GROUP,
			.dev = LOOPBACK,
		};
	}
	check(dp->set_rules(dp, rules, count, &err), "setting rules", &err);
	for (i = 0; i < count; i++)
	{
		rules[i].src->destroy(rules[i].src);
		rules[i].dst->destroy(rules[i].dst);
	}
}

/**
 * Say what the interface is
 */
static void set_link(bool d3p)
{
	struct gkm_dp_link link = {
		.group = GROUP,
		.d3p_type = d3p ? GKM_DP_D3P_POSIX_TIME : 0,
		.inner = LOOPBACK,
	};
	gkm_error_t err = {};

	check(dp->attach(dp, LOOPBACK, GKM_DP_INNER, &link, &err), "attaching",
		  &err);
}

/**
 * Load the programs, for a group with an SA with and one without D3P
 */
static void load()
{
	gkm_dataplane_cfg_t cfg = {
		.mark_mask = MARK_MASK,
		.local4 = host_create_from_string(LOCAL, 0),
		.remote4 = host_create_from_string(REMOTE, 0),
		.local6 = host_create_from_string("2001:db8::1", 0),
		.remote6 = host_create_from_string("2001:db8::2", 0),
	};
	struct gkm_dp_sa sa = {
		.group = GROUP,
	};
	gkm_error_t err = {};

	dp = gkm_dataplane_create(&cfg, &err);
	check(dp, "loading the programs", &err);
	cfg.local4->destroy(cfg.local4);
	cfg.remote4->destroy(cfg.remote4);
	cfg.local6->destroy(cfg.local6);
	cfg.remote6->destroy(cfg.remote6);
	check(dp->set_sa(dp, SPI, &sa, &err), "adding an SA", &err);
	sa.d3p_type = GKM_DP_D3P_POSIX_TIME;
	sa.window = 3600 * 1000;
	check(dp->set_sa(dp, SPI_D3P, &sa, &err), "adding an SA", &err);
	dp->sync_clock(dp);
}

/**
 * Measure all cases, print a line for each
 */
static void measure_all(case_t *cases, u_int count, uint32_t nothing)
{
	static u_int rules[] = { 1, 16, GKM_DP_RULES };
	u_int i, j;

	printf("%-14s %-26s", "program", "packet");
	for (j = 0; j < countof(rules); j++)
	{
		printf(" %6u rule%s", rules[j], rules[j] == 1 ? " " : "s");
	}
	printf("\n");
	for (i = 0; i < count; i++)
	{
		printf("%-14s %-26s", cases[i].program, cases[i].title);
		set_link(cases[i].d3p);
		for (j = 0; j < countof(rules); j++)
		{
			set_rules(rules[j]);
			printf(" %12d", (int)measure(&cases[i]) - (int)nothing);
			fflush(stdout);
		}
		printf("\n");
	}
}

/**
 * Make all cases, of a packet from one site to the other
 */
static void measure_programs()
{
	packet_t clear = make_packet(SITE_A, SITE_B, IPPROTO_UDP);
	packet_t other = make_packet(OTHER, SITE_B, IPPROTO_UDP), pushed;
	case_t out = {
		"gkm_wan_out", "clear, to be encrypted", clear, NULL, TC_ACT_REDIRECT,
	}, front = {
		"gkm_front_in", "clear, D3P", clear, &out, TC_ACT_REDIRECT, TRUE,
	}, in = {
		"gkm_wan_in", "encrypted", make_esp(SITE_A, SITE_B, SPI), NULL,
		TC_ACT_UNSPEC,
	}, in_d3p = {
		"gkm_wan_in", "encrypted, D3P", make_esp(SITE_A, SITE_B, SPI_D3P),
		NULL, TC_ACT_UNSPEC,
	}, decrypted = {
		"gkm_inner_in", "decrypted", clear, &in, TC_ACT_REDIRECT,
	};
	uint32_t nothing = measure_nothing();

	printf("nanoseconds for a packet of UDP with 64 octets, median of %u runs, "
		   "without the %u of\na program that does nothing:\n", runs, nothing);
	/* what the front makes of it comes in like that at the other end */
	set_rules(1);
	set_link(TRUE);
	run(&front, &pushed);
	case_t cases[] = {
		{ "gkm_wan_out", "not protected", other, NULL, TC_ACT_UNSPEC },
		out,
		{ "gkm_inner_out", "clear", clear, &out, TC_ACT_UNSPEC },
		{ "gkm_wan_out", "encrypted", make_esp(LOCAL, REMOTE, SPI), &out,
			TC_ACT_UNSPEC },
		{ "gkm_wan_in", "not protected", other, NULL, TC_ACT_UNSPEC },
		in,
		decrypted,
		{ "gkm_wan_in", "decrypted", clear, &decrypted, TC_ACT_UNSPEC },
		front,
		{ "gkm_inner_out", "clear, D3P", pushed, &front, TC_ACT_UNSPEC, TRUE },
		{ "gkm_inner_in", "decrypted, D3P", pushed, &in_d3p, TC_ACT_REDIRECT,
			TRUE },
	};
	measure_all(cases, countof(cases), nothing);
}

static int print_nothing(enum libbpf_print_level level, const char *fmt,
						 va_list args)
{
	return 0;
}

int main(int argc, char *argv[])
{
	struct utsname kernel;

	if (argc > 1)
	{
		runs = max(1, min(RUNS, atoi(argv[1])));
	}
	uname(&kernel);
	libbpf_set_print(print_nothing);
	if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SCHED_CLS, NULL) <= 0)
	{
		fprintf(stderr, "kernel %s doesn't let this user load eBPF programs for "
				"tc\n", kernel.release);
		return EXIT_SKIPPED;
	}
	library_init("", "bench");
	dbg_default_set_level(0);
	check(!unshare(CLONE_NEWNET), "unshare", NULL);
	printf("kernel %s: ", kernel.release);
	load();
	measure_programs();
	dp->destroy(dp);
	library_deinit();
	return EXIT_SUCCESS;
}
