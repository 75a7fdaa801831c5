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
 * Traffic for the script dataplane:
 *
 *   bench_traffic serve PORT
 *   bench_traffic packets ADDRESS PORT COUNT SIZE
 *   bench_traffic stream ADDRESS PORT OCTETS
 *
 * The first one takes what the others send, prints "ready", and runs until it
 * is ended. The second sends UDP datagrams with SIZE octets of payload and
 * prints how many of them arrived in a second, the third does the same for
 * octets of a TCP connection. Both begin to count with the first one sent, and
 * end when the other side has confirmed the last one.
 *
 * Datagrams are sent in bursts, of which a few are on the way at a time, so that
 * no queue overflows; for as many as a burst has, one comes back. All of them
 * have to arrive, in any order.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/** Datagrams in a burst, and bursts that aren't confirmed at a time */
#define BURST 32
#define BURSTS 4

/** Octets of a datagram, and of a read or write */
#define SIZE_MAX_UDP 1400
#define BLOCK 65536

/** Seconds without any progress before giving up */
#define PATIENCE 20

/**
 * End if something failed
 */
static void check(int success, char *what)
{
	if (!success)
	{
		fprintf(stderr, "%s: %s\n", what, strerror(errno));
		exit(EXIT_FAILURE);
	}
}

/**
 * Read a number
 */
static unsigned long number(char *text, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || !value || value > max)
	{
		fprintf(stderr, "'%s' isn't a number up to %lu\n", text, max);
		exit(EXIT_FAILURE);
	}
	return value;
}

static double now()
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/**
 * Open a socket: to an address, or if there is none on all
 */
static int open_socket(int type, char *address, char *port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(number(port, 0xffff)),
	};
	struct timeval patience = { .tv_sec = PATIENCE };
	int fd, on = 1;

	fd = socket(AF_INET, type, 0);
	check(fd >= 0, "socket");
	check(!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)),
		  "SO_REUSEADDR");
	if (!address)
	{
		check(!bind(fd, (struct sockaddr*)&addr, sizeof(addr)), "bind");
		return fd;
	}
	check(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
					  sizeof(patience)), "SO_RCVTIMEO");
	check(!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
					  sizeof(patience)), "SO_SNDTIMEO");
	check(inet_pton(AF_INET, address, &addr.sin_addr) == 1, address);
	check(!connect(fd, (struct sockaddr*)&addr, sizeof(addr)), "connect");
	return fd;
}

/**
 * Take datagrams that are there, confirm each BURST of them to the last one's
 * sender
 */
static void serve_udp(int fd)
{
	static char payload[BURST][SIZE_MAX_UDP];
	static struct sockaddr_in from[BURST];
	static struct mmsghdr msgs[BURST];
	static uint32_t count;
	struct iovec iov[BURST];
	int n, i;

	for (i = 0; i < BURST; i++)
	{
		iov[i] = (struct iovec){ payload[i], sizeof(payload[i]) };
		msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &from[i],
			.msg_namelen = sizeof(from[i]),
			.msg_iov = &iov[i],
			.msg_iovlen = 1,
		};
	}
	n = recvmmsg(fd, msgs, BURST, MSG_DONTWAIT, NULL);
	for (i = 0; i < n; i++)
	{
		if (++count % BURST == 0 &&
			sendto(fd, &count, sizeof(count), 0, (struct sockaddr*)&from[i],
				   sizeof(from[i])) != sizeof(count))
		{	/* the other side notices */
			perror("confirming a burst");
		}
	}
}

/**
 * Take a connection, read all that comes, say how much that was
 */
static void serve_tcp(int listening)
{
	static char block[BLOCK];
	uint64_t total = 0;
	ssize_t len;
	int fd;

	fd = accept(listening, NULL, NULL);
	check(fd >= 0, "accept");
	while ((len = read(fd, block, sizeof(block))) > 0)
	{
		total += len;
	}
	if (write(fd, &total, sizeof(total)) != sizeof(total))
	{	/* the other side notices */
		perror("confirming a stream");
	}
	close(fd);
}

/**
 * Take all that comes
 */
static void serve(char *port)
{
	struct pollfd fds[2] = {
		{ .fd = open_socket(SOCK_DGRAM, NULL, port), .events = POLLIN },
		{ .fd = open_socket(SOCK_STREAM, NULL, port), .events = POLLIN },
	};

	check(!listen(fds[1].fd, 1), "listen");
	puts("ready");
	fflush(stdout);
	while (poll(fds, 2, -1) > 0)
	{
		if (fds[0].revents)
		{
			serve_udp(fds[0].fd);
		}
		if (fds[1].revents)
		{
			serve_tcp(fds[1].fd);
		}
	}
}

/**
 * Send datagrams
 *
 * @return			number of datagrams per second
 */
static double packets(int fd, uint32_t count, size_t size)
{
	static char payload[SIZE_MAX_UDP];
	static struct mmsghdr msgs[BURST];
	struct iovec iov = { payload, size };
	uint32_t bursts = count / BURST, sent, confirmed, total;
	double start = now();
	int i;

	for (i = 0; i < BURST; i++)
	{
		msgs[i].msg_hdr = (struct msghdr){
			.msg_iov = &iov,
			.msg_iovlen = 1,
		};
	}
	for (sent = confirmed = 0; confirmed < bursts; confirmed++)
	{
		for (; sent < bursts && sent - confirmed < BURSTS; sent++)
		{
			check(sendmmsg(fd, msgs, BURST, 0) == BURST, "sending datagrams");
		}
		check(recv(fd, &total, sizeof(total), 0) == sizeof(total),
			  "waiting for datagrams to be confirmed");
	}
	return bursts * BURST / (now() - start);
}

/**
 * Send octets
 *
 * @return			number of octets per second
 */
static double stream(char *address, char *port, uint64_t octets)
{
	static char block[BLOCK];
	uint64_t left, confirmed = 0;
	double start = now();
	ssize_t len;
	int fd;

	fd = open_socket(SOCK_STREAM, address, port);
	for (left = octets; left; left -= len)
	{
		len = write(fd, block, left < sizeof(block) ? left : sizeof(block));
		check(len > 0, "writing a stream");
	}
	check(!shutdown(fd, SHUT_WR), "shutdown");
	check(read(fd, &confirmed, sizeof(confirmed)) == sizeof(confirmed),
		  "waiting for a stream to be confirmed");
	if (confirmed != octets)
	{
		fprintf(stderr, "%lu of %lu octets arrived\n", confirmed, octets);
		exit(EXIT_FAILURE);
	}
	return octets / (now() - start);
}

int main(int argc, char *argv[])
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
	{
		serve(argv[2]);
	}
	else if (argc == 6 && !strcmp(argv[1], "packets"))
	{
		printf("%.0f\n", packets(open_socket(SOCK_DGRAM, argv[2], argv[3]),
								 number(argv[4], UINT32_MAX),
								 number(argv[5], SIZE_MAX_UDP)));
	}
	else if (argc == 5 && !strcmp(argv[1], "stream"))
	{
		printf("%.0f\n", stream(argv[2], argv[3],
								number(argv[4], UINT32_MAX)));
	}
	else
	{
		fputs("bench_traffic serve PORT\n"
			  "bench_traffic packets ADDRESS PORT COUNT SIZE\n"
			  "bench_traffic stream ADDRESS PORT OCTETS\n", stderr);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
