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

/*
 * Three key servers that serve a group together, and two members: election,
 * split, merge, and what has to be unique though nobody agrees on it: message IDs
 * and sender IDs. A step is what one key server decides and does; in between,
 * others may do anything, the network may split and heal, and key servers may be
 * killed and start again with what they kept. The network consists of parts in
 * which all hear each other; test_gkm_coop_walk.c does the others. What is
 * replicated comes at once to those that hear it: it is told to members only
 * then.
 *
 * What is claimed, one at a time (-DSENDER_IDS, -DMESSAGE_IDS, -DPRIMARIES):
 *
 *   SENDER_IDS		no sender ID is given to two members on one data SA, or twice
 *   MESSAGE_IDS	no message ID is used twice with one rekey SA; once all key
 *					servers are one group again, no member that knows its rekey SA
 *					has seen a higher message ID than the next one
 *   PRIMARIES		once nothing happens any more, each part has one primary, which
 *					all that are there follow
 *
 * and what makes them fail, so that it is known to be checked:
 *
 *   NO_SLICES		message IDs and sender IDs are the same for all key servers
 *   NO_ERAS		who excludes all begins with the first sender IDs, and two
 *					groups become one as if that hadn't happened
 *   NO_MEMORY		who follows one of another era forgets what it gave out in that
 *					era before
 *   NO_BLOCKS		who takes over goes on with the next message ID
 *   NO_TOP			blocks follow the message ID that is known only
 *   NO_ABOVE		who merges another group goes on with its own message IDs
 *   NO_YIELD		two primaries stay
 */

#define SERVERS 3
#define MEMBERS 2
#define NOBODY SERVERS

/* what happens at most */
#ifndef CHANGES
#define CHANGES 2
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef REGISTRATIONS
#define REGISTRATIONS 3
#endif
#ifndef REKEYS
#define REKEYS 1
#endif
#ifndef LATE
#define LATE 1
#endif

/* GKM_TAKEOVER_SLICE and GKM_TAKEOVER_BLOCK, sender IDs of a key server */
#define SLICE 2
#define BLOCK (SERVERS * SLICE)
#ifndef SENDERS
#define SENDERS 2
#endif

/* SAs and eras at most */
#define KEKS 7
#define TEKS 9
#define ERAS 4
#define EPOCHS 10

/* gkm_duty_t, and not running */
#define DOWN 0
#define WAITING 1
#define SECONDARY 2
#define PRIMARY 3

/* key servers, the last one is nobody: GROUP records, and gkm_coop_election.c;
 * the epoch is that of the primary, the top is the highest one that was heard of,
 * which is kept */
byte duty[SERVERS + 1];
byte epoch[SERVERS + 1];
byte top[SERVERS];
byte primary[SERVERS + 1];
byte kek[SERVERS];
byte next_id[SERVERS];
byte tek[SERVERS];
byte era[SERVERS];
/* who knows the same: bits, peer_t.kin of gkm_coop_election.c */
byte kin[SERVERS];
/* sender IDs given out, for each era: gkm_sender_ids.c */
byte given[SERVERS * ERAS];
/* whom a primary yields to, once that has merged what it said */
byte merged[SERVERS];

/* members */
bool registered[MEMBERS];
byte m_kek[MEMBERS];
byte m_next[MEMBERS];
byte m_sender[MEMBERS];

/* parts of the network: bits */
byte part, m_part;

/* SAs and eras that there are; 0 is none */
byte keks, teks, eras;

/* what was used, ever: message IDs with each rekey SA, sender IDs of a member on
 * each data SA */
int used[KEKS * 2];
byte sent[MEMBERS * TEKS];

/* what has happened */
byte changes, kills, registrations, rekeys, late;
bool quiet;

hidden byte i, j, p, m, id;

#define IN_PART(k) ((part >> (k)) & 1)
#define HEARS(k, j) (k != j && duty[k] != DOWN && duty[j] != DOWN && \
					 IN_PART(k) == IN_PART(j))
