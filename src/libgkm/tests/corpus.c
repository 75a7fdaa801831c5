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

#include "corpus.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <bio/bio_writer.h>

#include "libgkm/gikev2/gikev2_idg.h"
#include "libgkm/gikev2/gikev2_inner.h"
#include "libgkm/gikev2/gikev2_rekey.h"
#include "libgkm/gikev2/gikev2_sag.h"
#include "libgkm/group/gkm_group.h"

#include "coop_fixture.h"
#include "update_samples.h"

/*
 * Described in header
 */
void corpus_write(char *dir, char *target, int nr, chunk_t data)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, target);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/sample-%d", dir, target, nr);
	if (!chunk_write(data, path, 0022, TRUE))
	{
		fprintf(stderr, "writing %s failed: %s\n", path, strerror(errno));
		exit(EXIT_FAILURE);
	}
}

/**
 * Seeds with GSA and KD payloads of all samples, in the format of fuzz_gsa_kd
 */
static void write_downloads(char *dir)
{
	gkm_download_t *download;
	gkm_error_t err = {};
	gikev2_context_t ctx;
	bio_writer_t *writer;
	chunk_t gsa, kd;
	int i;

	for (i = 0; i < sample_count(); i++)
	{
		download = sample_create(i, &ctx);
		if (!gikev2_download_build(download, &ctx, &gsa, &kd, &err))
		{
			fprintf(stderr, "%s: %s\n", sample_name(i), err.text);
			exit(EXIT_FAILURE);
		}
		writer = bio_writer_create(0);
		writer->write_uint8(writer, (ctx.sender ? 1 : 0) |
									(ctx.transport ? 2 : 0) |
									(ctx.gsk_w.len - 16) / 8 << 2);
		writer->write_data16(writer, gsa);
		writer->write_data(writer, kd);
		corpus_write(dir, "fuzz_gsa_kd", i, writer->get_buf(writer));
		writer->destroy(writer);
		chunk_free(&gsa);
		chunk_free(&kd);
		gkm_download_destroy(download);
	}
}

/**
 * Seeds with identities of all types
 */
static void write_identities(char *dir)
{
	char *ids[] = { "@#000004d2", "192.0.2.1", "2001:db8::1", "group.example",
					"a@b.example" };
	identification_t *id;
	chunk_t data;
	int i;

	for (i = 0; i < countof(ids); i++)
	{
		id = identification_create_from_string(ids[i]);
		data = gikev2_idg_build(id);
		corpus_write(dir, "fuzz_idg", i, data);
		chunk_free(&data);
		id->destroy(id);
	}
}

/**
 * Seeds with the proposals of each sample
 */
static void write_capabilities(char *dir)
{
	gkm_download_t *download;
	gikev2_context_t ctx;
	linked_list_t *list;
	gkm_data_sa_t *sa;
	chunk_t data;
	int i, j;

	for (i = 0; i < sample_count(); i++)
	{
		download = sample_create(i, &ctx);
		list = linked_list_create();
		if (download->rekey)
		{
			list->insert_last(list, download->rekey->proposal);
		}
		for (j = 0; j < array_count(download->sas); j++)
		{
			array_get(download->sas, j, &sa);
			list->insert_last(list, sa->proposal);
		}
		data = gikev2_sag_build(list);
		corpus_write(dir, "fuzz_sag", i, data);
		chunk_free(&data);
		list->destroy(list);
		gkm_download_destroy(download);
	}
}

/**
 * Sample update under the rekey SA of fuzz_rekey: as the others, but that is
 * one of implicit authentication
 */
static bool make_sample(update_sample_t *sample, int i)
{
	gkm_rekey_sa_t *sas[2];
	int j;

	update_sample_init(sample, i);
	sas[0] = sample->rekey;
	sas[1] = sample->update->download->rekey;
	for (j = 0; j < countof(sas); j++)
	{
		if (sas[j])
		{
			sas[j]->auth = GKM_AUTH_IMPLICIT;
			chunk_free(&sas[j]->sig_alg);
			chunk_free(&sas[j]->auth_key);
		}
	}
	chunk_free(&sample->update->auth_key);
	/* that of fuzz_rekey has 68 octets of keys */
	return sample->ctx.inband || sample->rekey->key.len == 68;
}

