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


#include "gkm_plane_list.h"

#include <netinet/in.h>

/**
 * Describe what was counted, with zeros left out from some counter on.
 */
static void list_counters(struct gkm_dp_counters *counters,
						  enum gkm_dp_counter from, vici_builder_t *builder)
{
	char name[32], *pos;
	int i;

	for (i = 0; i < GKM_DP_COUNTERS; i++)
	{
		if (counters->n[i] || i < from)
		{
			snprintf(name, sizeof(name), "%N", gkm_dp_counter_names, i);
			/* keys are words */
			for (pos = name; (pos = strchr(pos, ' ')); )
			{
				*pos = '-';
			}
			builder->add_kv(builder, name, "%llu", counters->n[i]);
		}
	}
}

/*
 * Described in header
 */
void gkm_plane_list_counters(struct gkm_dp_counters *counters,
							 vici_builder_t *builder)
{
	list_counters(counters, GKM_DP_DECRYPTED + 1, builder);
}

/**
 * What becomes of traffic that a rule is about
 */
static char *action_name(gkm_dp_rule_t *rule)
{
	if (!rule->protect)
	{
		return "clear";
	}
	return rule->dev ? "encrypt" : "drop";
}

/**
 * List rules of a group, and of all.
 */
static void list_rules(gkm_plane_core_t *core, uint32_t number,
					   vici_builder_t *builder)
{
	enumerator_t *enumerator;
	gkm_dp_rule_t *rule;

	builder->begin_list(builder, "rules");
	enumerator = core->rules->create_enumerator(core->rules);
	while (enumerator->enumerate(enumerator, &rule))
	{
		if (!rule->protect || rule->group == number)
		{
			builder->add_li(builder, "%R === %R %s", rule->src, rule->dst,
							action_name(rule));
		}
	}
	enumerator->destroy(enumerator);
	builder->end_list(builder);
}

/*
 * Described in header
 */
void gkm_plane_list_group(gkm_plane_core_t *core, gkm_cfg_t *cfg,
						  uint32_t number, vici_builder_t *builder)
{
	gkm_cfg_plane_t *plane = &cfg->plane;
	struct gkm_dp_counters counters;
	char *name;
	int i;

	builder->begin_section(builder, "data-plane");
	builder->begin_list(builder, "interfaces");
	for (i = 0; array_get(plane->interfaces, i, &name); i++)
	{
		builder->add_li(builder, "%s", name);
	}
	builder->end_list(builder);
	builder->add_kv(builder, "fail", "%N", gkm_fail_names, plane->fail);
	if (plane->mtu)
	{
		builder->add_kv(builder, "mtu", "%u", plane->mtu);
	}
	builder->add_kv(builder, "mss-clamp", plane->mss_clamp ? "yes" : "no");
	list_rules(core, number, builder);
	builder->begin_section(builder, "counters");
	if (core->dp->get_counters(core->dp, 0, &counters))
	{
		list_counters(&counters, 0, builder);
	}
	builder->end_section(builder);
	builder->end_section(builder);
}

/**
 * Describe a time in microseconds.
 */
static void list_time(char *name, uint64_t micros, vici_builder_t *builder)
{
	builder->add_kv(builder, name, "%llu.%06llu", micros / 1000000,
					micros % 1000000);
}

/**
 * Describe an error.
 */
static void list_error(struct gkm_dp_error *error, vici_builder_t *builder)
{
	time_t time = error->here / 1000000;
	chunk_t addr = chunk_create((u_char*)&error->src,
								error->family == 4 ? 4 : 16);
	host_t *src;

	src = host_create_from_chunk(AF_UNSPEC, addr, 0);
	builder->add_kv(builder, "time", "%T", &time, TRUE);
	builder->add_kv(builder, "source", "%H", src);
	list_time("here", error->here, builder);
	if (error->there)
	{
		list_time("there", error->there, builder);
	}
	builder->add_kv(builder, "window", "%u", error->window);
	builder->add_kv(builder, "reason", "%N", gkm_dp_counter_names,
					error->reason);
	src->destroy(src);
}

/*
 * Described in header
 */
void gkm_plane_list_replay(gkm_dataplane_t *dp, struct gkm_dp_counters *total,
						   gkm_plane_history_t *history,
						   vici_builder_t *builder)
{
	struct gkm_dp_error errors[GKM_DP_ERRORS];
	struct gkm_dp_counters none;
	char name[24];
	u_int i, count;

	builder->add_kv(builder, "packets-in", "%llu",
					total->n[GKM_DP_DECRYPTED]);
	builder->add_kv(builder, "packets-out", "%llu",
					total->n[GKM_DP_ENCRYPTED]);
	builder->add_kv(builder, "errors-in", "%llu",
					total->n[GKM_DP_D3P_EARLY] + total->n[GKM_DP_D3P_LATE] +
					total->n[GKM_DP_D3P_MISSING]);
	/* happen before there is an SA, and so aren't counted by group */
	dp->get_counters(dp, 0, &none);
	builder->add_kv(builder, "errors-out", "%llu", none.n[GKM_DP_UNSEGMENTED]);
	builder->begin_section(builder, "history");
	count = dp->get_errors(dp, errors);
	for (i = 0; i < count; i++)
	{
		if (gkm_plane_history_has(history, errors[i].spi))
		{
			snprintf(name, sizeof(name), "%llu", errors[i].seq);
			builder->begin_section(builder, name);
			list_error(&errors[i], builder);
			builder->end_section(builder);
		}
	}
	builder->end_section(builder);
}
