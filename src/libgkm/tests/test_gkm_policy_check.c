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

#include "suites.h"

#include "libgkm/group/gkm_policy_check.h"

/** Reason of the last failure */
static gkm_error_t err;

/** What a member allows in these tests, unless changed */
static char *options[] = {
	"id", "1234",
	"role", "member",
	"servers", "ks",
	"rekey.proposals", "aes256gcm16-kw256, aes128-sha256-kw128",
	"sas.data.source_ts", "10.0.0.0/8",
	"sas.data.destination_ts", "239.1.0.0/16[udp], 10.2.0.0/16",
	"sas.data.esp_proposals", "aes256-sha256, aes256gcm16",
	"sas.data.mode", "tunnel",
	"sas.data.senders", "any",
	"sas.six.source_ts", "fec0::/16",
	"sas.six.destination_ts", "ff15::1/128",
	"sas.six.ah_proposals", "sha256",
	"sas.six.mode", "tunnel",
	"sas.six.senders", "single",
};

/**
 * Configure a member
 *
 * @param key		option to replace, NULL for none
 * @param value		its value
 */
static gkm_cfg_t *configure(char *key, char *value)
{
	gkm_cfg_t *cfg;
	int i;

	cfg = gkm_cfg_create("test");
	for (i = 0; i < countof(options); i += 2)
	{
		ck_assert_msg(gkm_cfg_set(cfg, options[i], streq(options[i], key) ?
								  value : options[i + 1], &err), "%s",
								  err.text);
	}
	ck_assert_msg(gkm_cfg_finish(cfg, &err), "%s", err.text);
	return cfg;
}

/**
 * Read a proposal
 */
static proposal_t *esp(gkm_sn_t sn, char *str)
{
	proposal_t *proposal;

	proposal = gkm_data_proposal(PROTO_ESP, sn, str, &err);
	ck_assert_msg(proposal, "%s", err.text);
	return proposal;
}

/**
 * Read a traffic selector for UDP
 */
static traffic_selector_t *udp(char *cidr)
{
	return traffic_selector_create_from_cidr(cidr, IPPROTO_UDP, 0, 65535);
}

/**
 * Create a data SA that is allowed
 */
static gkm_data_sa_t *create_sa(uint32_t spi)
{
	gkm_data_sa_t *sa;

	sa = gkm_data_sa_create();
	sa->spi = htonl(spi);
	sa->src = udp("10.1.0.0/16");
	sa->dst = udp("239.1.1.1/32");
	sa->proposal = esp(GKM_SN_UNSPECIFIED, "aes256-sha256");
	sa->lifetime = 3600;
	return sa;
}

/**
 * Create a rekey SA that is allowed
 */
static gkm_rekey_sa_t *create_rekey()
{
	gkm_rekey_sa_t *rekey;

	rekey = gkm_rekey_sa_create();
	rekey->proposal = gkm_rekey_proposal("aes256gcm16-kw256", &err);
	ck_assert_msg(rekey->proposal, "%s", err.text);
	rekey->src = udp("0.0.0.0/0");
	rekey->dst = traffic_selector_create_from_cidr("239.192.0.1/32",
												   IPPROTO_UDP, 848, 848);
	rekey->lifetime = 86400;
	return rekey;
}

/**
 * Create a download that is allowed: two data SAs and a rekey SA
 */
static gkm_download_t *create_download()
{
	gkm_download_t *download;

	download = gkm_download_create();
	download->rekey = create_rekey();
	array_insert(download->sas, ARRAY_TAIL, create_sa(0x1001));
	array_insert(download->sas, ARRAY_TAIL, create_sa(0x1002));
	return download;
}

/**
 * Get a data SA of a download
 */
static gkm_data_sa_t *get_sa(gkm_download_t *download, int i)
{
	gkm_data_sa_t *sa = NULL;

	ck_assert_msg(array_get(download->sas, i, &sa), "no data SA %d", i);
	return sa;
}

/**
 * Check that a download is allowed, and destroy both
 */
static void assert_allowed(gkm_cfg_t *cfg, gkm_download_t *download)
{
	err.text[0] = '\0';
	ck_assert_msg(gkm_policy_check(cfg, download, &err), "refused: %s",
				  err.text);
	ck_assert_str_eq(err.text, "");
	gkm_download_destroy(download);
	gkm_cfg_destroy(cfg);
}

/**
 * Check that a download is refused for a reason, and destroy both
 */