/**
 * Write a seed with the datagrams of an update
 */
static void write_datagrams(char *dir, update_sample_t *sample, int nr)
{
	gkm_error_t err = {};
	bio_writer_t *writer;
	array_t *datagrams;
	chunk_t datagram;

	sample->rekey->message_id = 0;
	datagrams = array_create(sizeof(chunk_t), 0);
	if (!gikev2_rekey_build(sample->rekey, sample->update, 1, NULL,
							nr % 2 ? 0 : 200, datagrams, &err))
	{
		fprintf(stderr, "%s: %s\n", sample->name, err.text);
		exit(EXIT_FAILURE);
	}
	writer = bio_writer_create(0);
	writer->write_uint8(writer, 1);
	while (array_remove(datagrams, ARRAY_HEAD, &datagram))
	{
		writer->write_data16(writer, datagram);
		chunk_free(&datagram);
	}
	corpus_write(dir, "fuzz_rekey", nr, writer->get_buf(writer));
	writer->destroy(writer);
	array_destroy(datagrams);
}

/**
 * Seeds with payloads and datagrams of updates, in the format of fuzz_rekey
 */
static void write_updates(char *dir)
{
	int i, count = update_sample_count();
	gikev2_inner_t inner = {};
	update_sample_t sample;
	gkm_error_t err = {};
	bio_writer_t *writer;
	chunk_t plain;

	for (i = 0; i < count; i++)
	{
		if (make_sample(&sample, i))
		{
			if (!gikev2_update_build(sample.update, &sample.ctx,
									 &inner.payloads, &err))
			{
				fprintf(stderr, "%s: %s\n", sample.name, err.text);
				exit(EXIT_FAILURE);
			}
			inner.transport = sample.ctx.transport;
			plain = gikev2_inner_build(&inner);
			writer = bio_writer_create(0);
			writer->write_uint8(writer, sample.ctx.inband ? 2 : 0);
			writer->write_uint8(writer, gikev2_inner_first(&inner));
			writer->write_data(writer, plain);
			corpus_write(dir, "fuzz_rekey", i, writer->get_buf(writer));
			writer->destroy(writer);
			chunk_free(&plain);
			gikev2_update_payloads_clear(&inner.payloads);
			if (!sample.ctx.inband)
			{
				write_datagrams(dir, &sample, count + i);
			}
		}
		update_sample_clear(&sample);
	}
}

/**
 * A store that writes what is put
 */
typedef struct {
	gkm_state_store_t public;
	bio_writer_t *writer;
} records_t;

static void put_record(gkm_state_store_t *public, gkm_record_t kind, chunk_t key,
					   chunk_t value)
{
	records_t *this = (records_t*)public;

	this->writer->write_uint8(this->writer, kind);
	this->writer->write_data16(this->writer, key);
	this->writer->write_data16(this->writer, value);
}

static void clear_records(gkm_state_store_t *this, gkm_record_t kind)
{
}

static bool acquire_spi(gkm_spis_t *this, uint32_t spi)
{
	return TRUE;
}

static void release_spi(gkm_spis_t *this, uint32_t spi)
{
}

/**
 * Create the group that fuzz_state configures
 */
