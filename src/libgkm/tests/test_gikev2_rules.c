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

#include <check.h>

#include "libgkm/gikev2/gikev2_rules.h"

#include "samples.h"

/** Samples that are changed */
#define SIGNED		"multicast with signatures"
#define IMPLICIT	"multicast with implicit authentication"
#define INBAND		"in-band, sender IDs of 16 bits"
#define SEVERAL		"several data SAs, sender IDs of 8 bits"

/**
 * Get a data SA
 */
static gkm_data_sa_t *get_sa(gkm_download_t *download, int i)
{
	gkm_data_sa_t *sa;

	ck_assert_msg(array_get(download->sas, i, &sa), "no data SA %d", i);
	return sa;
}

/**
 * Replace a selector
 */
static void set_ts(traffic_selector_t **ts, char *cidr, uint8_t protocol,
				   uint16_t from, uint16_t to)
{
	(*ts)->destroy(*ts);
	*ts = traffic_selector_create_from_cidr(cidr, protocol, from, to);
}

/**
 * Replace a proposal
 */
static void set_proposal(proposal_t **proposal, protocol_id_t protocol,
						 char *str)
{
	(*proposal)->destroy(*proposal);
	*proposal = protocol == PROTO_GIKE_UPDATE ? gkm_rekey_proposal(str, NULL) :
				gkm_data_proposal(protocol, GKM_SN_SEQUENTIAL, str, NULL);
}

/**
 * Add a sender ID
 */
static void add_id(gkm_download_t *download, uint32_t value)
{
	uint32_t *id = malloc_thing(uint32_t);

	*id = value;
	array_insert(download->sender_ids, ARRAY_TAIL, id);
}

/**
 * Remove all sender IDs
 */
static void drop_ids(gkm_download_t *download)
{
	uint32_t *id;

	while (array_remove(download->sender_ids, ARRAY_HEAD, &id))
	{
		free(id);
	}
}

/**
 * What a test does to a sample; each returns what the message has to say
 */
typedef const char *(*change_t)(gkm_download_t *d, gikev2_context_t *ctx);

#define CHANGE(name) \
	static const char *name(gkm_download_t *d, gikev2_context_t *ctx)

CHANGE(without_any_sa)
{
	gkm_rekey_sa_destroy(d->rekey);
	d->rekey = NULL;
	gkm_data_sa_destroy(get_sa(d, 0));
	array_remove(d->sas, 0, NULL);
	return "neither rekey SA nor data SA";
}

CHANGE(rekey_sa_without_lifetime)
{
	d->rekey->lifetime = 0;
	return "rekey SA: no lifetime";
}

CHANGE(rekey_to_two_addresses)
{
	set_ts(&d->rekey->dst, "239.192.0.0/31", 17, 848, 848);
	return "instead of one multicast address";
}

CHANGE(rekey_to_unicast_address)
{
	set_ts(&d->rekey->dst, "192.0.2.1/32", 17, 848, 848);
	return "instead of one multicast address";
}

CHANGE(rekey_to_several_ports)
{
	set_ts(&d->rekey->dst, "239.192.0.1/32", 17, 848, 849);
	return "instead of one multicast address and UDP port";
}

CHANGE(rekey_to_port_zero)
{
	set_ts(&d->rekey->dst, "239.192.0.1/32", 17, 0, 0);
	return "instead of one multicast address and UDP port";
}

CHANGE(rekey_by_tcp)
{
	set_ts(&d->rekey->dst, "239.192.0.1/32", 6, 848, 848);
	return "instead of one multicast address and UDP port";
}

CHANGE(rekey_selectors_of_two_families)
{
	set_ts(&d->rekey->src, "2001:db8::1/128", 17, 0, 65535);
	return "rekey SA: no selectors of one address family";
}

CHANGE(rekey_sa_without_key_wrap)
{
	d->rekey->proposal->destroy(d->rekey->proposal);
	d->rekey->proposal = proposal_create(PROTO_GIKE_UPDATE, 1);
	d->rekey->proposal->add_algorithm(d->rekey->proposal, ENCRYPTION_ALGORITHM,
									  ENCR_AES_GCM_ICV16, 256);
	return "rekey SA: rekey proposal has no key wrap";
}

CHANGE(rekey_sa_with_esp_proposal)
{
	set_proposal(&d->rekey->proposal, PROTO_ESP, "aes256gcm16");
	return "rekey SA: no rekey proposal";
}

