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
 * Encrypted content of SK and SKF payloads: what follows their headers
 * (RFC 7296, 3.14; RFC 5282, 3).
 *
 *   IV | encrypted (plain text | padding | Pad Length) | ICV
 *
 * @defgroup gikev2_sk gikev2_sk
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_SK_H_
#define GIKEV2_SK_H_

#include <library.h>
#include <crypto/aead.h>

/**
 * Octets of content that plain text of a length becomes.
 */
size_t gikev2_sk_len(aead_t *aead, size_t plain_len);

/**
 * Octets of plain text at most that become no more content than that, 0 if it
 * is too small.
 */
size_t gikev2_sk_capacity(aead_t *aead, size_t len);

/**
 * Encrypt plain text.
 *
 * @param aead		transform
 * @param seq		number for the IV, larger than in earlier calls: IVs of
 *					counter modes may not repeat
 * @param assoc		associated data: all headers
 * @param plain		plain text
 * @param content	gikev2_sk_len() octets, to be filled; may contain key
 *					material on failure
 * @return			FALSE on failure
 */
bool gikev2_sk_encrypt(aead_t *aead, uint64_t seq, chunk_t assoc, chunk_t plain,
					   chunk_t content);

/**
 * Check the integrity of content and decrypt it in place.
 *
 * @param aead		transform
 * @param assoc		associated data: all headers
 * @param content	content
 * @param plain		receives plain text and padding, a part of content
 * @return			FALSE if the length is wrong, or the integrity check fails
 */
bool gikev2_sk_decrypt(aead_t *aead, chunk_t assoc, chunk_t content,
					   chunk_t *plain);

/**
 * Take the padding off.
 *
 * @param plain		what was decrypted
 * @return			FALSE if there isn't as much as it says
 */
bool gikev2_sk_strip(chunk_t *plain);

#endif /** GIKEV2_SK_H_ @}*/