#define LEADS(k, j) (HEARS(k, j) && duty[j] == PRIMARY)
#define KIN(k, j) ((kin[k] >> (j)) & 1)

/* get_primary(): the primary that is followed, and heard */
#define FOLLOWS(k, j) (duty[k] == SECONDARY && primary[k] == j && \
					   LEADS(k, j) && KIN(k, j) && epoch[k] == epoch[j])
#define LED(k) (FOLLOWS(k, 0) || FOLLOWS(k, 1) || FOLLOWS(k, 2))

/* is_trusted() */
#define VOUCHES(k, i, j) (KIN(k, i) && primary[i] == j)
#define TRUSTS(k, j) (duty[k] == WAITING || KIN(k, j) || \
					  (primary[k] == j && epoch[k] == epoch[j]) || \
					  VOUCHES(k, 0, j) || VOUCHES(k, 1, j) || VOUCHES(k, 2, j))

/* find_primary(TRUE): the last is the best */
#define MAY_FOLLOW(k, j) (LEADS(k, j) && TRUSTS(k, j))
#define BEST(k) (MAY_FOLLOW(k, 2) -> 2 : (MAY_FOLLOW(k, 1) -> 1 : \
				 (MAY_FOLLOW(k, 0) -> 0 : NOBODY)))

/* is_preferred(), of those that have the same priority */
#define MORE(k, j) (epoch[j] > epoch[k] || (epoch[j] == epoch[k] && j > k))
#define PREFERS(k, j) (HEARS(k, j) && \
	(duty[k] == WAITING -> (duty[j] != WAITING || MORE(k, j)) : \
						   (KIN(k, j) && MORE(k, j))))
#define OTHERS(k) (PREFERS(k, 0) || PREFERS(k, 1) || PREFERS(k, 2))

/* decide() */
#define VACANT(k) ((duty[k] == WAITING || duty[k] == SECONDARY) && !LED(k))
#define CAN_FOLLOW(k) (VACANT(k) && BEST(k) != NOBODY)
#define CAN_PROMOTE(k) (VACANT(k) && BEST(k) == NOBODY && !OTHERS(k))
#define CAN_PROMOTE_LATE(k) (VACANT(k) && BEST(k) == NOBODY && OTHERS(k))

/* two primaries: the better one stays */
#define RIVAL(k) ((k < 2 && LEADS(k, 2)) -> 2 : \
				  ((k < 1 && LEADS(k, 1)) -> 1 : NOBODY))
#ifdef NO_YIELD
#define CAN_MERGE(k) false
#else
#define CAN_MERGE(k) (duty[k] == PRIMARY && RIVAL(k) != NOBODY && \
					  merged[k] != RIVAL(k))
#endif
#define CAN_YIELD(k) (duty[k] == PRIMARY && merged[k] != NOBODY)

/* a block that this one never had with a rekey SA, though it may have forgotten
 * that it knew it before it followed another one */
#ifdef NO_TOP
#define NEXT_BLOCK(k, n) ((n) / BLOCK + 1)
#else
#define NEXT_BLOCK(k, n) ((n) / BLOCK + 1 > top[k] -> (n) / BLOCK + 1 : top[k])
#endif

/* gkm_coop_slice(): what belongs to a key server */
#ifdef NO_SLICES
#define SENDER(k, n) (n)
#define FIRST_ID(k, n) (NEXT_BLOCK(k, n) * BLOCK)
#else
#define SENDER(k, n) ((k) * SENDERS + (n))
#define FIRST_ID(k, n) (NEXT_BLOCK(k, n) * BLOCK + (k) * SLICE)
#endif
#ifdef NO_BLOCKS
#undef FIRST_ID
#define FIRST_ID(k, n) (n)
#endif

#define GIVEN(k) given[(k) * ERAS + era[k]]

/* a member protects traffic with a data SA */
inline use(t)
{
#ifdef SENDER_IDS
	sent[m * TEKS + t] = sent[m * TEKS + t] | (1 << m_sender[m]);
	assert(!(sent[(1 - m) * TEKS + t] & (1 << m_sender[m])))
#else
	skip
#endif
}

