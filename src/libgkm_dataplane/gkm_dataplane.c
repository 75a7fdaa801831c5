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


#include "gkm_dataplane.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <collections/array.h>

#include "bpf/gkm_dp.skel.h"

ENUM(gkm_dp_counter_names, GKM_DP_ENCRYPTED, GKM_DP_TOO_BIG,
	"encrypted",
	"decrypted",
	"no SA",
	"address mismatch",
	"D3P early",
	"D3P late",
	"D3P missing",
	"malformed",
	"spoofed",
	"clear from outside",
	"clear to outside",
	"outside of policy",
	"addresses lost",
	"not segmented",
	"too big",
);

typedef struct private_gkm_dataplane_t private_gkm_dataplane_t;
typedef struct entry_t entry_t;

/**
 * Interface that programs are attached to
 */
struct entry_t {
	int ifindex;
	gkm_dp_place_t place;
	struct gkm_dp_link link;
	gkm_dp_hooks_t *hooks;
};

/**
 * Private data
 */
struct private_gkm_dataplane_t {

	/**
	 * Public interface
	 */
	gkm_dataplane_t public;

	/**
	 * Programs and maps
	 */
	struct gkm_dp *skel;

	/**
	 * Interfaces, as entry_t*
	 */
	array_t *entries;

	/**
	 * Packets that were too big, and who reads them
	 */
	struct ring_buffer *too_big;
	void (*cb)(void *user, struct gkm_dp_too_big *packet);
	void *user;

	/**
	 * Set of rules in use
	 */
	uint64_t set;

	/**
	 * Clock offset that the programs know, 0 for none
	 */
	int64_t clock;
};

/**
 * Set a knob.
 */
static bool set_knob(private_gkm_dataplane_t *this, uint32_t key,
					 uint64_t value)
{
	return !bpf_map_update_elem(bpf_map__fd(this->skel->maps.gkm_knobs), &key,
								&value, BPF_ANY);
}

METHOD(gkm_dataplane_t, set_sa, bool,
	private_gkm_dataplane_t *this, uint32_t spi, struct gkm_dp_sa *sa,
	gkm_error_t *err)
{
	int cpus = libbpf_num_possible_cpus(), counters;
	struct gkm_dp_counters *zeros;
	bool ok;

	if (!spi)
	{
		return gkm_fail(err, "0 is no SPI");
	}
	if (sa->d3p_type && (sa->d3p_type != GKM_DP_D3P_POSIX_TIME || !sa->window))
	{
		return gkm_fail(err, "SA %08x: D3P type %u with a window of %u ms",
						spi, sa->d3p_type, sa->window);
	}
	/* counters are there before the first packet that can be counted */
	counters = bpf_map__fd(this->skel->maps.gkm_counters);
	zeros = calloc(cpus, sizeof(*zeros));
	ok = !bpf_map_update_elem(counters, &spi, zeros, BPF_NOEXIST) ||
		 errno == EEXIST;
	free(zeros);
	if (!ok || bpf_map_update_elem(bpf_map__fd(this->skel->maps.gkm_sas), &spi,
								   sa, BPF_ANY))
	{
		return gkm_fail(err, "SA %08x: %s", spi, strerror(errno));
	}
	return TRUE;
}

METHOD(gkm_dataplane_t, del_sa, void,
	private_gkm_dataplane_t *this, uint32_t spi)
{
	bpf_map_delete_elem(bpf_map__fd(this->skel->maps.gkm_sas), &spi);
	if (spi)
	{
		bpf_map_delete_elem(bpf_map__fd(this->skel->maps.gkm_counters), &spi);
	}
}

METHOD(gkm_dataplane_t, set_rules, bool,
	private_gkm_dataplane_t *this, gkm_dp_rule_t *rules, u_int count,
	gkm_error_t *err)
{
	uint64_t set = this->set ^ GKM_DP_SPACE_SET;

	if (!gkm_dp_rules_write(bpf_map__fd(this->skel->maps.gkm_prefixes),
							bpf_map__fd(this->skel->maps.gkm_rules), set,
							rules, count, err))
	{
		return FALSE;
	}
	if (!set_knob(this, GKM_DP_KNOB_SET, set))
	{
		return gkm_fail(err, "changing to new rules failed: %s",
						strerror(errno));
	}
	this->set = set;
	return TRUE;
}