static void assert_refused(gkm_cfg_t *cfg, gkm_download_t *download,
						   char *reason)
{
	err.text[0] = '\0';
	ck_assert_msg(!gkm_policy_check(cfg, download, &err),
				  "allowed, expected '%s'", reason);
	ck_assert_msg(strstr(err.text, reason) != NULL, "expected '%s', got '%s'",
				  reason, err.text);
	gkm_download_destroy(download);
	gkm_cfg_destroy(cfg);
}

/**
 * Replace a traffic selector
 */
static void set_ts(traffic_selector_t **ts, traffic_selector_t *new)
{
	ck_assert(new != NULL);
	(*ts)->destroy(*ts);
	*ts = new;
}

/**
 * Replace a proposal
 */
static void set_proposal(proposal_t **proposal, proposal_t *new)
{
	ck_assert_msg(new != NULL, "%s", err.text);
	(*proposal)->destroy(*proposal);
	*proposal = new;
}

START_TEST(what_is_configured_is_allowed)
{
	assert_allowed(configure(NULL, NULL), create_download());
}
END_TEST

START_TEST(a_download_without_rekey_sa_is_allowed)
{
	gkm_download_t *download = create_download();

	gkm_rekey_sa_destroy(download->rekey);
	download->rekey = NULL;
	assert_allowed(configure(NULL, NULL), download);
}
END_TEST

START_TEST(each_section_allows_its_own)
{
	gkm_download_t *download = create_download();
	gkm_data_sa_t *sa = get_sa(download, 1);
	gkm_cfg_t *cfg = configure(NULL, NULL);
	gkm_cfg_sa_t *section;

	set_ts(&sa->src, udp("fec0::/64"));
	set_ts(&sa->dst, udp("ff15::1/128"));
	set_proposal(&sa->proposal, gkm_data_proposal(PROTO_AH, GKM_SN_SEQUENTIAL,
												  "sha256", &err));
	section = gkm_policy_find(cfg, sa, &err);
	ck_assert_msg(section != NULL, "%s", err.text);
	ck_assert_str_eq(section->name, "six");
	section = gkm_policy_find(cfg, get_sa(download, 0), &err);
	ck_assert_msg(section != NULL, "%s", err.text);
	ck_assert_str_eq(section->name, "data");
	assert_allowed(cfg, download);
}
END_TEST

static struct {
	char *src;
	char *dst;
	int proto;
	bool allowed;
} selectors[] = {
	{ "10.0.0.0/8",		"239.1.0.0/16",		IPPROTO_UDP,	TRUE },
	{ "10.1.2.3/32",	"10.2.0.1/32",		0,				TRUE },
	{ "10.0.0.0/7",		"239.1.1.1/32",		IPPROTO_UDP,	FALSE },
	{ "0.0.0.0/0",		"239.1.1.1/32",		IPPROTO_UDP,	FALSE },
	{ "11.0.0.1/32",	"239.1.1.1/32",		IPPROTO_UDP,	FALSE },
	{ "10.0.0.0/8",		"239.0.0.0/15",		IPPROTO_UDP,	FALSE },
	{ "10.0.0.0/8",		"10.3.0.1/32",		IPPROTO_UDP,	FALSE },
	/* any protocol, and another one, instead of UDP */
	{ "10.0.0.0/8",		"239.1.1.1/32",		0,				FALSE },
	{ "10.0.0.0/8",		"239.1.1.1/32",		IPPROTO_TCP,	FALSE },
	/* source of one section, destination of the other */
	{ "10.0.0.0/8",		"ff15::1/128",		IPPROTO_UDP,	FALSE },
	{ "fec0::/16",		"ff15::2/128",		IPPROTO_UDP,	FALSE },
};

START_TEST(selectors_are_not_widened)
{
	gkm_download_t *download = create_download();
	gkm_data_sa_t *sa = get_sa(download, 1);

	set_ts(&sa->src, traffic_selector_create_from_cidr(selectors[_i].src,
										selectors[_i].proto, 0, 65535));
	set_ts(&sa->dst, traffic_selector_create_from_cidr(selectors[_i].dst,
										selectors[_i].proto, 0, 65535));
	if (selectors[_i].allowed)
	{
		assert_allowed(configure(NULL, NULL), download);
	}
	else
	{
		assert_refused(configure(NULL, NULL), download,
					   "ESP SA 0x00001002: no section in sas allows");
	}
}
END_TEST

START_TEST(ports_are_not_widened)
{
	gkm_download_t *download = create_download();
	gkm_data_sa_t *sa = get_sa(download, 0);

	set_ts(&sa->dst, traffic_selector_create_from_cidr("239.1.1.1/32",
												IPPROTO_UDP, 5000, 5001));
	assert_refused(configure("sas.data.destination_ts", "239.1.1.1[udp/5000]"),
				   download, "no section in sas allows");
}
END_TEST

