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


#include "gkm_dp_features.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/** Features in a word of masks */
#define WORD 32

/** Features that there may be at most; kernels have some 60 */
#define FEATURES_MAX (8 * WORD)

typedef struct features_t features_t;

/**
 * Features of an interface, as the kernel numbers them.
 */
struct features_t {

	/** socket and interface for requests */
	int fd;
	char *name;

	/** number of features, and of words for a bit of each */
	uint32_t count;
	uint32_t words;

	/** their names, not necessarily terminated */
	char names[FEATURES_MAX][ETH_GSTRING_LEN];

	/** which of them are on, and can be switched off */
	uint32_t on[FEATURES_MAX / WORD];
};

/**
 * Ask the kernel.
 */
static bool request(features_t *this, void *data)
{
	struct ifreq ifr = { .ifr_data = data };

	strncpy(ifr.ifr_name, this->name, sizeof(ifr.ifr_name) - 1);
	return ioctl(this->fd, SIOCETHTOOL, &ifr) >= 0;
}

/**
 * Get how many features there are.
 */
static bool get_count(features_t *this)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t count;
	} sset = {
		.info = {
			.cmd = ETHTOOL_GSSET_INFO,
			.sset_mask = 1ULL << ETH_SS_FEATURES,
		},
	};

	if (!request(this, &sset))
	{
		return FALSE;
	}
	if (sset.count > FEATURES_MAX)
	{
		errno = EOVERFLOW;
		return FALSE;
	}
	this->count = sset.count;
	this->words = (sset.count + WORD - 1) / WORD;
	return TRUE;
}

/**
 * Get their names.
 */
static bool get_names(features_t *this)
{
	struct {
		struct ethtool_gstrings info;
		char names[FEATURES_MAX][ETH_GSTRING_LEN];
	} strings = {
		.info = {
			.cmd = ETHTOOL_GSTRINGS,
			.string_set = ETH_SS_FEATURES,
			.len = this->count,
		},
	};

	if (!request(this, &strings))
	{
		return FALSE;
	}
	memcpy(this->names, strings.names, sizeof(this->names));
	return TRUE;
}

/**
 * Get which of them are on.
 */
static bool get_on(features_t *this)
{
	struct {
		struct ethtool_gfeatures info;
		struct ethtool_get_features_block blocks[FEATURES_MAX / WORD];
	} features = {
		.info = {
			.cmd = ETHTOOL_GFEATURES,
			.size = this->words,
		},
	};
	uint32_t i;

	if (!request(this, &features))
	{
		return FALSE;
	}
	for (i = 0; i < this->words; i++)
	{
		this->on[i] = features.blocks[i].active & features.blocks[i].available &
					  ~features.blocks[i].never_changed;
	}
	return TRUE;
}

/**
 * Is a feature on, and meant?
 */
static bool is_on(features_t *this, uint32_t feature, char *prefix)
{
	return this->on[feature / WORD] & 1U << feature % WORD &&
		   strneq(this->names[feature], prefix, strlen(prefix));
}

/**
 * Switch them off.
 */
static bool switch_off(features_t *this, char *prefix)
{
	struct {
		struct ethtool_sfeatures info;
		struct ethtool_set_features_block blocks[FEATURES_MAX / WORD];
	} features = {
		.info = {
			.cmd = ETHTOOL_SFEATURES,
			.size = this->words,
		},
	};
	uint32_t i;

	for (i = 0; i < this->count; i++)
	{
		if (is_on(this, i, prefix))
		{
			features.blocks[i / WORD].valid |= 1U << i % WORD;
		}
	}
	return request(this, &features) && get_on(this);
}

/*
 * Described in header
 */
bool gkm_dp_features_off(char *name, char *prefix, gkm_error_t *err)
{
	features_t this = {
		.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
		.name = name,
	};
	uint32_t i;
	bool done;

	done = this.fd >= 0 && get_count(&this) && get_names(&this) &&
		   get_on(&this) && switch_off(&this, prefix);
	if (!done)
	{
		gkm_fail(err, "%s: switching offloads off failed: %s", name,
				 strerror(errno));
	}
	for (i = 0; done && i < this.count; i++)
	{
		if (is_on(&this, i, prefix))
		{
			done = gkm_fail(err, "%s: '%.*s' stays on", name, ETH_GSTRING_LEN,
							this.names[i]);
		}
	}
	if (this.fd >= 0)
	{
		close(this.fd);
	}
	return done;
}