/**
 * Find an interface.
 */
static entry_t *find_entry(private_gkm_dataplane_t *this, int ifindex)
{
	entry_t *entry;
	int i;

	for (i = 0; i < array_count(this->entries); i++)
	{
		array_get(this->entries, i, &entry);
		if (entry->ifindex == ifindex)
		{
			return entry;
		}
	}
	return NULL;
}

/**
 * Create hooks for an interface.
 */
static gkm_dp_hooks_t *create_hooks(private_gkm_dataplane_t *this, int ifindex,
									gkm_dp_place_t place)
{
	struct gkm_dp *skel = this->skel;
	int in = -1, out = -1;

	switch (place)
	{
		case GKM_DP_WAN:
			in = bpf_program__fd(skel->progs.gkm_wan_in);
			out = bpf_program__fd(skel->progs.gkm_wan_out);
			break;
		case GKM_DP_INNER:
			in = bpf_program__fd(skel->progs.gkm_inner_in);
			out = bpf_program__fd(skel->progs.gkm_inner_out);
			break;
		case GKM_DP_FRONT:
			in = bpf_program__fd(skel->progs.gkm_front_in);
			break;
	}
	return gkm_dp_hooks_create(ifindex, in, out);
}

METHOD(gkm_dataplane_t, detach, void,
	private_gkm_dataplane_t *this, int ifindex)
{
	entry_t *entry;
	int i;

	for (i = 0; i < array_count(this->entries); i++)
	{
		array_get(this->entries, i, &entry);
		if (entry->ifindex == ifindex)
		{
			array_remove(this->entries, i, NULL);
			entry->hooks->destroy(entry->hooks);
			bpf_map_delete_elem(bpf_map__fd(this->skel->maps.gkm_links),
								&ifindex);
			free(entry);
			break;
		}
	}
}

/**
 * Tell the programs about an interface, with what can be found out of it now.
 */
static bool write_link(private_gkm_dataplane_t *this, int ifindex,
					   struct gkm_dp_link *link, gkm_error_t *err)
{
	if (!gkm_dp_hooks_link(ifindex, link, err))
	{
		return FALSE;
	}
	if (bpf_map_update_elem(bpf_map__fd(this->skel->maps.gkm_links), &ifindex,
							link, BPF_ANY))
	{
		return gkm_fail(err, "interface %d: %s", ifindex, strerror(errno));
	}
	return TRUE;
}

METHOD(gkm_dataplane_t, attach, bool,
	private_gkm_dataplane_t *this, int ifindex, gkm_dp_place_t place,
	struct gkm_dp_link *link, gkm_error_t *err)
{
	struct gkm_dp_link value = *link;
	entry_t *entry;

	entry = find_entry(this, ifindex);
	if (entry && entry->place != place)
	{
		return gkm_fail(err, "interface %d is used for something else", ifindex);
	}
	if (!write_link(this, ifindex, &value, err))
	{
		return FALSE;
	}
	if (entry)
	{
		entry->link = value;
		return entry->hooks->attach(entry->hooks, err);
	}
	INIT(entry,
		.ifindex = ifindex,
		.place = place,
		.link = value,
		.hooks = create_hooks(this, ifindex, place),
	);
	array_insert(this->entries, ARRAY_TAIL, entry);
	if (!entry->hooks->attach(entry->hooks, err))
	{
		_detach(this, ifindex);
		return FALSE;
	}
	return TRUE;
}

METHOD(gkm_dataplane_t, repair, int,
	private_gkm_dataplane_t *this, gkm_error_t *err)
{
	int i, repaired = 0;
	bool failed = FALSE;
	entry_t *entry;

	for (i = 0; i < array_count(this->entries); i++)
	{
		array_get(this->entries, i, &entry);
		write_link(this, entry->ifindex, &entry->link, NULL);
		if (!entry->hooks->intact(entry->hooks))
		{
			repaired++;
			if (!entry->hooks->attach(entry->hooks, err))
			{
				failed = TRUE;
			}
		}
	}
	return failed ? -1 : repaired;
}

/**
 * Nanoseconds of a clock
 */
static int64_t get_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