CHANGE(rekey_sa_with_short_key)
{
	d->rekey->key.len--;
	return "rekey SA: key of 67 octets instead of 68";
}

CHANGE(signature_without_key)
{
	chunk_free(&d->rekey->auth_key);
	return "rekey SA: no AUTH_KEY";
}

CHANGE(signature_without_algorithm)
{
	chunk_free(&d->rekey->sig_alg);
	return "rekey SA: no algorithm";
}

CHANGE(implicit_with_key)
{
	d->rekey->auth = GKM_AUTH_IMPLICIT;
	chunk_free(&d->rekey->sig_alg);
	return "rekey SA: implicit authentication with";
}

CHANGE(implicit_with_algorithm)
{
	d->rekey->auth = GKM_AUTH_IMPLICIT;
	chunk_free(&d->rekey->auth_key);
	return "rekey SA: implicit authentication with";
}

CHANGE(data_sa_without_lifetime)
{
	get_sa(d, 0)->lifetime = 0;
	return "ESP SA c0000001: no lifetime, but there is a rekey SA";
}

CHANGE(data_sa_in_other_mode)
{
	get_sa(d, 0)->mode = MODE_TRANSPORT;
	return "not in the mode";
}

CHANGE(registration_in_other_mode)
{
	ctx->transport = TRUE;
	return "not in the mode";
}

CHANGE(data_sa_with_long_key)
{
	gkm_data_sa_t *sa = get_sa(d, 0);

	chunk_clear(&sa->key);
	sa->key = count_up(0, 65);
	return "key has a wrong length";
}

CHANGE(data_sa_with_64_bit_numbers)
{
	gkm_data_sa_t *sa = get_sa(d, 0);

	sa->proposal->destroy(sa->proposal);
	sa->proposal = proposal_create(PROTO_ESP, 1);
	sa->proposal->add_algorithm(sa->proposal, ENCRYPTION_ALGORITHM,
								ENCR_AES_CBC, 256);
	sa->proposal->add_algorithm(sa->proposal, INTEGRITY_ALGORITHM,
								AUTH_HMAC_SHA2_256_128, 0);
	sa->proposal->add_algorithm(sa->proposal, EXTENDED_SEQUENCE_NUMBERS,
								GKM_SN_EXTENDED, 0);
	return "sequence numbers of type 1";
}

CHANGE(data_sa_with_rekey_proposal)
{
	set_proposal(&get_sa(d, 0)->proposal, PROTO_GIKE_UPDATE,
				 "aes256gcm16-kw256");
	return "data SA c0000001: no ESP or AH proposal";
}

CHANGE(data_selectors_of_two_families)
{
	set_ts(&get_sa(d, 0)->src, "2001:db8::/32", 0, 0, 65535);
	return "no selectors of one address family";
}

CHANGE(next_spi_in_band)
{
	get_sa(d, 0)->next_spi = htonl(0xc0000009);
	return "has a next SPI, but there is no rekey SA";
}

CHANGE(same_spi_twice)
{
	get_sa(d, 1)->spi = get_sa(d, 0)->spi;
	return "ESP SA c0000001: SPI is used twice";
}

CHANGE(esp_and_ah_for_same_traffic)
{
	gkm_data_sa_t *sa = get_sa(d, 1);

	set_proposal(&sa->proposal, PROTO_AH, "sha256");
	chunk_clear(&sa->key);
	sa->key = count_up(0, 32);
	return "AH SA c0000002: both ESP and AH";
}

CHANGE(too_many_data_sas)
{
	gkm_data_sa_t *sa;
	int i;

	for (i = 0; i < GIKEV2_SAS_MAX; i++)
	{
		sa = gkm_data_sa_clone(get_sa(d, 0));
		sa->spi = htonl(0xd0000000 + i);
		array_insert(d->sas, ARRAY_TAIL, sa);
	}
	return "257 data SAs, at most 256";
}

CHANGE(sender_without_ids)
{
	drop_ids(d);
	return "no sender ID";
}

CHANGE(sender_without_bits)
{
	d->sender_id_bits = 0;
	return "no length of sender IDs";
}

CHANGE(receiver_with_ids)
{
	ctx->sender = FALSE;
	return "sender IDs without a sender";
}

CHANGE(ids_without_counter_mode)
{
	d->sender_id_bits = 16;
	add_id(d, 1);
	return "sender IDs without a data SA that has a counter mode";
}

