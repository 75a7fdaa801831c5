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

#include "gkm_server_key.h"

#include <limits.h>

#include <credentials/keys/signature_params.h>

/** Bits of an ephemeral ECDSA key */
#define EPHEMERAL_KEY_SIZE 256

/**
 * Load a key from a file
 */
static private_key_t *load_file(char *name, gkm_error_t *err)
{
	private_key_t *key;
	char path[PATH_MAX], *dir;

	if (path_absolute(name))
	{
		snprintf(path, sizeof(path), "%s", name);
	}
	else
	{
		dir = lib->settings->get_str(lib->settings,
						"%s.plugins.gkm-server.swanctl_dir", SWANCTL_DIR,
						lib->ns);
		snprintf(path, sizeof(path), "%s/private/%s", dir, name);
	}
	key = lib->creds->create(lib->creds, CRED_PRIVATE_KEY, KEY_ANY,
							 BUILD_FROM_FILE, path, BUILD_END);
	if (!key)
	{
		gkm_fail(err, "rekey.key: no private key could be read from %s", path);
	}
	return key;
}

/*
 * Described in header
 */
bool gkm_server_key_load(gkm_cfg_t *cfg, private_key_t *current,
						 private_key_t **key, gkm_error_t *err)
{
	/* GDOI has no message without signature (RFC 6407, 4) */
	bool gdoi = gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI);

	*key = NULL;
	if (!gdoi && (cfg->rekey.transport == GKM_TRANSPORT_INBAND ||
				  cfg->rekey.auth == GKM_AUTH_IMPLICIT))
	{
		return TRUE;
	}
	if (cfg->rekey.key)
	{
		*key = load_file(cfg->rekey.key, err);
	}
	else if (current)
	{
		*key = current->get_ref(current);
	}
	else
	{
		*key = lib->creds->create(lib->creds, CRED_PRIVATE_KEY, KEY_ECDSA,
								  BUILD_KEY_SIZE, EPHEMERAL_KEY_SIZE, BUILD_END);
		if (!*key)
		{
			gkm_fail(err, "rekey.key: no ECDSA key could be generated");
		}
	}
	return *key != NULL;
}

/** PSS padding with SHA-256, and a salt of its length (RFC 7427, A.4.2) */
static rsa_pss_params_t pss_params = {
	.hash = HASH_SHA256,
	.mgf1_hash = HASH_SHA256,
	.salt_len = HASH_SIZE_SHA256,
};

/**
 * Signature scheme to use with an RSA key. It is padded as charon does it for
 * IKEv2, which its option rsa_pss says, but in GDOI always as RFC 6407, 4.4,
 * wants it.
 */
static signature_scheme_t get_rsa_scheme(gkm_cfg_t *cfg)
{
	if (!gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI))
	{
		return lib->settings->get_bool(lib->settings, "%s.rsa_pss", FALSE,
							lib->ns) ? SIGN_RSA_EMSA_PSS
									 : SIGN_RSA_EMSA_PKCS1_SHA2_256;
	}
	switch (cfg->gdoi.hash)
	{
		case HASH_SHA384:
			return SIGN_RSA_EMSA_PKCS1_SHA2_384;
		case HASH_SHA512:
			return SIGN_RSA_EMSA_PKCS1_SHA2_512;
		default:
			return SIGN_RSA_EMSA_PKCS1_SHA2_256;
	}
}

/**
 * Signature scheme to use with a key
 */
static signature_scheme_t get_scheme(gkm_cfg_t *cfg, private_key_t *key)
{
	switch (key->get_type(key))
	{
		case KEY_RSA:
			return get_rsa_scheme(cfg);
		case KEY_ECDSA:
			switch (key->get_keysize(key))
			{
				case 256:
					return SIGN_ECDSA_WITH_SHA256_DER;
				case 384:
					return SIGN_ECDSA_WITH_SHA384_DER;
				default:
					return SIGN_ECDSA_WITH_SHA512_DER;
			}
		case KEY_ED25519:
			return SIGN_ED25519;
		case KEY_ED448:
			return SIGN_ED448;
		default:
			return SIGN_UNKNOWN;
	}
}

/**
 * Can GDOI members check signatures of a key (RFC 6407, 5.3.6)?
 */
static bool check_gdoi(private_key_t *key, gkm_error_t *err)
{
	int size = key->get_keysize(key);

	switch (key->get_type(key))
	{
		case KEY_RSA:
			return TRUE;
		case KEY_ECDSA:
			return size == 256 || size == 384 || size == 521 ||
				   gkm_fail(err, "rekey.key: GDOI can't sign with ECDSA keys "
							"of %d bits", size);
		default:
			return gkm_fail(err, "rekey.key: GDOI can't sign with a %N key, it "
							"has to be RSA or ECDSA", key_type_names,
							key->get_type(key));
	}
}

/*
 * Described in header
 */
bool gkm_server_key_describe(gkm_cfg_t *cfg, private_key_t *key,
							 chunk_t *auth_key, chunk_t *sig_alg,
							 gkm_error_t *err)
{
	signature_params_t params = {};
	public_key_t *public;
	bool success;

	*auth_key = chunk_empty;
	*sig_alg = chunk_empty;
	if (!key)
	{
		return TRUE;
	}
	if (gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI) && !check_gdoi(key, err))
	{
		return FALSE;
	}
	params.scheme = get_scheme(cfg, key);
	if (params.scheme == SIGN_RSA_EMSA_PSS)
	{
		params.params = &pss_params;
	}
	if (params.scheme == SIGN_UNKNOWN ||
		!signature_params_build(&params, sig_alg))
	{
		return gkm_fail(err, "rekey.key: can't sign rekeys with a %N key",
						key_type_names, key->get_type(key));
	}
	public = key->get_public_key(key);
	success = public && public->get_encoding(public, PUBKEY_SPKI_ASN1_DER,
											 auth_key);
	DESTROY_IF(public);
	if (!success)
	{
		chunk_free(sig_alg);
		return gkm_fail(err, "rekey.key: public key can't be encoded");
	}
	return TRUE;
}
