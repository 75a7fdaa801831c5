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
 * Sender IDs of a group: the top bits of counter mode IVs that keep the
 * nonces of its senders apart (RFC 6054, 2; RFC 9838, 2.5).
 *
 * @defgroup gkm_sender_ids gkm_sender_ids
 * @{ @ingroup libgkm
 */

#ifndef GKM_SENDER_IDS_H_
#define GKM_SENDER_IDS_H_

#include <library.h>
#include <collections/array.h>
#include <utils/identification.h>

#include "gkm_adoption.h"
#include "gkm_error.h"

typedef struct gkm_sender_ids_t gkm_sender_ids_t;
typedef struct gkm_sender_id_store_t gkm_sender_id_store_t;

/** Sender IDs that one registration gets at most. RFC 9838, 4.5.3, wants
 *  such a bound, so that no member can use up the space. */
#define GKM_SENDER_IDS_MAX 16

/** Bits in a sender ID at most */
#define GKM_SENDER_ID_BITS_MAX 32

/**
 * What remembers which sender IDs were given out, across restarts.
 */
struct gkm_sender_id_store_t {

	/**
	 * Reserve a block of consecutive sender IDs. Once this has returned, no
	 * call returns one of them again, whatever happens to the process or the
	 * machine.
	 *
	 * @param group		group identity; each group has IDs of its own
	 * @param bits		size of sender IDs, 1..32; each size has its own
	 * @param want		number of IDs to reserve at most
	 * @param first		receives the first ID of the block
	 * @param count		receives the number of IDs in the block, 0 if all
	 *					2^bits have been reserved already
	 * @param err		receives the reason on failure
	 * @return			FALSE if nothing could be reserved durably
	 */
	bool (*reserve)(gkm_sender_id_store_t *this, identification_t *group,
					uint8_t bits, uint32_t want, uint32_t *first,
					uint32_t *count, gkm_error_t *err);

	/**
	 * Forget what was reserved: no SA on which these IDs were used is in use
	 * any more.
	 *
	 * @param group		group identity
	 * @param bits		size of sender IDs
	 * @param err		receives the reason on failure
	 * @return			FALSE if that can't be done durably
	 */
	bool (*reset)(gkm_sender_id_store_t *this, identification_t *group,
				  uint8_t bits, gkm_error_t *err);
};

/**
 * Hands out the sender IDs of a group, each once.
 *
 * Key servers that serve a group together have a slice of the IDs each, with
 * the same topmost bits. What the store counts are the IDs below these bits,
 * whatever the number of the key server, or if it was alone then. So no ID that
 * this key server gave out is given out once more because its number changed.
 * But others may have given it out, if they had that number before, or were
 * alone: data SAs that they did that for have to be replaced.
 *
 * note() tells of IDs that were given out. Those of this key server that it
 * doesn't remember, as it lost its store, or has an old one, aren't given out
 * again. What is known of all slices is to be kept for others, get_ends().
 *
 * IDs are reserved in blocks, so that the store is written rarely. What is
 * left of a block is lost when this is destroyed; therefore a block is
 * 256 IDs, but not more than 1/64 of those that belong to the key server (and at
 * least one): 4 of 8 bits if it is alone.
 */
struct gkm_sender_ids_t {

	/**
	 * Hand out sender IDs.
	 *
	 * @param wanted	number of IDs wanted, 0 is taken as 1
	 * @param ids		array of uint32_t* to add them to: at least one, at
	 *					most wanted and at most GKM_SENDER_IDS_MAX
	 * @param err		receives the reason on failure
	 * @return			FALSE if there is none left, or the store failed
	 */
	bool (*allocate)(gkm_sender_ids_t *this, uint32_t wanted, array_t *ids,
					 gkm_error_t *err);

	/**
	 * An ID was given out, by this key server or another one.
	 *
	 * @param id		sender ID
	 */
	void (*note)(gkm_sender_ids_t *this, uint32_t id);

	/**
	 * Another key server says what it knows of each slice.
	 *
	 * @param ends		what get_ends() said
	 */
	void (*note_ends)(gkm_sender_ids_t *this,
					  uint32_t ends[GKM_COOP_SERVERS_MAX]);

	/**
	 * Get where what was given out of each slice ends, as far as it is known:
	 * counted from the first ID of the slice. All zero if this one is alone.
	 *
	 * @param ends		receives one for each slice
	 */
	void (*get_ends)(gkm_sender_ids_t *this,
					 uint32_t ends[GKM_COOP_SERVERS_MAX]);

	/**
	 * Were all IDs given out, so that allocate() failed?
	 */
	bool (*is_exhausted)(gkm_sender_ids_t *this);

	/**
	 * Begin with the first ID again, and forget what others gave out.
	 *
	 * @param err		receives the reason on failure
	 * @return			FALSE if the store failed
	 */
	bool (*reset)(gkm_sender_ids_t *this, gkm_error_t *err);

	/**
	 * Size of the IDs in bits.
	 */
	uint8_t (*get_bits)(gkm_sender_ids_t *this);

	/**
	 * Destroy this.
	 */
	void (*destroy)(gkm_sender_ids_t *this);
};

/**
 * Create an allocator. Nothing is reserved before the first ID is needed.
 *
 * @param store		store, has to outlive this
 * @param group		group identity, cloned
 * @param bits		size of IDs, 1..32; 4..32 if the key server isn't alone
 * @param server	number of the key server, 0 if it is alone
 */
gkm_sender_ids_t *gkm_sender_ids_create(gkm_sender_id_store_t *store,
										identification_t *group, uint8_t bits,
										uint8_t server);

#endif /** GKM_SENDER_IDS_H_ @}*/
