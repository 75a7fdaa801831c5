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

#include "gkm_member_script.h"

#include <stdio.h>
#include <unistd.h>

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>
#include <utils/process.h>

/** Characters of a line that are logged */
#define LINE_MAX_LEN 256

typedef struct private_gkm_member_script_t private_gkm_member_script_t;
typedef struct run_t run_t;

/**
 * Private data
 */
struct private_gkm_member_script_t {

	/** public interface */
	gkm_member_script_t public;

	/** references: the user, and a job */
	refcount_t refs;

	/** carrier */
	gkm_t *gkm;

	/** name of the group, and how to run the program */
	char *group;
	char *command;

	/** what it is still to be run for, as run_t* */
	linked_list_t *runs;

	/** TRUE if there is a job for it */
	bool running;

	/** protects the above */
	mutex_t *mutex;
};

/**
 * What to run it with
 */
struct run_t {
	array_t *env;
	chunk_t input;
};

static void run_destroy(run_t *run)
{
	array_destroy_function(run->env, (array_callback_t)free, NULL);
	chunk_clear(&run->input);
	free(run);
}

/**
 * Write the text for standard input. It is shorter than what a pipe holds, so
 * that a program that doesn't read it isn't waited for.
 */
static void write_input(private_gkm_member_script_t *this, chunk_t input,
						int fd)
{
	ssize_t len;

	while (input.len)
	{
		len = write(fd, input.ptr, input.len);
		if (len <= 0)
		{
			DBG1(DBG_NET, "group %s: '%s' doesn't take its input",
				 this->group, this->command);
			break;
		}
		input = chunk_skip(input, len);
	}
	close(fd);
}

/**
 * Log what the program writes, until it ends
 */
static void log_output(private_gkm_member_script_t *this, int fd)
{
	char line[LINE_MAX_LEN];
	FILE *file;

	file = fdopen(fd, "r");
	if (!file)
	{
		close(fd);
		return;
	}
	while (fgets(line, sizeof(line), file))
	{
		line[strcspn(line, "\n")] = '\0';
		DBG1(DBG_NET, "group %s: '%s': %s", this->group, this->command, line);
	}
	fclose(file);
}

/**
 * Run the program and wait for its end
 */
static void execute(private_gkm_member_script_t *this, run_t *run)
{
	char *argv[] = { "/bin/sh", "-c", this->command, NULL }, **envp;
	int i, count = array_count(run->env), in, out, code = 0;
	process_t *process;

	envp = calloc(count + 1, sizeof(char*));
	for (i = 0; i < count; i++)
	{
		array_get(run->env, i, &envp[i]);
	}
	process = process_start(argv, envp, &in, &out, NULL, TRUE);
	if (process)
	{
		write_input(this, run->input, in);
		log_output(this, out);
	}
	if (!process || !process->wait(process, &code) || code)
	{
		this->gkm->event(this->gkm, this->group, 4, "GM_SCRIPT_FAILED",
						 "group %s: '%s' failed, exit code %d", this->group,
						 this->command, code);
	}
	free(envp);
}

/**
 * Run the program for all that was queued
 */
static job_requeue_t execute_all(private_gkm_member_script_t *this)
{
	run_t *run;

	while (TRUE)
	{
		this->mutex->lock(this->mutex);
		if (this->runs->remove_first(this->runs, (void**)&run) != SUCCESS)
		{
			this->running = FALSE;
			this->mutex->unlock(this->mutex);
			return JOB_REQUEUE_NONE;
		}
		this->mutex->unlock(this->mutex);
		execute(this, run);
		run_destroy(run);
	}
}

METHOD(gkm_member_script_t, destroy, void,
	private_gkm_member_script_t *this)
{
	if (ref_put(&this->refs))
	{
		this->runs->destroy_function(this->runs, (void*)run_destroy);
		this->mutex->destroy(this->mutex);
		free(this->group);
		free(this->command);
		free(this);
	}
}

METHOD(gkm_member_script_t, run, void,
	private_gkm_member_script_t *this, array_t *env, chunk_t input)
{
	bool start;
	run_t *run;
	char *path;

	path = getenv("PATH");
	if (path && asprintf(&path, "PATH=%s", path) > 0)
	{
		array_insert(env, ARRAY_TAIL, path);
	}
	INIT(run,
		.env = env,
		.input = input,
	);
	this->mutex->lock(this->mutex);
	this->runs->insert_last(this->runs, run);
	start = !this->running;
	this->running = TRUE;
	this->mutex->unlock(this->mutex);

	if (!lib->processor->get_total_threads(lib->processor))
	{	/* the daemon ends, a job that there may be isn't run any more */
		execute_all(this);
	}
	else if (start)
	{
		ref_get(&this->refs);
		lib->processor->queue_job(lib->processor, (job_t*)
				callback_job_create((callback_job_cb_t)execute_all, this,
									(callback_job_cleanup_t)destroy, NULL));
	}
}

/*
 * Described in header
 */
gkm_member_script_t *gkm_member_script_create(gkm_t *gkm, char *group,
											  char *command)
{
	private_gkm_member_script_t *this;

	INIT(this,
		.public = {
			.run = _run,
			.destroy = _destroy,
		},
		.refs = 1,
		.gkm = gkm,
		.group = strdup(group),
		.command = strdup(command),
		.runs = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