METHOD(gkm_dataplane_t, sync_clock, int64_t,
	private_gkm_dataplane_t *this)
{
	int64_t before, real, span, best = INT64_MAX, old = this->clock;
	int i;

	/* the quickest of a few readings, as any may have been interrupted */
	for (i = 0; i < 5; i++)
	{
		before = get_ns(CLOCK_MONOTONIC);
		real = get_ns(CLOCK_REALTIME);
		span = get_ns(CLOCK_MONOTONIC) - before;
		if (span < best)
		{
			best = span;
			this->clock = real - before - span / 2;
		}
	}
	if (!set_knob(this, GKM_DP_KNOB_CLOCK, this->clock))
	{
		DBG1(DBG_KNL, "setting the clock of the data plane failed: %s",
			 strerror(errno));
	}
	return old ? (this->clock - old) / 1000000 : 0;
}

METHOD(gkm_dataplane_t, get_counters, bool,
	private_gkm_dataplane_t *this, uint32_t spi,
	struct gkm_dp_counters *counters)
{
	int cpus = libbpf_num_possible_cpus(), i, j;
	struct gkm_dp_counters *each;
	bool found;

	memset(counters, 0, sizeof(*counters));
	each = calloc(cpus, sizeof(*each));
	found = !bpf_map_lookup_elem(bpf_map__fd(this->skel->maps.gkm_counters),
								 &spi, each);
	for (i = 0; found && i < cpus; i++)
	{
		for (j = 0; j < GKM_DP_COUNTERS; j++)
		{
			counters->n[j] += each[i].n[j];
		}
	}
	free(each);
	return found;
}

/**
 * Sort errors by age
 */
static int compare_errors(const void *a, const void *b)
{
	const struct gkm_dp_error *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

METHOD(gkm_dataplane_t, get_errors, u_int,
	private_gkm_dataplane_t *this, struct gkm_dp_error errors[GKM_DP_ERRORS])
{
	u_int count = 0;
	uint32_t key;

	for (key = 0; key < GKM_DP_ERRORS; key++)
	{
		if (!bpf_map_lookup_elem(bpf_map__fd(this->skel->maps.gkm_errors), &key,
								 &errors[count]) && errors[count].seq)
		{
			count++;
		}
	}
	qsort(errors, count, sizeof(*errors), compare_errors);
	return count;
}

METHOD(gkm_dataplane_t, get_too_big_fd, int,
	private_gkm_dataplane_t *this)
{
	return ring_buffer__epoll_fd(this->too_big);
}

/**
 * Hand over a packet that was too big.
 */
static int hand_over(void *this, void *packet, size_t len)
{
	private_gkm_dataplane_t *private = this;

	private->cb(private->user, packet);
	return 0;
}

METHOD(gkm_dataplane_t, read_too_big, void,
	private_gkm_dataplane_t *this,
	void (*cb)(void *user, struct gkm_dp_too_big *packet), void *user)
{
	this->cb = cb;
	this->user = user;
	ring_buffer__consume(this->too_big);
}

METHOD(gkm_dataplane_t, get_program, int,
	private_gkm_dataplane_t *this, char *name)
{
	struct bpf_program *program;

	program = bpf_object__find_program_by_name(this->skel->obj, name);
	return program ? bpf_program__fd(program) : -1;
}

METHOD(gkm_dataplane_t, destroy, void,
	private_gkm_dataplane_t *this)
{
	entry_t *entry;

	while (array_remove(this->entries, ARRAY_TAIL, &entry))
	{
		entry->hooks->destroy(entry->hooks);
		free(entry);
	}
	array_destroy(this->entries);
	ring_buffer__free(this->too_big);
	gkm_dp__destroy(this->skel);
	free(this);
}

/**
 * What libbpf has to say goes to the log: the verifier's reasons as well.
 */
static int print_libbpf(enum libbpf_print_level level, const char *fmt,
						va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), fmt, args);
	DBG2(DBG_KNL, "%s", line);
	return 0;
}

/**
 * Set a dummy address.
 */
static bool set_dummy(host_t *host, int family,
					  const volatile struct gkm_dp_addr *dummy,
					  gkm_error_t *err)
{
	chunk_t addr;

	if (!host || host->get_family(host) != family || host->is_anyaddr(host))
	{
		return gkm_fail(err, "dummy address %H isn't one of IPv%d", host,
						family == AF_INET ? 4 : 6);
	}
	addr = host->get_address(host);
	memcpy((void*)dummy, addr.ptr, addr.len);
	return TRUE;
}

/**
 * Set all that is constant for the programs.
 */
