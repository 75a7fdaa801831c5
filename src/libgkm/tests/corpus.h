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
 * Seeds of the fuzz targets.
 */

#ifndef CORPUS_H_
#define CORPUS_H_

#include <library.h>

/**
 * Write a seed, as directory/target/sample-nr.
 */
void corpus_write(char *dir, char *target, int nr, chunk_t data);

/**
 * Write the seeds of the targets that read GDOI messages.
 */
void corpus_write_gdoi(char *dir);

#endif /** CORPUS_H_ */
