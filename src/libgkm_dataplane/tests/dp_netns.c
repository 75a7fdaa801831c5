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


#include "dp_netns.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

gkm_dataplane_cfg_t netns_cfg;

/**
 * Run a command.
 *
 * @param out		receives what it prints, to be freed
 * @return			TRUE if it succeeded
 */
static bool run_command(char *fmt, va_list args, char **out)
{
	char command[1024] = "set -e; ";
	size_t used = strlen(command), len;
	FILE *stdout_of, *copy;
	int c;

	ck_assert_int_lt(vsnprintf(command + used, sizeof(command) - used, fmt,
							   args), sizeof(command) - used);
	stdout_of = popen(command, "re");
	ck_assert_ptr_ne(stdout_of, NULL);
	copy = open_memstream(out, &len);
	while ((c = fgetc(stdout_of)) != EOF)
	{
		fputc(c, copy);
	}
	fclose(copy);
	return pclose(stdout_of) == 0;
}

void shell(char *fmt, ...)
{
	va_list args;
	char *out;

	va_start(args, fmt);
	ck_assert_msg(run_command(fmt, args, &out), "failed: %s", fmt);
	va_end(args);
	free(out);
}

bool succeeds(char *fmt, ...)
{
	va_list args;
	char *out;
	bool success;

	va_start(args, fmt);
	success = run_command(fmt, args, &out);
	va_end(args);
	free(out);
	return success;
}

char *output(char *fmt, ...)
{
	va_list args;
	char *out;

	va_start(args, fmt);
	ck_assert_msg(run_command(fmt, args, &out), "failed: %s", fmt);
	va_end(args);
	return out;
}

bool prints(char *text, char *fmt, ...)
{
	va_list args;
	char *out;
	bool found;

	va_start(args, fmt);
	ck_assert_msg(run_command(fmt, args, &out), "failed: %s", fmt);
	va_end(args);
	found = strstr(out, text);
	free(out);
	return found;
}

char *snapshot()
{
	/* nothing that follows the state of a link, which it does late */
	return output("ip -o link show | cut -d: -f2 | sort; "
				  "ip -o addr show | cut -d' ' -f2- | sort; "
				  "for v in -4 -6; do "
				  "ip $v route show table all | "
				  "sed '/^multicast /d; s/ linkdown//' | sort; "
				  "ip $v neigh show nud permanent | sort; done; "
				  "for what in state policy; do "
				  "ip xfrm $what 2>/dev/null || true; done");
}

void netns_setup()
{
	ck_assert_msg(!unshare(CLONE_NEWNET), "unshare: %s", strerror(errno));
	netns_cfg = (gkm_dataplane_cfg_t){
		.local4 = host_create_from_string("192.0.2.1", 0),
		.remote4 = host_create_from_string("192.0.2.2", 0),
		.local6 = host_create_from_string("2001:db8::1", 0),
		.remote6 = host_create_from_string("2001:db8::2", 0),
	};
	/* no addresses that come when they like */
	shell("for c in all default lo; do "
		  "echo 0 >/proc/sys/net/ipv6/conf/$c/accept_dad; done; "
		  "ip link set lo up; "
		  "for i in '' 2; do "
		  "ip link add wan$i type veth peer name isp$i; "
		  "ip link set wan$i addrgenmode none; "
		  "ip link set isp$i addrgenmode none; "
		  "ip link set wan$i up; done; ip link set isp up");
}

void netns_teardown()
{
	netns_cfg.local4->destroy(netns_cfg.local4);
	netns_cfg.remote4->destroy(netns_cfg.remote4);
	netns_cfg.local6->destroy(netns_cfg.local6);
	netns_cfg.remote6->destroy(netns_cfg.remote6);
}

bool netns_has_xfrmi()
{
	/* in a namespace that ends with the command */
	return system("unshare -n ip link add x type xfrm dev lo if_id 1 "
				  "2>/dev/null") == 0;
}
