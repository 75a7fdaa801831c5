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

#include "gkm_member_apps.h"
#include "gkm_member_report.h"
#include "gkm_member_script.h"

#include "libgkm/group/gkm_oid.h"
#include "libgkm/group/gkm_policy_check.h"
#include "libgkm/group/gkm_print.h"
#include "libgkm/group/gkm_rollover.h"
#include "libgkm/group/gkm_update_check.h"

typedef struct private_gkm_member_apps_t private_gkm_member_apps_t;
typedef struct app_sa_t app_sa_t;

/**
 * Private data
 */
struct private_gkm_member_apps_t {

	/** public interface */
	gkm_member_apps_t public;

	/** carrier */
	gkm_t *gkm;

	/** configuration of the group */
	gkm_cfg_t *cfg;

	/** program that is told, NULL if there is none */
	gkm_member_script_t *script;

	/** app_sa_t*, which begin with a gkm_rollover_t, oldest first */
	array_t *entries;
};

/**
 * An SA that applications have
 */
struct app_sa_t {

	/** when it ends */
	gkm_rollover_t roll;

	/** the SA */
	gkm_data_sa_t *sa;

	/** section of the configuration that allows it, borrowed */
	gkm_cfg_sa_t *cfg;

	/** when it may be used */
	uint64_t activate;
};

/**
 * Seconds until a time
 */
static uint32_t seconds_to(uint64_t time, uint64_t now)
{
	return time > now ? min((time - now) / 1000, UINT32_MAX) : 0;
}

/**
 * Create a report on an SA with all that it takes to use it
 */
static gkm_member_report_t *report_use(private_gkm_member_apps_t *this,
									   app_sa_t *entry, uint64_t now)
{
	gkm_member_report_t *report;

	report = gkm_member_report_create("install", this->cfg->name,
									  entry->cfg->name, entry->sa);
	report->add_use(report, seconds_to(entry->roll.expires, now),
					seconds_to(entry->activate, now));
	return report;
}

/**
 * Tell applications
 *
 * @param report		what to tell, adopted
 */
static void tell(private_gkm_member_apps_t *this, gkm_member_report_t *report)
{
	vici_dispatcher_t *dispatcher = this->gkm->get_dispatcher(this->gkm);

	dispatcher->raise_event(dispatcher, GKM_MEMBER_APPS_EVENT, 0,
							report->get_message(report));
	if (this->script)
	{
		this->script->run(this->script, report->get_env(report),
						  report->get_keys(report));
	}
	report->destroy(report);
}

static void entry_destroy(app_sa_t *entry)
{
	gkm_data_sa_destroy(entry->sa);
	free(entry);
}

/**
 * Tell applications that an SA is gone, and destroy it
 */
static void drop(private_gkm_member_apps_t *this, app_sa_t *entry, char *action)
{
	DBG1(DBG_NET, "group %s: SA 0x%.8x of applications is gone (%s)",
		 this->cfg->name, ntohl(entry->sa->spi), action);
	tell(this, gkm_member_report_create(action, this->cfg->name,
										entry->cfg->name, entry->sa));
	entry_destroy(entry);
}

/**
 * Take SAs of applications out of others
 *
 * @return			gkm_data_sa_t*, to be destroyed
 */
static array_t *take_sas(array_t *sas)
{
	array_t *taken = array_create(0, 0);
	gkm_data_sa_t *sa;
	int i;

	for (i = 0; array_get(sas, i, &sa);)
	{
		if (sa->proposal->get_protocol(sa->proposal) == PROTO_IEC_61850)
		{
			array_remove(sas, i, NULL);
			array_insert(taken, ARRAY_TAIL, sa);
		}
		else
		{
			i++;
		}
	}
	return taken;
}

/**
 * Are two SAs the same in all but lifetime, and how they begin?
 */
static bool same_sa(gkm_data_sa_t *a, gkm_data_sa_t *b)
{
	return a->spi == b->spi &&
		   chunk_equals(a->oid, b->oid) &&
		   chunk_compare(a->oid_data, b->oid_data) == 0 &&
		   a->proposal->equals(a->proposal, b->proposal) &&
		   chunk_equals_const(a->key, b->key);
}

/**
 * Find the entry with an SPI
 *
 * @return			position, -1 if there is none
 */