/** Protocol and ports of a data SA's selectors, if each by itself is allowed
 *  by any protocol from the source, and TCP or one ICMP type to the
 *  destination */
static struct {
	char *dst_ts;
	struct {
		uint8_t proto;
		uint16_t from;
		uint16_t to;
	} src, dst;
	bool allowed;
} pairs[] = {
	{ "239.1.1.1[tcp]",
		{ 0, 0, 65535 }, { IPPROTO_TCP, 0, 65535 }, TRUE },
	{ "239.1.1.1[tcp]",
		{ IPPROTO_TCP, 22, 22 }, { IPPROTO_TCP, 0, 65535 }, TRUE },
	{ "239.1.1.1[tcp]",
		{ IPPROTO_UDP, 0, 65535 }, { IPPROTO_TCP, 0, 65535 }, FALSE },
	{ "239.1.1.1[icmp/2048]",
		{ 0, 0, 65535 }, { IPPROTO_ICMP, 2048, 2048 }, TRUE },
	{ "239.1.1.1[icmp/2048]",
		{ IPPROTO_ICMP, 2048, 2048 }, { IPPROTO_ICMP, 2048, 2048 }, TRUE },
	{ "239.1.1.1[icmp/2048]",
		{ IPPROTO_ICMP, 3328, 3328 }, { IPPROTO_ICMP, 2048, 2048 }, FALSE },
	{ "239.1.1.1[icmp/2048]",
		{ 0, 3328, 3328 }, { IPPROTO_ICMP, 2048, 2048 }, FALSE },
};

START_TEST(selectors_together_are_not_widened)
{
	gkm_download_t *download = create_download();
	gkm_data_sa_t *sa;
	gkm_cfg_t *cfg;
	int i;

	for (i = 0; i < 2; i++)
	{
		sa = get_sa(download, i);
		set_ts(&sa->src, traffic_selector_create_from_cidr("10.1.0.0/16",
						pairs[_i].src.proto, pairs[_i].src.from,
						pairs[_i].src.to));
		set_ts(&sa->dst, traffic_selector_create_from_cidr("239.1.1.1/32",
						pairs[_i].dst.proto, pairs[_i].dst.from,
						pairs[_i].dst.to));
	}
	cfg = configure("sas.data.destination_ts", pairs[_i].dst_ts);
	if (pairs[_i].allowed)
	{
		assert_allowed(cfg, download);
	}
	else
	{
		assert_refused(cfg, download, "differ in protocol");
	}
}
END_TEST

START_TEST(mode_is_not_changed)
{
	gkm_download_t *download = create_download();

	get_sa(download, 0)->mode = MODE_TRANSPORT;
	assert_refused(configure(NULL, NULL), download,
				   "transport mode, sas.data allows tunnel mode");
}
END_TEST

static struct {
	char *proposal;
	bool allowed;
} proposals[] = {
	{ "aes256-sha256",			TRUE },
	{ "aes256gcm16",			TRUE },
	{ "aes128-sha256",			FALSE },
	{ "aes256-sha1",			FALSE },
	{ "aes256-sha512",			FALSE },
	{ "aes256gcm8",				FALSE },
	{ "aes128gcm16",			FALSE },
	{ "null-sha256",			FALSE },
	{ "aes256gmac",				FALSE },
	{ "chacha20poly1305",		FALSE },
};

START_TEST(algorithms_are_not_weakened)
{
	gkm_download_t *download = create_download();
	gkm_data_sa_t *sa = get_sa(download, 1);

	set_proposal(&sa->proposal, esp(GKM_SN_UNSPECIFIED,
									proposals[_i].proposal));
	if (proposals[_i].allowed)
	{
		assert_allowed(configure(NULL, NULL), download);
	}
	else
	{
		assert_refused(configure(NULL, NULL), download,
					   "is none of the proposals of sas.data");
	}
}
END_TEST

START_TEST(integrity_is_not_left_out)
{
	gkm_download_t *download = create_download();
	gkm_data_sa_t *sa = get_sa(download, 0);
	proposal_t *proposal;

	proposal = proposal_create(PROTO_ESP, 1);
	proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM, ENCR_AES_CBC, 256);
	proposal->add_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS,
							GKM_SN_UNSPECIFIED, 0);
	set_proposal(&sa->proposal, proposal);
	assert_refused(configure(NULL, NULL), download, "is none of the proposals");
}
END_TEST

