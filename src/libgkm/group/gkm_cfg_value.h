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
 * Kinds of values that options of a group have: how each is read from text,
 * compared and freed. What is read is stored in a field of gkm_cfg_t or
 * gkm_cfg_sa_t.
 *
 * @defgroup gkm_cfg_value gkm_cfg_value
 * @{ @ingroup libgkm
 */

#ifndef GKM_CFG_VALUE_H_
#define GKM_CFG_VALUE_H_

#include "gkm_cfg.h"

#include <selectors/traffic_selector.h>

typedef struct gkm_cfg_value_t gkm_cfg_value_t;
typedef struct gkm_cfg_limits_t gkm_cfg_limits_t;

/**
 * What an option allows of its kind of value.
 */
struct gkm_cfg_limits_t {
	/** numbers, times in seconds or milliseconds, octets; both inclusive */
	uint32_t min;
	uint32_t max;
	/** names of an enum */
	enum_name_t **names;
};

/**
 * Kind of value.
 */
struct gkm_cfg_value_t {

	/**
	 * Read a value. On failure the field may hold what was read so far, to
	 * be freed with destroy().
	 *
	 * @param text		what the user wrote, without space around it
	 * @param field		zeroed field to fill in
	 * @param limits	what the option allows
	 * @param err		receives the reason on failure
	 * @return			FALSE if refused
	 */
	bool (*parse)(char *text, void *field, const gkm_cfg_limits_t *limits,
				  gkm_error_t *err);

	/**
	 * Compare two fields.
	 */
	bool (*equals)(const void *field, const void *other);

	/**
	 * Free what a field holds, NULL if nothing.
	 */
	void (*destroy)(void *field);
};

/** Compares two fields, or two items of a list (pointers to their pointers) */
typedef bool (*gkm_cfg_equals_t)(const void *field, const void *other);

/** Reads an item of a list and adds it, creating the list */
typedef bool (*gkm_cfg_item_parse_t)(char *text, array_t **list, void *user,
									 gkm_error_t *err);

/** identification_t*: identity of a group; "oid:1.2.3" and "oid:1.2.3/0a0b" are
 *  object identifiers, see gkm_oid.h */
extern const gkm_cfg_value_t gkm_cfg_group_id;

/** array_t* of identification_t*, may hold wildcards. Separated by semicolons,
 *  or by commas where no distinguished name is between them. */
extern const gkm_cfg_value_t gkm_cfg_ids;

/** array_t* of char*: names, separated by commas, each once */
extern const gkm_cfg_value_t gkm_cfg_names;

/** char* */
extern const gkm_cfg_value_t gkm_cfg_string;

/** an enum with the names in limits */
extern const gkm_cfg_value_t gkm_cfg_enum;

/** bool */
extern const gkm_cfg_value_t gkm_cfg_bool;

/** bool, one of the two names in limits */
extern const gkm_cfg_value_t gkm_cfg_choice;

/** chunk_t: object identifier in DER, such as "1.2.840.10070" */
extern const gkm_cfg_value_t gkm_cfg_oid;

/** chunk_t: octets in hex, with or without 0x */
extern const gkm_cfg_value_t gkm_cfg_hex;

/** uint32_t */
extern const gkm_cfg_value_t gkm_cfg_number;

/** uint8_t */
extern const gkm_cfg_value_t gkm_cfg_octet;

/** uint64_t, in bytes, with or without a unit k, m or g of powers of 1024; has
 *  no limits */
extern const gkm_cfg_value_t gkm_cfg_bytes;

/** uint32_t, in seconds, written with or without a unit s, m, h or d */
extern const gkm_cfg_value_t gkm_cfg_time;

/** uint32_t, in milliseconds, written with a unit s or ms, or in seconds
 *  without one */
extern const gkm_cfg_value_t gkm_cfg_msecs;

/** as gkm_cfg_msecs, 1..100s or 100..10000ms */
extern const gkm_cfg_value_t gkm_cfg_d3p_window;

/** gkm_cfg_retransmit_t, such as "2 every 10s", or "0"; limits are of count */
extern const gkm_cfg_value_t gkm_cfg_retransmit;

/** as gkm_cfg_time, or "auto" for GKM_ATD_AUTO */
extern const gkm_cfg_value_t gkm_cfg_delay;

/** host_t*: multicast address, with port 848 unless given */
extern const gkm_cfg_value_t gkm_cfg_multicast;

/** array_t* of traffic_selector_t*, each once */
extern const gkm_cfg_value_t gkm_cfg_selectors;

/** array_t* of char*: names of network interfaces, each once */
extern const gkm_cfg_value_t gkm_cfg_interfaces;

/** array_t* of traffic_selector_t*, each two of them prefixes of one family, such
 *  as "10.9.0.0/16, 10.1.0.5/32 === 10.2.0.0/16"; any address where the second
 *  one isn't written */
extern const gkm_cfg_value_t gkm_cfg_prefix_pairs;

/** array_t* of proposal_t*. Those for ESP and AH have GKM_SN_UNSPECIFIED until
 *  gkm_cfg_proposals_set_sn() is called. */
extern const gkm_cfg_value_t gkm_cfg_esp_proposals;
extern const gkm_cfg_value_t gkm_cfg_ah_proposals;
extern const gkm_cfg_value_t gkm_cfg_iec_proposals;
extern const gkm_cfg_value_t gkm_cfg_rekey_proposals;
extern const gkm_cfg_value_t gkm_cfg_gdoi_proposals;

/** u_int, bits 1 << gkm_protocol_t: list of protocols, or one */
extern const gkm_cfg_value_t gkm_cfg_protocols;
extern const gkm_cfg_value_t gkm_cfg_protocol;

/**
 * Give proposals of data SAs another sequence numbers transform.
 *
 * @param proposals	array_t* of proposal_t*
 * @param sn		transform they get
 */
void gkm_cfg_proposals_set_sn(array_t *proposals, gkm_sn_t sn);

/**
 * Read a traffic selector.
 *
 * @param text		such as "10.0.0.0/8[udp/5000]"
 * @param err		receives the reason on failure
 * @return			selector, NULL if it isn't one
 */
traffic_selector_t *gkm_cfg_selector(char *text, gkm_error_t *err);

/**
 * Compare and free lists of selectors, gkm_cfg_value_t.equals() and destroy().
 */
bool gkm_cfg_selectors_equal(const void *field, const void *other);
void gkm_cfg_selectors_destroy(void *field);

/**
 * Compare and free lists of strings, gkm_cfg_value_t.equals() and destroy().
 */
bool gkm_cfg_names_equal(const void *field, const void *other);
void gkm_cfg_names_destroy(void *field);

/**
 * Read a decimal number of one to ten digits.
 *
 * @param text		text that starts with it
 * @param value		receives the number
 * @param end		receives the end of it
 * @return			FALSE if there is none, or more digits
 */
bool gkm_cfg_decimal(char *text, uint64_t *value, char **end);

/**
 * Read a list, an item at a time.
 *
 * @param text		text, may not be empty
 * @param sep		characters that separate items
 * @param list		list to add items to, NULL if parse doesn't
 * @param parse		reads one item
 * @param user		passed to parse
 * @param err		receives the reason on failure
 * @return			FALSE if there is no item, or one was refused
 */
bool gkm_cfg_list_parse(char *text, char *sep, array_t **list,
						gkm_cfg_item_parse_t parse, void *user,
						gkm_error_t *err);

/**
 * Are two lists (pointers to array_t*) the same, in the same order?
 */
bool gkm_cfg_list_equals(const void *field, const void *other,
						 gkm_cfg_equals_t equals);

/**
 * Does a list have an item like this one?
 */
bool gkm_cfg_list_contains(array_t *list, void *item, gkm_cfg_equals_t equals);

#endif /** GKM_CFG_VALUE_H_ @}*/
