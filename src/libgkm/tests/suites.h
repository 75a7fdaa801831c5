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
 * All suites, one for each file under test.
 */

#ifndef SUITES_H_
#define SUITES_H_

#include <check.h>

#define SUITES(SUITE) \
	SUITE(gkm_ack_receiver) \
	SUITE(gkm_acks) \
	SUITE(gkm_adopt) \
	SUITE(gkm_algs) \
	SUITE(gkm_cfg) \
	SUITE(gkm_cfg_coop) \
	SUITE(gkm_cfg_gdoi) \
	SUITE(gkm_cfg_plane) \
	SUITE(gkm_disjoint) \
	SUITE(gkm_coop_election) \
	SUITE(gkm_coop_link) \
	SUITE(gkm_coop_message) \
	SUITE(gkm_coop_summary) \
	SUITE(gkm_coop_sync) \
	SUITE(gkm_coop_walk) \
	SUITE(gkm_group) \
	SUITE(gkm_group_gdoi) \
	SUITE(gkm_group_life) \
	SUITE(gkm_member_state) \
	SUITE(gkm_merge) \
	SUITE(gkm_oid) \
	SUITE(gkm_outbox) \
	SUITE(gkm_policy) \
	SUITE(gkm_policy_check) \
	SUITE(gkm_policy_gdoi) \
	SUITE(gkm_policy_rekeys) \
	SUITE(gkm_print) \
	SUITE(gkm_record_list) \
	SUITE(gkm_records) \
	SUITE(gkm_records_gdoi) \
	SUITE(gkm_rekeying) \
	SUITE(gkm_rollover) \
	SUITE(gkm_seal) \
	SUITE(gkm_server_coop) \
	SUITE(gkm_server_key) \
	SUITE(gkm_spi_filter) \
	SUITE(gkm_store) \
	SUITE(gkm_store_db) \
	SUITE(gkm_store_state) \
	SUITE(gkm_timing) \
	SUITE(gkm_update) \
	SUITE(gkm_update_check) \
	SUITE(gkm_auth_key) \
	SUITE(gkm_key_forest) \
	SUITE(gkm_key_forest_servers) \
	SUITE(gkm_key_tree) \
	SUITE(gkm_key_tree_members) \
	SUITE(gkm_key_wrap) \
	SUITE(gkm_keymat) \
	SUITE(gikev2_parts) \
	SUITE(gikev2_policy) \
	SUITE(gikev2_key_bag) \
	SUITE(gikev2_kwk) \
	SUITE(gikev2_rules) \
	SUITE(gikev2_download) \
	SUITE(gikev2_robustness) \
	SUITE(gikev2_update) \
	SUITE(gikev2_delete) \
	SUITE(gikev2_sk) \
	SUITE(gikev2_auth) \
	SUITE(gikev2_fragments) \
	SUITE(gikev2_inner) \
	SUITE(gikev2_rekey) \
	SUITE(gikev2_idg) \
	SUITE(gikev2_sag) \
	SUITE(gdoi_isakmp) \
	SUITE(gdoi_ack) \
	SUITE(gdoi_delete) \
	SUITE(gdoi_group_life) \
	SUITE(gdoi_id) \
	SUITE(gdoi_kd) \
	SUITE(gdoi_lkh) \
	SUITE(gdoi_pull) \
	SUITE(gdoi_push) \
	SUITE(gdoi_push_input) \
	SUITE(gdoi_robustness) \
	SUITE(gdoi_sa)

#define DECLARE_SUITE(name) Suite *name##_suite();
SUITES(DECLARE_SUITE)

#endif /** SUITES_H_ */