static gkm_group_t *create_group(gkm_spis_t *spis, time_t now)
{
	static char *options[][2] = {
		{ "id",							"1234" },
		{ "role",						"server" },
		{ "connections",				"members" },
		{ "rekey.auth",					"implicit" },
		{ "sas.data.source_ts",			"10.0.0.0/8" },
		{ "sas.data.destination_ts",	"239.1.0.0/16" },
	};
	gkm_group_t *group = NULL;
	gkm_error_t err = {};
	gkm_cfg_t *cfg;
	bool ok = TRUE;
	int i;

	cfg = gkm_cfg_create("corpus");
	for (i = 0; ok && i < countof(options); i++)
	{
		ok = gkm_cfg_set(cfg, options[i][0], options[i][1], &err);
	}
	if (ok && gkm_cfg_finish(cfg, &err))
	{
		group = gkm_group_create(cfg, NULL, spis, chunk_empty, chunk_empty,
								 now, &err);
	}
	if (!group)
	{
		fprintf(stderr, "group: %s\n", err.text);
		exit(EXIT_FAILURE);
	}
	return group;
}

/**
 * Register a member, whose download doesn't matter
 */
static void add_member(gkm_group_t *group, char *name, time_t now,
					   array_t *notices)
{
	gkm_applicant_t applicant = {
		.connection = "members",
		.id = identification_create_from_string(name),
		.address = host_create_from_string("192.0.2.7", 500),
	};
	gkm_download_t *download;

	if (group->admit(group, &applicant, now, &download, notices,
					 NULL) == GKM_ADMITTED)
	{
		gkm_download_destroy(download);
	}
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
}

/**
 * Seeds with what is kept of a group with some members, in the format of
 * fuzz_state
 */
static void write_states(char *dir)
{
	char *names[] = { "a@example.com", "b@example.com", "c@example.com" };
	gkm_spis_t spis = {
		.acquire = acquire_spi,
		.release = release_spi,
	};
	records_t records = {
		.public = {
			.put = put_record,
			.clear = clear_records,
		},
	};
	time_t now = 1000000;
	gkm_group_t *group;
	array_t *notices;
	int i;

	notices = array_create(0, 0);
	group = create_group(&spis, now);
	for (i = 0; i < countof(names); i++)
	{
		add_member(group, names[i], now, notices);
		group->rekey(group, FALSE, now, notices, NULL);
		records.writer = bio_writer_create(0);
		group->put(group, &records.public, TRUE);
		corpus_write(dir, "fuzz_state", i,
				   records.writer->get_buf(records.writer));
		records.writer->destroy(records.writer);
	}
	gkm_notices_destroy(notices);
	group->destroy(group);
}

/**
 * Seeds with messages between key servers, in the format of fuzz_coop
 */
static void write_coop(char *dir)
{
	gkm_coop_message_t message;
	bio_writer_t *writer;
	chunk_t data;
	int i, j;

	for (i = 0; i < COOP_SAMPLES; i++)
	{
		/* the last one has all of them */
		writer = bio_writer_create(0);
		for (j = i == COOP_SAMPLES - 1 ? 0 : i; j <= i; j++)
		{
			coop_sample(j, &message);
			data = gkm_coop_message_build(&message);
			writer->write_data16(writer, data);
			chunk_free(&data);
			gkm_coop_message_clear(&message);
		}
		corpus_write(dir, "fuzz_coop", i, writer->get_buf(writer));
		writer->destroy(writer);
	}
}

/**
 * Write the seeds of the fuzz targets into a directory.
 */
int main(int argc, char *argv[])
{
	if (argc != 2)
	{
		fprintf(stderr, "usage: corpus DIRECTORY\n");
		return EXIT_FAILURE;
	}
	library_init("", "corpus");
	if (!lib->plugins->load(lib->plugins, "openssl pem pkcs1 pubkey"))
	{
		fprintf(stderr, "libstrongswan's plugins don't load\n");
		library_deinit();
		return EXIT_FAILURE;
	}
	gkm_algs_register();
	write_downloads(argv[1]);
	write_identities(argv[1]);
	write_capabilities(argv[1]);
	write_updates(argv[1]);
	write_states(argv[1]);
	write_coop(argv[1]);
	corpus_write_gdoi(argv[1]);
	library_deinit();
	return EXIT_SUCCESS;
}