START_TEST(esp_does_not_become_ah)
{
	gkm_download_t *download = create_download();
	gkm_data_sa_t *sa = get_sa(download, 1);

	set_ts(&sa->src, udp("10.9.0.0/16"));
	set_proposal(&sa->proposal, gkm_data_proposal(PROTO_AH,
									GKM_SN_UNSPECIFIED, "sha256", &err));
	assert_refused(configure(NULL, NULL), download,
				   "AH SA 0x00001002: HMAC_SHA2_256_128 is none of");
}
END_TEST

static struct {
	char *senders;
	int sn;
	bool allowed;
} senders[] = {
	{ "any",		GKM_SN_UNSPECIFIED,	TRUE },
	{ "any",		GKM_SN_SEQUENTIAL,	TRUE },
	{ "any",		GKM_SN_EXTENDED,	FALSE },
	{ "single",		GKM_SN_SEQUENTIAL,	TRUE },
	{ "single",		GKM_SN_UNSPECIFIED,	FALSE },
	{ "single",		GKM_SN_EXTENDED,	FALSE },
	{ "any",		-1,					FALSE },
};

START_TEST(replay_protection_is_not_taken_away)
{
	gkm_download_t *download = create_download();
	proposal_t *proposal;
	int i;

	for (i = 0; i < 2; i++)
	{
		proposal = proposal_create(PROTO_ESP, 1);
		proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM,
								ENCR_AES_CBC, 256);
		proposal->add_algorithm(proposal, INTEGRITY_ALGORITHM,
								AUTH_HMAC_SHA2_256_128, 0);
		if (senders[_i].sn >= 0)
		{
			proposal->add_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS,
									senders[_i].sn, 0);
		}
		set_proposal(&get_sa(download, i)->proposal, proposal);
	}
	if (senders[_i].allowed)
	{
		assert_allowed(configure("sas.data.senders", senders[_i].senders),
					   download);
	}
	else
	{
		assert_refused(configure("sas.data.senders", senders[_i].senders),
					   download, "sequence numbers");
	}
}
END_TEST

START_TEST(section_says_what_symmetric_sas_of_gdoi_do_not)
{
	struct {
		char *senders;
		gkm_direction_t direction;
		gkm_sn_t sn;
		gkm_sn_t applied;
	} sas[] = {
		{ "any", GKM_SYMMETRIC, GKM_SN_UNSPECIFIED, GKM_SN_UNSPECIFIED },
		{ "single", GKM_SYMMETRIC, GKM_SN_UNSPECIFIED, GKM_SN_SEQUENTIAL },
		{ "single", GKM_RECEIVER_ONLY, GKM_SN_SEQUENTIAL, GKM_SN_SEQUENTIAL },
		{ "any", GKM_SENDER_ONLY, GKM_SN_SEQUENTIAL, GKM_SN_SEQUENTIAL },
		{ "any", GKM_DIRECTION_UNTOLD, GKM_SN_SEQUENTIAL, GKM_SN_SEQUENTIAL },
		{ "any", GKM_DIRECTION_UNTOLD, GKM_SN_UNSPECIFIED,
		  GKM_SN_UNSPECIFIED },
	};
	gkm_cfg_t *cfg = configure("sas.data.senders", sas[_i].senders);
	gkm_download_t *download = create_download();
	gkm_data_sa_t *sa = get_sa(download, 0);
	gkm_cfg_sa_t *section;
	proposal_t *before;
	uint16_t sn;

	sa->direction = get_sa(download, 1)->direction = sas[_i].direction;
	sa->proposal = gkm_proposal_set_sn(sa->proposal, sas[_i].sn);
	before = sa->proposal->clone(sa->proposal, 0);
	section = gkm_policy_find(cfg, sa, &err);
	ck_assert_msg(section, "%s", err.text);
	ck_assert(gkm_policy_apply(cfg, sa) == section);
	ck_assert(sa->proposal->get_algorithm(sa->proposal,
									EXTENDED_SEQUENCE_NUMBERS, &sn, NULL));
	ck_assert_int_eq(sn, sas[_i].applied);
	/* that's all that changes, and once */
	before = gkm_proposal_set_sn(before, sas[_i].applied);
	ck_assert(sa->proposal->equals(sa->proposal, before));
	ck_assert(gkm_policy_apply(cfg, sa) == section);
	ck_assert(sa->proposal->equals(sa->proposal, before));
	before->destroy(before);
	gkm_download_destroy(download);
	gkm_cfg_destroy(cfg);
}
END_TEST

static struct {
	char *proposal;
	bool allowed;
} rekeys[] = {
	{ "aes256gcm16-kw256",		TRUE },
	{ "aes128-sha256-kw128",	TRUE },
	{ "aes256gcm16-kw128",		FALSE },
	{ "aes128gcm16-kw256",		FALSE },
	{ "aes128-sha1-kw128",		FALSE },
};

