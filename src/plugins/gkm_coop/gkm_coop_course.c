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


#include "gkm_coop_course.h"

/**
 * Change what the key server does
 */
static void set_duty(gkm_coop_core_t *core, gkm_duty_t duty, uint64_t epoch,
					 bool takeover)
{
	core->duty = duty;
	core->group->set_duty(core->group, duty, epoch, takeover);
	core->informed = 0;
}

/**
 * Go on in another way: what peers know doesn't fit any more
 *
 * @param leader		position of the primary, -1 if there is none
 */
static void set_course(gkm_coop_core_t *core, gkm_coop_course_t course,
					   int leader)
{
	gkm_coop_peer_t *peer;
	int i;

	core->course = course;
	core->leader = leader;
	core->merging = 0;
	core->changed = TRUE;
	for (i = 0; i < core->count; i++)
	{
		peer = &core->peers[i];
		peer->sync->set_needs_all(peer->sync);
		peer->merged = FALSE;
		peer->granted = FALSE;
		peer->relayed = FALSE;
		gkm_coop_peer_content(peer);
		core->tickets->forgo(core->tickets, i);
	}
}

/**
 * Become primary
 */
static void promote(gkm_coop_core_t *core, bool takeover)
{
	gkm_coop_status_t status = {};

	core->election->get_status(core->election, &status);
	set_course(core, GKM_COOP_LEADS, -1);
	gkm_coop_core_event(core, 5, "COOP_KS_TRANS_TO_PRI", "this key server, "
						"%u, is primary from now on%s, epoch %llu", status.id,
						takeover ? " and takes over" : "",
						(unsigned long long)status.epoch);
	set_duty(core, GKM_DUTY_PRIMARY, status.epoch, takeover);
}

/**
 * Begin to take over what another primary has
 *
 * @param yield			TRUE if this is one as well
 */
static void approach(gkm_coop_core_t *core, int pos, bool yield)
{
	gkm_coop_course_t course = yield ? GKM_COOP_YIELDS : GKM_COOP_JOINS;
	gkm_coop_peer_t *peer = &core->peers[pos];

	if (core->course == course && core->leader == pos)
	{
		return;
	}
	set_course(core, course, pos);
	core->population = yield || (core->info.restored &&
								 core->info.epoch > peer->status.epoch);
	if (yield)
	{
		core->merge_pause = 2 * peer->patience;
		gkm_coop_core_event(core, 4, "COOP_KS_SPLIT", "key server '%s', %u, is "
							"primary as well, this one, %u, yields to it",
							peer->connection, peer->status.id,
							core->cfg->coop.id);
		return;
	}
	gkm_coop_peer_need(peer, gkm_coop_now());
	DBG1(DBG_CFG, "group %s: asking key server '%s', %u, a %N, for all there "
		 "is", core->group->name, peer->connection, peer->status.id,
		 gkm_duty_names, peer->status.duty);
}

/**
 * There is nobody to follow or to yield to any more
 */
static void leave(gkm_coop_core_t *core)
{
	set_course(core, core->course == GKM_COOP_YIELDS ? GKM_COOP_LEADS
													 : GKM_COOP_SEEKS, -1);
}

/**
 * A peer became reachable, or isn't any more
 */
static void set_reachable(gkm_coop_core_t *core, int pos, bool reachable)
{
	gkm_coop_peer_t *peer = &core->peers[pos];

	if (reachable)
	{
		gkm_coop_core_event(core, 5, "COOP_KS_REACH", "key server '%s', %u, is "
							"reachable", peer->connection, peer->status.id);
		peer->urgent = TRUE;
		return;
	}
	gkm_coop_core_event(core, 3, "COOP_KS_UNREACH", "key server '%s', %u, "
						"isn't reachable", peer->connection, peer->status.id);
	peer->sync->set_needs_all(peer->sync);
	peer->merged = FALSE;
	peer->granted = FALSE;
	peer->relayed = FALSE;
	core->tickets->forgo(core->tickets, pos);
	if (peer->linked && gkm_coop_now() >= peer->heard + peer->patience)
	{	/* otherwise it started anew, and is there already */
		core->port->drop(core->port, pos);
	}
	if (pos == core->leader)
	{
		leave(core);
		gkm_coop_core_event(core, 5, "COOP_KS_ELECTION",
							"the primary is lost, another one is elected");
	}
}

/*
 * Described in header
 */
void gkm_coop_course_decide(gkm_coop_core_t *core)
{
	gkm_coop_verdict_t verdict;

	while (TRUE)
	{
		verdict = (gkm_coop_verdict_t){};
		core->election->decide(core->election, gkm_coop_now(), &verdict);
		switch (verdict.action)
		{
			case GKM_COOP_STAY:
				if (core->course == GKM_COOP_JOINS ||
					core->course == GKM_COOP_YIELDS)
				{	/* it would have been said again */
					leave(core);
				}
				return;
			case GKM_COOP_FOLLOW:
			case GKM_COOP_YIELD:
				approach(core, verdict.peer,
						 verdict.action == GKM_COOP_YIELD);
				return;
			case GKM_COOP_PROMOTE:
				promote(core, verdict.takeover);
				break;
			case GKM_COOP_REACHED:
			case GKM_COOP_LOST:
				set_reachable(core, verdict.peer,
							  verdict.action == GKM_COOP_REACHED);
				break;
			case GKM_COOP_CONFLICT:
				/* its messages are refused */
				break;
		}
	}
}

/*
 * Described in header
 */
void gkm_coop_course_follow(gkm_coop_core_t *core)
{
	gkm_coop_peer_t *peer = &core->peers[core->leader];
	gkm_coop_course_t before = core->course;

	core->election->followed(core->election, core->leader, peer->status.epoch);
	set_course(core, GKM_COOP_FOLLOWS, core->leader);
	core->population = FALSE;
	set_duty(core, GKM_DUTY_SECONDARY, peer->status.epoch, FALSE);
	if (before == GKM_COOP_YIELDS)
	{
		gkm_coop_core_event(core, 5, "COOP_KS_MERGE", "merged with key server "
							"'%s', %u", peer->connection, peer->status.id);
	}
	gkm_coop_core_event(core, 5, "COOP_KS_TRANS_TO_SEC", "this key server, %u, "
						"is secondary from now on and follows key server '%s', "
						"%u", core->cfg->coop.id, peer->connection,
						peer->status.id);
}

/*
 * Described in header
 */
bool gkm_coop_course_reset(gkm_coop_core_t *core)
{
	uint64_t now = gkm_coop_now();

	if (core->reset && now < core->reset + core->peers[0].patience)
	{
		return FALSE;
	}
	core->reset = now;
	gkm_coop_core_event(core, 5, "COOP_KS_ELECTION",
						"an election was asked for");
	/* a secondary elects once it hears that the primary gave up */
	if (core->duty == GKM_DUTY_PRIMARY)
	{	/* members may still register with the SAs that there are */
		set_duty(core, GKM_DUTY_SECONDARY, core->info.epoch, FALSE);
		set_course(core, GKM_COOP_SEEKS, -1);
		core->election->reset(core->election, now);
	}
	return TRUE;
}