static int find_spi(array_t *entries, uint32_t spi)
{
	app_sa_t *entry;
	int i;

	for (i = 0; array_get(entries, i, &entry); i++)
	{
		if (entry->sa->spi == spi)
		{
			return i;
		}
	}
	return -1;
}

/**
 * Give an SA to applications
 *
 * @param sa		SA, adopted
 * @param atd		activation delay of the group, in seconds
 */
static app_sa_t *add(private_gkm_member_apps_t *this, gkm_data_sa_t *sa,
					 uint32_t atd, uint64_t now)
{
	/* that of the SA comes first (RFC 8052, 2.2.4.1) */
	uint64_t delay = sa->delay ?: atd;
	app_sa_t *entry;

	INIT(entry,
		.roll = {
			.sa = sa,
		},
		.sa = sa,
		.cfg = gkm_policy_find(this->cfg, sa, NULL),
		.activate = now + delay * 1000,
	);
	gkm_rollover_set_lifetime(&entry->roll, sa->lifetime, now);
	array_insert(this->entries, ARRAY_TAIL, entry);
	DBG1(DBG_NET, "group %s: SA 0x%.8x for applications", this->cfg->name,
		 ntohl(sa->spi));
	tell(this, report_use(this, entry, now));
	return entry;
}

/**
 * Drop all entries of an array and destroy it
 */
static u_int drop_all(private_gkm_member_apps_t *this, array_t *entries)
{
	app_sa_t *entry;
	u_int count = 0;

	while (array_remove(entries, ARRAY_HEAD, &entry))
	{
		drop(this, entry, "delete");
		count++;
	}
	array_destroy(entries);
	return count;
}

/**
 * Take the entry of an SA out of others, if there is one. One with its SPI that
 * isn't the same is gone.
 */
static app_sa_t *take_entry(private_gkm_member_apps_t *this, array_t *entries,
							gkm_data_sa_t *sa)
{
	app_sa_t *entry = NULL;
	int i = find_spi(entries, sa->spi);

	if (i >= 0)
	{
		array_get(entries, i, &entry);
		array_remove(entries, i, NULL);
		if (!same_sa(entry->sa, sa))
		{
			drop(this, entry, "delete");
			entry = NULL;
		}
	}
	return entry;
}

METHOD(gkm_member_apps_t, replace, void,
	private_gkm_member_apps_t *this, gkm_download_t *download, uint64_t now)
{
	array_t *sas = take_sas(download->sas), *old = this->entries;
	app_sa_t *entry;
	gkm_data_sa_t *sa;

	this->entries = array_create(0, 0);
	while (array_remove(sas, ARRAY_HEAD, &sa))
	{
		entry = take_entry(this, old, sa);
		if (entry)
		{
			gkm_rollover_set_lifetime(&entry->roll, sa->lifetime, now);
			array_insert(this->entries, ARRAY_TAIL, entry);
			gkm_data_sa_destroy(sa);
		}
		else
		{
			add(this, sa, download->atd, now);
		}
	}
	array_destroy(sas);
	drop_all(this, old);
}

/**
 * Note which SAs an update deletes, but those that it brings
 *
 * @param given		SPIs that it brings, as uint32_t by value
 */
static void mark_deleted(private_gkm_member_apps_t *this, gkm_update_t *update,
						 array_t *given, uint64_t now)
{
	uint64_t dtd = (uint64_t)update->download->dtd * 1000;
	app_sa_t *entry;
	uint32_t spi;
	bool is_given;
	int i, j;

	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		is_given = FALSE;
		for (j = 0; !is_given && array_get(given, j, &spi); j++)
		{
			is_given = spi == entry->sa->spi;
		}
		if (!is_given && gkm_update_deletes(update, entry->sa))
		{
			gkm_rollover_delete(&entry->roll, dtd, now);
		}
	}
}

METHOD(gkm_member_apps_t, follow, void,
	private_gkm_member_apps_t *this, gkm_update_t *update, uint64_t now)
{
	array_t *sas = take_sas(update->download->sas);
	array_t *given = array_create(sizeof(uint32_t), 0);
	app_sa_t *entry;
	gkm_data_sa_t *sa;

	while (array_remove(sas, ARRAY_HEAD, &sa))
	{
		array_insert(given, ARRAY_TAIL, &sa->spi);
		entry = take_entry(this, this->entries, sa);
		if (entry)
		{	/* as it is: copies must not make it younger */
			array_insert(this->entries, ARRAY_TAIL, entry);
			gkm_data_sa_destroy(sa);
		}
		else
		{
			add(this, sa, update->download->atd, now);
		}
	}
	array_destroy(sas);
	mark_deleted(this, update, given, now);
	array_destroy(given);
}

