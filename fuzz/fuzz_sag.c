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

#include "fuzz.h"

#include "libgkm/gikev2/gikev2_sag.h"

/** A group that capabilities are held against */
static gkm_rekey_sa_t *rekey;
static array_t *sas;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	gkm_data_sa_t *sa;

	fuzz_init();
	rekey = gkm_rekey_sa_create();
	rekey->proposal = gkm_rekey_proposal("aes256gcm16-kw256", NULL);
	rekey->auth = GKM_AUTH_SIGNATURE;
	sa = gkm_data_sa_create();
	sa->proposal = gkm_data_proposal(PROTO_ESP, GKM_SN_UNSPECIFIED,
									 "aes256-sha256", NULL);
	sas = array_create(0, 0);
	array_insert(sas, ARRAY_TAIL, sa);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	linked_list_t *list;
	gkm_error_t err = {};

	list = gikev2_sag_parse(chunk_create((u_char*)data, len), &err);
	if (!list)
	{
		fuzz_assert(err.text[0], "refused without a reason", &err);
		return 0;
	}
	if (!gikev2_sag_covers(list, rekey, sas, &err))
	{
		fuzz_assert(err.text[0], "not covered without a reason", &err);
	}
	list->destroy_offset(list, offsetof(proposal_t, destroy));
	return 0;
}