/* a rekey of server k under a rekey SA with a message ID, gkm_carriers_tell():
 * members that hear it, know the rekey SA, and didn't hear later ones take over
 * what it says, gkm_member_state.c */
inline tell(k, under, with, to_kek, to_next, to_tek, excluded)
{
	printf("%d tells %d under rekey SA %d: rekey SA %d, data SA %d\n", k, with,
		   under, to_kek, to_tek);
#ifdef MESSAGE_IDS
	assert(!(used[under * 2 + (with) / 30] & (1 << (with) % 30)));
	used[under * 2 + (with) / 30] = used[under * 2 + (with) / 30] |
									(1 << (with) % 30);
#endif
	for (m : 0 .. MEMBERS - 1) {
		if
		:: registered[m] && m_kek[m] == under && m_next[m] <= with &&
		   ((m_part >> m) & 1) == IN_PART(k) ->
			if
			:: excluded ->
				registered[m] = false;
				m_kek[m] = 0;
				m_next[m] = 0
			:: else ->
				m_kek[m] = to_kek;
				m_next[m] = to_next;
				use(to_tek)
			fi
		:: else
		fi
	}
}

/* gkm_adopt_follow(): of the same rekey SA message IDs never go back */
inline adopt(k, from)
{
	next_id[k] = (kek[k] == kek[from] && next_id[k] > next_id[from] ->
				  next_id[k] : next_id[from]);
	kek[k] = kek[from];
	tek[k] = tek[from];
#ifdef NO_MEMORY
	if
	:: era[k] != era[from] -> given[(k) * ERAS + era[from]] = 0
	:: else
	fi;
#endif
	era[k] = era[from];
	epoch[k] = epoch[from];
	top[k] = (top[k] > top[from] -> top[k] : top[from]);
	primary[k] = from
}

/* GKM_ADOPT_CHANGES */
inline replicate(k)
{
	for (i : 0 .. SERVERS - 1) {
		if
		:: FOLLOWS(i, k) -> adopt(i, k)
		:: else
		fi
	}
}

/* update_kin() of all, as statuses are heard */
inline update_kin()
{
	for (i : 0 .. SERVERS - 1) {
		for (j : 0 .. SERVERS - 1) {
			if
			:: !HEARS(i, j) -> kin[i] = kin[i] & ~(1 << j)
			:: HEARS(i, j) && duty[i] == SECONDARY && duty[j] == SECONDARY &&
			   primary[i] == primary[j] && epoch[i] == epoch[j] ->
				kin[i] = kin[i] | (1 << j)
			:: else
			fi
		}
	}
	i = 0;
	j = 0
}

/* gkm_rekeying_run(): a new data SA, and a new rekey SA when what the key server
 * has of the block is used, gkm_policy_rekeys_are_due() */
inline rekey(k)
{
#ifndef PRIMARIES
	teks++;
	tek[k] = teks;
	id = next_id[k];
	j = kek[k];
	if
	:: id % SLICE == SLICE - 1 ->
		keks++;
		kek[k] = keks;
		next_id[k] = 0
	:: else ->
		next_id[k] = id + 1
	fi;
	replicate(k);
	tell(k, j, id, kek[k], next_id[k], tek[k], false)
#else
	skip
#endif
}

/* gkm_policy_create(): SAs of the first primary */
inline rekey_first(k)
{
#ifndef PRIMARIES
	keks++;
	kek[k] = keks;
	teks++;
	tek[k] = teks;
	eras++;
	era[k] = eras
#else
	skip
#endif
}

