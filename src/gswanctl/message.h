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
 * A vici message as a tree, for printing that doesn't depend on the order in
 * which the daemon sends things, nor on all of them being there.
 *
 * @defgroup message message
 * @{ @ingroup gswanctl
 */

#ifndef MESSAGE_H_
#define MESSAGE_H_

#include <library.h>
#include <libvici.h>

typedef struct message_t message_t;
typedef struct message_line_t message_line_t;

/** Values in a line at most */
#define MESSAGE_LINE_MAX 8

/**
 * How to print a line: all those values of a section that are there, with
 * commas between. Without any there is no line.
 */
struct message_line_t {
	/** before the values; a %s is for the section's name */
	char *prefix;
	struct {
		/** format of the value, with a %s */
		char *format;
		/** name of the value */
		char *key;
	} items[MESSAGE_LINE_MAX];
};

/**
 * Read a message.
 *
 * @param res			message
 * @return				its root, NULL if malformed
 */
message_t *message_create(vici_res_t *res);

/**
 * Name of a section, empty for the root.
 */
char *message_name(message_t *this);

/**
 * Take a section out of another one.
 *
 * @param this			section to look into
 * @param name			its name, NULL for the first one
 * @return				section to be destroyed, NULL if there is none
 */
message_t *message_take_section(message_t *this, char *name);

/**
 * Remove a value that isn't to be printed as it is.
 *
 * @param this			section
 * @param key			name of the value
 * @param text			what it has to be to be removed
 * @return				TRUE if it was
 */
bool message_drop(message_t *this, char *key, char *text);

/**
 * Print and remove values of a section.
 *
 * @param this			section
 * @param lines			how to print them
 * @param count			number of lines
 */
void message_print(message_t *this, const message_line_t *lines, int count);

/**
 * Print and remove the items of a list, a line for each.
 *
 * @param this			section
 * @param key			name of the list
 * @param prefix		before each item
 */
void message_print_items(message_t *this, char *key, char *prefix);

/**
 * Print and remove all values of a section as one line of "key value", with
 * commas between. Without any there is no line.
 *
 * @param this			section
 * @param prefix		before the values
 */
void message_print_all(message_t *this, char *prefix);

/**
 * Print and remove what is left of a section, as "key: value" and with names
 * of sections in front of what they hold.
 *
 * @param this			section
 * @param indent		columns to indent by
 */
void message_print_rest(message_t *this, int indent);

/**
 * Destroy a section with all in it.
 *
 * @param this			section, may be NULL
 */
void message_destroy(message_t *this);

#endif /** MESSAGE_H_ @}*/