CHANGE(bits_without_counter_mode)
{
	d->sender_id_bits = 16;
	return "sender IDs without a data SA that has a counter mode";
}

CHANGE(id_that_doesnt_fit)
{
	add_id(d, 0x10000);
	return "sender ID 65536 doesn't fit in 16 bits";
}

CHANGE(id_twice)
{
	add_id(d, 0xfffe);
	return "sender ID 65534 comes twice";
}

CHANGE(bits_of_more_than_32)
{
	d->sender_id_bits = 33;
	return "sender IDs of 33 bits";
}

CHANGE(too_many_ids)
{
	int i;

	for (i = 0; i < GIKEV2_SENDER_IDS_MAX; i++)
	{
		add_id(d, i);
	}
	return "257 sender IDs";
}

/**
 * Samples and what is done to them
 */
static struct {
	const char *sample;
	change_t change;
} cases[] = {
	{ SIGNED, without_any_sa },
	{ SIGNED, rekey_sa_without_lifetime },
	{ SIGNED, rekey_to_two_addresses },
	{ SIGNED, rekey_to_unicast_address },
	{ SIGNED, rekey_to_several_ports },
	{ SIGNED, rekey_to_port_zero },
	{ SIGNED, rekey_by_tcp },
	{ SIGNED, rekey_selectors_of_two_families },
	{ SIGNED, rekey_sa_without_key_wrap },
	{ SIGNED, rekey_sa_with_esp_proposal },
	{ SIGNED, rekey_sa_with_short_key },
	{ SIGNED, signature_without_key },
	{ SIGNED, signature_without_algorithm },
	{ SIGNED, implicit_with_key },
	{ SIGNED, implicit_with_algorithm },
	{ SIGNED, data_sa_without_lifetime },
	{ SIGNED, data_sa_in_other_mode },
	{ SIGNED, registration_in_other_mode },
	{ SIGNED, data_sa_with_long_key },
	{ SIGNED, data_sa_with_64_bit_numbers },
	{ SIGNED, data_sa_with_rekey_proposal },
	{ SIGNED, data_selectors_of_two_families },
	{ IMPLICIT, data_sa_without_lifetime },
	{ INBAND, next_spi_in_band },
	{ SEVERAL, same_spi_twice },
	{ SEVERAL, esp_and_ah_for_same_traffic },
	{ SIGNED, too_many_data_sas },
	{ INBAND, sender_without_ids },
	{ INBAND, sender_without_bits },
	{ INBAND, receiver_with_ids },
	{ SIGNED, ids_without_counter_mode },
	{ SIGNED, bits_without_counter_mode },
	{ INBAND, id_that_doesnt_fit },
	{ INBAND, id_twice },
	{ INBAND, bits_of_more_than_32 },
	{ INBAND, too_many_ids },
};

START_TEST(download_against_the_rules_is_neither_written_nor_accepted)
{
	gkm_error_t err = {};
	gikev2_context_t ctx;
	gkm_download_t *download;
	chunk_t gsa, kd;
	const char *what;

	download = sample_create(sample_find(cases[_i].sample), &ctx);
	ck_assert_msg(gikev2_rules_check(download, &ctx, &err), "%s: %s",
				  cases[_i].sample, err.text);
	what = cases[_i].change(download, &ctx);
	ck_assert_msg(!gikev2_rules_check(download, &ctx, &err),
				  "%s accepted, '%s' expected", cases[_i].sample, what);
	ck_assert_msg(strstr(err.text, what), "%s: '%s' instead of '%s'",
				  cases[_i].sample, err.text, what);
	ck_assert_msg(!gikev2_download_build(download, &ctx, &gsa, &kd, &err),
				  "%s written, '%s' expected", cases[_i].sample, what);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(samples_obey_the_rules)
{
	gkm_download_t *download;
	gikev2_context_t ctx;
	gkm_error_t err = {};

	download = sample_create(_i, &ctx);
	ck_assert_msg(gikev2_rules_check(download, &ctx, &err), "%s: %s",
				  sample_name(_i), err.text);
	gkm_download_destroy(download);
}
END_TEST

Suite *gikev2_rules_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_rules");
	tc = tcase_create("downloads");
	tcase_add_loop_test(tc, samples_obey_the_rules, 0, sample_count());
	tcase_add_loop_test(tc,
				download_against_the_rules_is_neither_written_nor_accepted, 0,
				countof(cases));
	suite_add_tcase(s, tc);
	return s;
}