/* gkm_rekeying_exclude_all(), GKM_COOP_RENEW_SENDER_IDS */
inline exclude_all(k)
{
	id = next_id[k];
	j = kek[k];
	teks++;
	tek[k] = teks;
	keks++;
	kek[k] = keks;
	next_id[k] = 0;
#ifdef NO_ERAS
	for (i : 0 .. SERVERS - 1) {
		if
		:: i == k || FOLLOWS(i, k) -> given[i * ERAS + era[i]] = 0
		:: else
		fi
	}
#else
	eras++;
	era[k] = eras;
#endif
	replicate(k);
	tell(k, j, id, 0, 0, 0, true)
}

/* gkm_tenure_set(): gkm_policy_rekeys_take_over(), and a rekey at once */
inline promote(k)
{
	printf("%d becomes primary\n", k);
	for (i : 0 .. SERVERS - 1) {
		if
		:: HEARS(k, i) && top[i] > top[k] -> top[k] = top[i]
		:: else
		fi
	}
	top[k]++;
	epoch[k] = top[k];
	assert(epoch[k] < EPOCHS);
	duty[k] = PRIMARY;
	primary[k] = k;
	kin[k] = 0;
	if
	:: kek[k] ->
		next_id[k] = FIRST_ID(k, next_id[k]);
		rekey(k)
	:: else ->
		rekey_first(k)
	fi
}

/* followed() */
inline follow(k)
{
	p = BEST(k);
	printf("%d follows %d\n", k, p);
	adopt(k, p);
	duty[k] = SECONDARY;
	kin[k] = 1 << p;
	update_kin()
}

/* GKM_ADOPT_MERGE at the better primary, for which the other one has to wait */
inline merge(k)
{
	p = RIVAL(k);
	printf("%d has what %d knows\n", p, k);
	top[p] = (top[k] > top[p] -> top[k] : top[p]);
	if
#ifndef NO_ERAS
	:: era[k] != era[p] -> exclude_all(p)
#endif
	:: else ->
		if
#ifndef NO_ABOVE
		:: kek[k] == kek[p] && next_id[k] > next_id[p] ->
			next_id[p] = FIRST_ID(p, next_id[k])
#endif
		:: else
		fi;
		rekey(p)
	fi;
	merged[k] = p
}

/* GKM_ADOPT_ALL with population at the worse primary: it tells its members */
inline yield(k)
{
	p = merged[k];
	printf("%d yields to %d\n", k, p);
	merged[k] = NOBODY;
	if
	:: LEADS(k, p) ->
		if
		:: kek[k] != kek[p] ->
			id = next_id[k];
			j = kek[k];
			if
#ifndef NO_ERAS
			:: era[k] != era[p] -> tell(k, j, id, 0, 0, 0, true)
#endif
			:: else -> tell(k, j, id, kek[p], next_id[p], tek[p], false)
			fi
		:: else
		fi;
		adopt(k, p);
		duty[k] = SECONDARY;
		kin[k] = 1 << p;
		update_kin()
	:: else
	fi
}

/* gkm_admission.c: a member registers with any that it hears, again as well */
inline admit(k, n)
{
	registrations++;
	printf("member %d registers with %d\n", n, k);
	m = n;
	if
	:: GIVEN(k) < SENDERS ->
		m_sender[m] = SENDER(k, GIVEN(k));
		GIVEN(k)++;
#ifdef SENDER_IDS
		assert(!(sent[m * TEKS + tek[k]] & (1 << m_sender[m])));
#endif
		registered[m] = true;
		m_kek[m] = kek[k];
		m_next[m] = next_id[k];
		use(tek[k])
	:: else ->
		if
		:: duty[k] == PRIMARY -> exclude_all(k)
		:: duty[k] == SECONDARY && LED(k) ->
			p = primary[k];
			exclude_all(p)
		:: else
		fi
	fi
}

inline reconnect(servers, members)
{
	changes++;
	printf("network %d, members %d\n", servers, members);
	part = servers;
	m_part = members;
	update_kin()
}

inline kill(k)
{
	kills++;
	printf("%d is killed\n", k);
	duty[k] = DOWN;
	merged[k] = NOBODY;
	update_kin()
}