METHOD(gkm_member_apps_t, get_end, uint64_t,
	private_gkm_member_apps_t *this)
{
	return gkm_rollover_end(this->entries);
}

METHOD(gkm_member_apps_t, update, uint64_t,
	private_gkm_member_apps_t *this, uint64_t now)
{
	app_sa_t *entry;
	int i;

	for (i = array_count(this->entries) - 1; i >= 0; i--)
	{
		array_get(this->entries, i, &entry);
		if (entry->roll.expires && entry->roll.expires <= now)
		{
			array_remove(this->entries, i, NULL);
			drop(this, entry, entry->roll.deleted ? "delete" : "expire");
		}
	}
	return gkm_rollover_due(this->entries, now);
}

/**
 * Describe an SA in a vici message
 */
static void list_entry(app_sa_t *entry, vici_builder_t *builder, uint64_t now)
{
	gkm_data_sa_t *sa = entry->sa;
	char spi[9], buf[GKM_PRINT_LEN];

	snprintf(spi, sizeof(spi), "%.8x", ntohl(sa->spi));
	builder->begin_section(builder, spi);
	builder->add_kv(builder, "name", "%s", entry->cfg->name);
	builder->add_kv(builder, "protocol", "IEC61850");
	builder->add_kv(builder, "oid", "%s", gkm_oid_print(sa->oid, buf,
														sizeof(buf)));
	if (sa->oid_data.len)
	{
		builder->add_kv(builder, "oid-data", "%+B", &sa->oid_data);
	}
	builder->add_kv(builder, "proposal", "%s",
					gkm_print_proposal(sa->proposal, buf));
	if (entry->roll.expires)
	{
		builder->add_kv(builder, "life-time", "%u",
						seconds_to(entry->roll.expires, now));
	}
	if (entry->roll.deleted)
	{
		builder->add_kv(builder, "deleted", "yes");
	}
	if (entry->activate > now)
	{
		builder->add_kv(builder, "activate-in", "%u",
						seconds_to(entry->activate, now));
	}
	if (sa->kda != GKM_KDA_UNKNOWN)
	{
		builder->add_kv(builder, "kda", "%u", sa->kda);
	}
	builder->end_section(builder);
}

METHOD(gkm_member_apps_t, list, void,
	private_gkm_member_apps_t *this, vici_builder_t *builder, uint64_t now)
{
	app_sa_t *entry;
	int i;

	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		list_entry(entry, builder, now);
	}
}

METHOD(gkm_member_apps_t, tell_client, void,
	private_gkm_member_apps_t *this, u_int client, uint64_t now)
{
	vici_dispatcher_t *dispatcher = this->gkm->get_dispatcher(this->gkm);
	gkm_member_report_t *report;
	app_sa_t *entry;
	int i;

	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		report = report_use(this, entry, now);
		dispatcher->raise_event(dispatcher, GKM_MEMBER_APPS_EVENT, client,
								report->get_message(report));
		report->destroy(report);
	}
}

METHOD(gkm_member_apps_t, clear, u_int,
	private_gkm_member_apps_t *this)
{
	array_t *entries = this->entries;

	this->entries = array_create(0, 0);
	return drop_all(this, entries);
}

METHOD(gkm_member_apps_t, destroy, void,
	private_gkm_member_apps_t *this)
{
	drop_all(this, this->entries);
	DESTROY_IF(this->script);
	free(this);
}

/*
 * Described in header
 */
gkm_member_apps_t *gkm_member_apps_create(gkm_t *gkm, gkm_cfg_t *cfg)
{
	private_gkm_member_apps_t *this;

	INIT(this,
		.public = {
			.replace = _replace,
			.follow = _follow,
			.get_end = _get_end,
			.update = _update,
			.list = _list,
			.tell_client = _tell_client,
			.clear = _clear,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.cfg = cfg,
		.entries = array_create(0, 0),
	);
	if (cfg->gdoi.script)
	{
		this->script = gkm_member_script_create(gkm, cfg->name,
												cfg->gdoi.script);
	}
	return &this->public;
}
