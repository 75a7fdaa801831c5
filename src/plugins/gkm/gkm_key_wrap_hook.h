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
 * Negotiation of the key wrap algorithm (transform type 13) of IKE_SAs.
 *
 * charon keeps transforms of any type in its proposals, selects among them,
 * and parses them, but it writes those of types it knows only. This listener
 * completes the SA payloads of IKE_SA_INIT, and of CREATE_CHILD_SA when it
 * rekeys an IKE_SA, before they are generated.
 *
 * @defgroup gkm_key_wrap_hook gkm_key_wrap_hook
 * @{ @ingroup gkm
 */

#ifndef GKM_KEY_WRAP_HOOK_H_
#define GKM_KEY_WRAP_HOOK_H_

#include <daemon.h>

typedef struct gkm_key_wrap_hook_t gkm_key_wrap_hook_t;

/**
 * Completes SA payloads.
 */
struct gkm_key_wrap_hook_t {

	/**
	 * Implements listener_t, to be registered with charon's bus
	 */
	listener_t listener;

	/**
	 * Destroy the hook.
	 */
	void (*destroy)(gkm_key_wrap_hook_t *this);
};

/**
 * Create the hook.
 */
gkm_key_wrap_hook_t *gkm_key_wrap_hook_create();

#endif /** GKM_KEY_WRAP_HOOK_H_ @}*/
