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
 * Downloads of GDOI that several suites use.
 */

#ifndef GDOI_SAMPLES_H_
#define GDOI_SAMPLES_H_

#include "libgkm/gdoi/gdoi_format.h"
#include "libgkm/group/gkm_update.h"

#include "samples.h"

/** DER SubjectPublicKeyInfo of an RSA key of 2048 bits */
#define RSA_KEY \
	"30820122300d06092a864886f70d01010105000382010f003082010a02820101" \
	"00b4cb881d7ac978da008c0cf115b11ef3ede51e30101bfd9c6128d43b655580" \
	"2a06c5a40f74681fd4507803934f941cd8263a35caa1e8991fa1c121cfa5c62e" \
	"fef7b5aa800f3d592a8f6f712dd3671e27ae9232b69efa5b9a15f115b9c89ab7" \
	"16ad65b239fc25730189a59af443c8fc79cf8d72b5314895477a2bfd5e7d6aba" \
	"7c6ab472b6542e380fe8c739559f92a1ac2c878fe1d073dc149c2a60d88116db" \
	"8e5102c71e9882bdc68ef9bb0b3e9ba34e88ca883f2574e895724a797eb1ef9b" \
	"fd721a1c8ccc136ef684bd0c545cbd27bc1ae214a502be81018a706d88621644" \
	"23af3aed034f5b9282e8ea7665f4f3e66c24260ca308122e6bcb10a97ccd963e" \
	"8b0203010001"

/**
 * Name of a sample.
 */
const char *gdoi_sample_name(int i);

/**
 * Number of samples.
 */
int gdoi_sample_count();

/**
 * Make the i-th sample.
 */
gkm_download_t *gdoi_sample_create(int i);

/**
 * Index of the sample of that name.
 */
int gdoi_sample_find(const char *name);

/**
 * Is the member that the i-th sample is for a sender?
 */
bool gdoi_sample_is_sender(int i);

/**
 * Make a key of a key tree.
 *
 * @param id		its number, and octet that the key counts up from
 * @param node		its node
 * @param len		octets in it
 */
gkm_kwk_t *gdoi_sample_kwk(uint32_t id, uint16_t node, size_t len);

/**
 * Make an update with the rekey SA of a sample that has a key tree. Its topmost
 * key is new, and encrypted with each of the others.
 *
 * @param sample	sample, has to outlive the update
 */
gkm_update_t *gdoi_sample_update(gkm_download_t *sample);

/**
 * Write SA and KD payloads of GROUPKEY-PULL.
 *
 * @param sa		receives the body of SA, allocated
 * @param kd		receives the body of KD, allocated
 */
bool gdoi_sample_build(gkm_download_t *download, gdoi_format_t *format,
					   chunk_t *sa, chunk_t *kd, gkm_error_t *err);

/**
 * Read SA and KD payloads of GROUPKEY-PULL.
 *
 * @return			NULL if refused
 */
gkm_download_t *gdoi_sample_parse(chunk_t sa, chunk_t kd,
								  gdoi_format_t *format, bool sender,
								  gkm_error_t *err);

/**
 * Check that two downloads are the same in all respects that GDOI can tell.
 */
void assert_equal_gdoi(gkm_download_t *got, gkm_download_t *expected,
					   const char *what);

#endif /** GDOI_SAMPLES_H_ */
