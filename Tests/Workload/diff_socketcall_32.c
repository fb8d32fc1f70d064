// SPDX-License-Identifier: MIT
/*
 * The calls of 32-bit programs that hide others: socketcall (SOCKETCALL), ipc, and mmap with its arguments in memory.
 * Usage: diff_socketcall_32 DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/un.h>

static char buffer[4096];

/* Numbers of linux/net.h. */
static long net(long which, long a0, long a1, long a2, long a3, long a4, long a5)
{
	long list[6] = { a0, a1, a2, a3, a4, a5 };

	return CALL(socketcall, which, P(list));
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "socket" };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x7f000001) };
	long list[6] = { 0, 4096, PROT_READ, MAP_PRIVATE, 0, 0 };
	struct { long type; char text[16]; } message = { 5, "text" };
	int pair[2], length = sizeof(in);
	struct msqid_ds state;
	long s, id;

	wl_enter(argc, argv);
	wl_start();
	wl_mark(WL_BEGIN);
	s = net(1, AF_UNIX, SOCK_STREAM, 0, 0, 0, 0);
	net(2, s, P(&at), sizeof(at), 0, 0, 0);
	net(4, s, 5, 0, 0, 0, 0);
	net(5, -1, 0, 0, 0, 0, 0);
	s = net(1, AF_INET, SOCK_DGRAM, 0, 0, 0, 0);
	net(3, s, P(&in), sizeof(in), 0, 0, 0);
	net(6, s, P(&in), P(&length), 0, 0, 0);
	net(7, s, P(&in), P(&length), 0, 0, 0);
	net(8, AF_UNIX, SOCK_STREAM, 0, P(pair), 0, 0);
	net(9, pair[0], P("x"), 1, 0, 0, 0);
	net(10, pair[1], P(buffer), 1, 0, 0, 0);
	net(11, s, P("x"), 1, 0, P(&in), sizeof(in));
	net(12, s, P(buffer), 1, MSG_DONTWAIT, 0, 0);
	net(13, s, 2, 0, 0, 0, 0);
	net(14, s, 1, 2, P(&length), 4, 0);
	net(77, 0, 0, 0, 0, 0, 0);
	CALL(socketcall, 2, 1);
	CALL(bind, s, P(&in), sizeof(in));
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, P(pair));

	id = CALL(ipc, 13 /* MSGGET */, IPC_PRIVATE, IPC_CREAT | 0600);
	CALL(ipc, 11 /* MSGSND */, id, 4, 0, P(&message));
	CALL(ipc, 14 /* MSGCTL */, id, IPC_STAT, 0, P(&state));
	CALL(ipc, 14, id, IPC_SET, 0, P(&state));
	CALL(ipc, 14, id, IPC_RMID, 0, 0);

	list[4] = open("/dev/zero", O_RDONLY);
	CALL(mmap, P(list));
	list[4] = -1;
	list[3] = MAP_PRIVATE | MAP_ANONYMOUS;
	CALL(mmap, P(list));
	CALL(mmap2, 0, 4096, PROT_READ, MAP_PRIVATE, 5, 0);
	CALL(mmap, 1);
	CALL(pipe, P(pair));
	CALL(open, P("thirtytwo"), O_WRONLY | O_CREAT, 0600);
	CALL(open, P("thirtytwo"), O_RDONLY, 0);
	CALL(kill, wl_pid, 0);
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