/* gkm_coop_election_create() with what was kept */
inline start(k)
{
	duty[k] = WAITING;
	epoch[k] = top[k];
	primary[k] = NOBODY;
	printf("%d starts\n", k)
}

/* what is true once nothing happens any more */
inline check()
{
#ifdef PRIMARIES
	for (i : 0 .. SERVERS - 1) {
		assert(duty[i] == DOWN || duty[i] == PRIMARY || LED(i));
		for (j : 0 .. SERVERS - 1) {
			assert(duty[i] != PRIMARY || !LEADS(i, j))
		}
	}
#endif
#ifdef SENDER_IDS
	skip
#endif
#ifdef MESSAGE_IDS
	if
	/* who went down takes with it what only it knew */
	:: !kills && (part == 0 || part == 7) ->
		for (i : 0 .. SERVERS - 1) {
			for (m : 0 .. MEMBERS - 1) {
				assert(duty[i] != PRIMARY || !registered[m] ||
					   ((m_part >> m) & 1) != IN_PART(i) ||
					   m_kek[m] != kek[i] || m_next[m] <= next_id[i])
			}
		}
	:: else
	fi
#endif
}

#define ROOM (keks < KEKS - 1 && teks < TEKS - 1 && eras < ERAS - 1)
#define SERVES(k, m) (registrations < REGISTRATIONS && duty[k] >= SECONDARY && \
					  ((m_part >> m) & 1) == IN_PART(k))

#define RULES(k) \
	:: d_step { ROOM && CAN_FOLLOW(k) -> follow(k); clear() } \
	:: d_step { ROOM && CAN_PROMOTE(k) -> promote(k); clear() } \
	:: d_step { ROOM && CAN_MERGE(k) -> merge(k); clear() } \
	:: d_step { ROOM && CAN_YIELD(k) -> yield(k); clear() }

#define EVENTS(k) \
	:: d_step { MAY && SERVES(k, 0) -> admit(k, 0); clear() } \
	:: d_step { MAY && SERVES(k, 1) -> admit(k, 1); clear() } \
	:: d_step { MAY && rekeys < REKEYS && duty[k] == PRIMARY -> \
				rekeys++; rekey(k); clear() } \
	:: d_step { MAY && late < LATE && CAN_PROMOTE_LATE(k) -> \
				late++; promote(k); clear() } \
	:: d_step { MAY && kills < KILLS && duty[k] != DOWN -> kill(k); clear() } \
	:: d_step { MAY && duty[k] == DOWN -> start(k); clear() }

#define MAY (ROOM && !quiet)
#define MAY_CHANGE (MAY && changes < CHANGES)

inline clear()
{
	i = 0;
	j = 0;
	p = 0;
	m = 0;
	id = 0
}

active proctype group()
{
	d_step {
		for (i : 0 .. SERVERS - 1) {
			duty[i] = WAITING;
			primary[i] = NOBODY;
			merged[i] = NOBODY
		}
		primary[NOBODY] = NOBODY;
		clear()
	}
	do
	RULES(0)
	RULES(1)
	RULES(2)
	EVENTS(0)
	EVENTS(1)
	EVENTS(2)
	/* one is cut off, with some of the members, or all are together */
	:: d_step { MAY_CHANGE -> reconnect(0, 0); clear() }
	:: d_step { MAY_CHANGE -> reconnect(1, 0); clear() }
	:: d_step { MAY_CHANGE -> reconnect(1, 1); clear() }
	:: d_step { MAY_CHANGE -> reconnect(1, 3); clear() }
	:: d_step { MAY_CHANGE -> reconnect(2, 1); clear() }
	:: d_step { MAY_CHANGE -> reconnect(4, 0); clear() }
	:: d_step { MAY_CHANGE -> reconnect(4, 1); clear() }
	:: d_step { MAY_CHANGE -> reconnect(4, 3); clear() }
	:: d_step { MAY -> quiet = true; clear() }
	:: else -> break
	od;
	skip;
	d_step {
		if
		:: ROOM && quiet -> check()
		:: else
		fi;
		clear()
	}
}