START_TEST(rekey_algorithms_are_not_weakened)
{
	gkm_download_t *download = create_download();

	set_proposal(&download->rekey->proposal,
				 gkm_rekey_proposal(rekeys[_i].proposal, &err));
	if (rekeys[_i].allowed)
	{
		assert_allowed(configure(NULL, NULL), download);
	}
	else
	{
		assert_refused(configure(NULL, NULL), download,
					   "is not in rekey.proposals");
	}
}
END_TEST

/**
 * Count transforms of a type in all proposals of a protocol
 */
static int count_transforms(linked_list_t *list, protocol_id_t protocol,
							transform_type_t type)
{
	enumerator_t *enumerator, *algs;
	proposal_t *proposal;
	uint16_t alg, size;
	int count = 0;

	enumerator = list->create_enumerator(list);
	while (enumerator->enumerate(enumerator, &proposal))
	{
		if (proposal->get_protocol(proposal) == protocol)
		{
			algs = proposal->create_enumerator(proposal, type);
			while (algs->enumerate(algs, &alg, &size))
			{
				count++;
			}
			algs->destroy(algs);
		}
	}
	enumerator->destroy(enumerator);
	return count;
}

START_TEST(capabilities_are_what_is_configured)
{
	gkm_cfg_t *cfg = configure(NULL, NULL);
	linked_list_t *list;
	enumerator_t *enumerator;
	proposal_t *proposal;

	list = gkm_policy_capabilities(cfg);
	ck_assert_int_eq(list->get_count(list), 2 + 1 + 2);
	enumerator = list->create_enumerator(list);
	while (enumerator->enumerate(enumerator, &proposal))
	{
		ck_assert_int_eq(proposal->get_number(proposal), 1);
	}
	enumerator->destroy(enumerator);
	/* both kinds of sequence numbers for any senders, one for a single one */
	ck_assert_int_eq(count_transforms(list, PROTO_ESP,
									  EXTENDED_SEQUENCE_NUMBERS), 4);
	ck_assert_int_eq(count_transforms(list, PROTO_AH,
									  EXTENDED_SEQUENCE_NUMBERS), 1);
	ck_assert_int_eq(count_transforms(list, PROTO_ESP,
									  ENCRYPTION_ALGORITHM), 2);
	ck_assert_int_eq(count_transforms(list, PROTO_ESP,
									  INTEGRITY_ALGORITHM), 1);
	ck_assert_int_eq(count_transforms(list, PROTO_AH,
									  ENCRYPTION_ALGORITHM), 0);
	ck_assert_int_eq(count_transforms(list, PROTO_AH,
									  INTEGRITY_ALGORITHM), 1);
	ck_assert_int_eq(count_transforms(list, PROTO_GIKE_UPDATE,
									  KEY_WRAP_ALGORITHM), 2);
	ck_assert_int_eq(count_transforms(list, PROTO_GIKE_UPDATE,
									  EXTENDED_SEQUENCE_NUMBERS), 0);
	list->destroy_offset(list, offsetof(proposal_t, destroy));
	gkm_cfg_destroy(cfg);
}
END_TEST

/*
 * Described in header
 */
Suite *gkm_policy_check_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("policy check");

	tc = tcase_create("allowed");
	tcase_add_test(tc, what_is_configured_is_allowed);
	tcase_add_test(tc, a_download_without_rekey_sa_is_allowed);
	tcase_add_test(tc, each_section_allows_its_own);
	suite_add_tcase(s, tc);

	tc = tcase_create("widened");
	tcase_add_loop_test(tc, selectors_are_not_widened, 0, countof(selectors));
	tcase_add_test(tc, ports_are_not_widened);
	tcase_add_loop_test(tc, selectors_together_are_not_widened, 0,
						countof(pairs));
	tcase_add_test(tc, mode_is_not_changed);
	tcase_add_loop_test(tc, algorithms_are_not_weakened, 0, countof(proposals));
	tcase_add_test(tc, integrity_is_not_left_out);
	tcase_add_test(tc, esp_does_not_become_ah);
	tcase_add_loop_test(tc, replay_protection_is_not_taken_away, 0,
						countof(senders));
	tcase_add_loop_test(tc, section_says_what_symmetric_sas_of_gdoi_do_not, 0,
						6);
	tcase_add_loop_test(tc, rekey_algorithms_are_not_weakened, 0,
						countof(rekeys));
	suite_add_tcase(s, tc);

	tc = tcase_create("capabilities");
	tcase_add_test(tc, capabilities_are_what_is_configured);
	suite_add_tcase(s, tc);

	return s;
}
