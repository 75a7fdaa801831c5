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

#include "message.h"

#include <stdio.h>
#include <string.h>

#include <collections/linked_list.h>

typedef struct value_t value_t;

/**
 * Section of a message.
 */
struct message_t {
	char *name;
	/** as value_t* */
	linked_list_t *values;
	/** as message_t* */
	linked_list_t *sections;
};

/**
 * Value, or all items of a list with spaces between.
 */
struct value_t {
	char *key;
	char *text;
	/** items of a list, as char*, NULL if it isn't one */
	linked_list_t *items;
};

/**
 * Create an empty section.
 */
static message_t *create_section(char *name)
{
	message_t *this;

	INIT(this,
		.name = strdup(name),
		.values = linked_list_create(),
		.sections = linked_list_create(),
	);
	return this;
}

/**
 * Destroy a value.
 */
static void destroy_value(value_t *value)
{
	if (value->items)
	{
		value->items->destroy_function(value->items, free);
	}
	free(value->key);
	free(value->text);
	free(value);
}

/**
 * Add a value that can be printed.
 *
 * @param items			list that it is the first item of, adopted, or NULL
 */
static void add_value(message_t *this, char *key, void *data, int len,
					  linked_list_t *items)
{
	value_t *value;

	INIT(value,
		.key = strdup(key),
		.text = strndup(data, len),
		.items = items,
	);
	this->values->insert_last(this->values, value);
}

CALLBACK(parse_kv, int,
	message_t *this, vici_res_t *res, char *key, void *data, int len)
{
	if (chunk_printable(chunk_create(data, len), NULL, ' '))
	{
		add_value(this, key, data, len, NULL);
	}
	return 0;
}

CALLBACK(parse_li, int,
	message_t *this, vici_res_t *res, char *key, void *data, int len)
{
	value_t *value;
	char *text;

	if (!chunk_printable(chunk_create(data, len), NULL, ' '))
	{
		return 0;
	}
	if (this->values->get_last(this->values, (void**)&value) != SUCCESS ||
		!value->items || !streq(value->key, key))
	{
		add_value(this, key, data, len,
				  linked_list_create_with_items(strndup(data, len), NULL));
	}
	else if (asprintf(&text, "%s %.*s", value->text, len, (char*)data) >= 0)
	{
		free(value->text);
		value->text = text;
		value->items->insert_last(value->items, strndup(data, len));
	}
	return 0;
}

CALLBACK(parse_section, int,
	message_t *this, vici_res_t *res, char *name)
{
	message_t *section;

	section = create_section(name);
	this->sections->insert_last(this->sections, section);
	return vici_parse_cb(res, parse_section, parse_kv, parse_li, section);
}

/*
 * Described in header.
 */
message_t *message_create(vici_res_t *res)
{
	message_t *this;

	this = create_section("");
	if (vici_parse_cb(res, parse_section, parse_kv, parse_li, this) != 0)
	{
		message_destroy(this);
		return NULL;
	}
	return this;
}

/*
 * Described in header.
 */
char *message_name(message_t *this)
{
	return this->name;
}

/*
 * Described in header.
 */
message_t *message_take_section(message_t *this, char *name)
{
	enumerator_t *enumerator;
	message_t *section, *found = NULL;

	enumerator = this->sections->create_enumerator(this->sections);
	while (enumerator->enumerate(enumerator, &section))
	{
		if (!name || streq(section->name, name))
		{
			this->sections->remove_at(this->sections, enumerator);
			found = section;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Take a value out of a section, if it is the given text unless that is NULL.
 */
static value_t *take_value(message_t *this, char *key, char *text)
{
	enumerator_t *enumerator;
	value_t *value, *found = NULL;

	enumerator = this->values->create_enumerator(this->values);
	while (enumerator->enumerate(enumerator, &value))
	{
		if (streq(value->key, key) && (!text || streq(value->text, text)))
		{
			this->values->remove_at(this->values, enumerator);
			found = value;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
bool message_drop(message_t *this, char *key, char *text)
{
	value_t *value;

	value = take_value(this, key, text);
	if (value)
	{
		destroy_value(value);
	}
	return value != NULL;
}

/*
 * Described in header.
 */
void message_print(message_t *this, const message_line_t *lines, int count)
{
	value_t *value;
	bool first;
	int i, j;

	for (i = 0; i < count; i++)
	{
		first = TRUE;
		for (j = 0; j < MESSAGE_LINE_MAX && lines[i].items[j].key; j++)
		{
			value = take_value(this, lines[i].items[j].key, NULL);
			if (value)
			{
				if (first)
				{
					printf(lines[i].prefix, this->name);
				}
				else
				{
					printf(", ");
				}
				printf(lines[i].items[j].format, value->text);
				destroy_value(value);
				first = FALSE;
			}
		}
		if (!first)
		{
			printf("\n");
		}
	}
}

/*
 * Described in header.
 */
void message_print_items(message_t *this, char *key, char *prefix)
{
	enumerator_t *enumerator;
	value_t *value;
	char *item;

	value = take_value(this, key, NULL);
	if (!value)
	{
		return;
	}
	if (value->items)
	{
		enumerator = value->items->create_enumerator(value->items);
		while (enumerator->enumerate(enumerator, &item))
		{
			printf("%s%s\n", prefix, item);
		}
		enumerator->destroy(enumerator);
	}
	destroy_value(value);
}

/*
 * Described in header.
 */
void message_print_all(message_t *this, char *prefix)
{
	value_t *value;
	bool first = TRUE;

	while (this->values->remove_first(this->values, (void**)&value) == SUCCESS)
	{
		printf("%s%s %s", first ? prefix : ", ", value->key, value->text);
		destroy_value(value);
		first = FALSE;
	}
	if (!first)
	{
		printf("\n");
	}
}

/*
 * Described in header.
 */
void message_print_rest(message_t *this, int indent)
{
	message_t *section;
	value_t *value;

	while (this->values->remove_first(this->values, (void**)&value) == SUCCESS)
	{
		printf("%*s%s: %s\n", indent, "", value->key, value->text);
		destroy_value(value);
	}
	while ((section = message_take_section(this, NULL)))
	{
		printf("%*s%s:\n", indent, "", section->name);
		message_print_rest(section, indent + 2);
		message_destroy(section);
	}
}

/*
 * Described in header.
 */
void message_destroy(message_t *this)
{
	if (this)
	{
		this->values->destroy_function(this->values, (void*)destroy_value);
		this->sections->destroy_function(this->sections,
										 (void*)message_destroy);
		free(this->name);
		free(this);
	}
}
