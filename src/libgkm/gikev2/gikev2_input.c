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

#include "gikev2_input.h"

#include <stdarg.h>

/*
 * Described in header
 */
u_char *gikev2_position(gikev2_input_t *in, bio_reader_t *reader)
{
	chunk_t rest = reader->peek(reader);

	if (rest.len)
	{
		return rest.ptr;
	}
	return in->body.len ? in->body.ptr + in->body.len : in->body.ptr;
}

/*
 * Described in header
 */
bool gikev2_fail(gikev2_input_t *in, const u_char *at, const char *fmt, ...)
{
	gkm_error_t what;
	va_list args;

	va_start(args, fmt);
	vsnprintf(what.text, sizeof(what.text), fmt, args);
	va_end(args);
	return gkm_fail(in->err, "%s payload: octet %u: %s", in->name,
					(u_int)(at - in->body.ptr), what.text);
}