static bool set_constants(struct gkm_dp *skel, gkm_dataplane_cfg_t *cfg,
						  gkm_error_t *err)
{
	uint32_t shift, bits, flows;

	shift = cfg->mark_mask ? __builtin_ctz(cfg->mark_mask) : 0;
	bits = __builtin_popcount(cfg->mark_mask);
	if (bits < GKM_DATAPLANE_MARK_BITS_MIN ||
		cfg->mark_mask >> shift != (uint32_t)((1ULL << bits) - 1))
	{
		return gkm_fail(err, "mark mask 0x%x isn't at least %d bits without "
						"gaps", cfg->mark_mask, GKM_DATAPLANE_MARK_BITS_MIN);
	}
	if (!set_dummy(cfg->local4, AF_INET, &skel->rodata->local4, err) ||
		!set_dummy(cfg->remote4, AF_INET, &skel->rodata->remote4, err) ||
		!set_dummy(cfg->local6, AF_INET6, &skel->rodata->local6, err) ||
		!set_dummy(cfg->remote6, AF_INET6, &skel->rodata->remote6, err))
	{
		return FALSE;
	}
	if (cfg->local4->ip_equals(cfg->local4, cfg->remote4) ||
		cfg->local6->ip_equals(cfg->local6, cfg->remote6))
	{
		return gkm_fail(err, "dummy addresses are equal");
	}
	flows = min(1U << (bits - 2), GKM_DP_FLOWS);
	skel->rodata->mark_mask = cfg->mark_mask;
	skel->rodata->mark_shift = shift;
	skel->rodata->ticket_bits = bits - 2;
	skel->rodata->flows_max = flows;
	bpf_map__set_max_entries(skel->maps.gkm_flows, flows);
	return TRUE;
}

/**
 * Load the programs.
 */
static bool load(struct gkm_dp *skel, gkm_error_t *err)
{
	int res = gkm_dp__load(skel);

	switch (-res)
	{
		case 0:
			return TRUE;
		case EPERM:
		case EACCES:
			return gkm_fail(err, "loading eBPF programs isn't permitted, it needs "
							"CAP_BPF and CAP_NET_ADMIN: %s", strerror(-res));
		case ENOSYS:
			return gkm_fail(err, "the kernel has no eBPF (CONFIG_BPF_SYSCALL)");
		default:
			return gkm_fail(err, "the kernel doesn't take the eBPF programs, it "
							"must be 5.10 or newer: %s", strerror(-res));
	}
}

/*
 * Described in header
 */
gkm_dataplane_t *gkm_dataplane_create(gkm_dataplane_cfg_t *cfg,
									  gkm_error_t *err)
{
	private_gkm_dataplane_t *this;
	struct gkm_dp_counters *zeros;
	struct gkm_dp *skel;
	uint32_t none = 0;

	libbpf_set_print(print_libbpf);
	skel = gkm_dp__open();
	if (!skel)
	{
		gkm_fail(err, "opening eBPF programs failed: %s", strerror(errno));
		return NULL;
	}
	if (!set_constants(skel, cfg, err) || !load(skel, err))
	{
		gkm_dp__destroy(skel);
		return NULL;
	}
	INIT(this,
		.public = {
			.set_sa = _set_sa,
			.del_sa = _del_sa,
			.set_rules = _set_rules,
			.attach = _attach,
			.detach = _detach,
			.repair = _repair,
			.sync_clock = _sync_clock,
			.get_counters = _get_counters,
			.get_errors = _get_errors,
			.get_too_big_fd = _get_too_big_fd,
			.read_too_big = _read_too_big,
			.get_program = _get_program,
			.destroy = _destroy,
		},
		.skel = skel,
		.entries = array_create(0, 0),
	);
	zeros = calloc(libbpf_num_possible_cpus(), sizeof(*zeros));
	bpf_map_update_elem(bpf_map__fd(skel->maps.gkm_counters), &none, zeros,
						BPF_NOEXIST);
	free(zeros);
	this->too_big = ring_buffer__new(bpf_map__fd(skel->maps.gkm_too_big),
									 hand_over, this, NULL);
	if (!this->too_big)
	{
		gkm_fail(err, "reading packets that were too big: %s", strerror(errno));
		_destroy(this);
		return NULL;
	}
	_sync_clock(this);
	return &this->public;
}
