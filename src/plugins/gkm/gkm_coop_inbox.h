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
 * Messages from other key servers, and their answers.
 *
 * @defgroup gkm_coop_inbox gkm_coop_inbox
 * @{ @ingroup gkm
 */

#ifndef GKM_COOP_INBOX_H_
#define GKM_COOP_INBOX_H_

#include "gkm_coop.h"
#include "gkm_payload.h"

typedef struct gkm_coop_inbox_t gkm_coop_inbox_t;

/**
 * Passes messages to who hears of them.
 */
struct gkm_coop_inbox_t {

	/**
	 * See gkm_coop_links_t.set_handler().
	 */
	void (*set_handler)(gkm_coop_inbox_t *this, gkm_coop_handler_t *handler);

	/**
	 * See gkm_coop_handler_t.link().
	 */
	void (*link)(gkm_coop_inbox_t *this, char *connection, bool up);

	/**
	 * Take a message that this thread is about to answer.
	 *
	 * @param content		content of the message, what is taken is removed;
	 *						NULL to refuse it
	 */
	void (*take)(gkm_coop_inbox_t *this, gkm_content_t *content);

	/**
	 * Destroy it.
	 */
	void (*destroy)(gkm_coop_inbox_t *this);
};

/**
 * Have a message answered that was taken by this thread, see
 * gkm_message_fill_t. What isn't accepted is answered with
 * N(AUTHORIZATION_FAILED).
 */
void gkm_coop_inbox_answer(ike_sa_t *ike_sa, message_t *message);

/**
 * Create it. There can be one only.
 */
gkm_coop_inbox_t *gkm_coop_inbox_create();

#endif /** GKM_COOP_INBOX_H_ @}*/
