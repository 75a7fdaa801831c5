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
 * @defgroup gkm_error gkm_error
 * @{ @ingroup libgkm
 */

#ifndef GKM_ERROR_H_
#define GKM_ERROR_H_

#include <library.h>

typedef struct gkm_error_t gkm_error_t;

/**
 * Why something was refused, as one line without a period or newline: what
 * was wrong and where, such as "GSA payload: octet 37: transform of 6 octets".
 * Never holds key material.
 */
struct gkm_error_t {
	char text[192];
};

/**
 * Note why something failed. Only the first reason is kept, since it is the
 * one closest to the cause.
 *
 * @param err		where to note it, may be NULL
 * @param fmt		printf format, strongSwan's specifiers included
 * @return			always FALSE, so that it can be returned
 */
bool gkm_fail(gkm_error_t *err, const char *fmt, ...);

#endif /** GKM_ERROR_H_ @}*/
