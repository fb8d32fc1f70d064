// SPDX-License-Identifier: MIT
/*
 * Socket addresses of every family that the machine has, given to the kernel and taken from it.
 * Usage: addresses DIRECTORY [usual]    with "usual" without those that ausearch 3.0.9 calls malformed, in the kernel's
 *                                       own records too: less than a family's whole address
 */
#define _GNU_SOURCE
#include "workload.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <net/ethernet.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The call's address is the truth when the kernel got so far as to read it. */
#define ADDRESSED(at, count, name, ...)              \
	({                                           \
		long ret_ = CALL(name, __VA_ARGS__);   \
		wl_bytes("addr", at, (size_t)(count)); \
		ret_;                                \
	})

static int usual;

static long sock(int family, int type, int protocol)
{
	return wl_raw(__NR_socket, family, type, protocol, 0, 0, 0);
}

static long named(struct sockaddr_un *at, const char *name, size_t count)
{
	memset(at, 0, sizeof(*at));
	at->sun_family = AF_UNIX;
	memcpy(at->sun_path, name, count);
	return (long)(offsetof(struct sockaddr_un, sun_path) + count);
}

static void local(void)
{
	struct sockaddr_un at;
	char full[108];
	long n;

	n = named(&at, "sock", 5);
	ADDRESSED(&at, n, bind, sock(AF_UNIX, SOCK_STREAM, 0), P(&at), n);
	ADDRESSED(&at, n, connect, sock(AF_UNIX, SOCK_STREAM, 0), P(&at), n);
	n = named(&at, "with blank\n\"quote", 17);
	ADDRESSED(&at, n, bind, sock(AF_UNIX, SOCK_STREAM, 0), P(&at), n);
	n = named(&at, "\0abstract\0name", 14);
	ADDRESSED(&at, n, bind, sock(AF_UNIX, SOCK_DGRAM, 0), P(&at), n);
	ADDRESSED(&at, n, connect, sock(AF_UNIX, SOCK_DGRAM, 0), P(&at), n);
	memset(full, 'u', sizeof(full));
	n = named(&at, full, sizeof(full));
	ADDRESSED(&at, n, connect, sock(AF_UNIX, SOCK_STREAM, 0), P(&at), n);
	/* Only a family: the kernel picks an abstract name. */
	if (usual)
		return;
	n = named(&at, "", 0);
	ADDRESSED(&at, n, bind, sock(AF_UNIX, SOCK_DGRAM, 0), P(&at), n);
}

static void internet(void)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x7f000001) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_flowinfo = 7 };
	struct sockaddr_storage odd = { .ss_family = AF_UNSPEC };
	struct iovec vector = { "x", 1 };
	struct msghdr message = { .msg_name = &four, .msg_namelen = sizeof(four), .msg_iov = &vector, .msg_iovlen = 1 };
	long datagram = sock(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET6, "2001:db8::1234", &six.sin6_addr);
	ADDRESSED(&four, sizeof(four), connect, sock(AF_INET, SOCK_STREAM, 0), P(&four), sizeof(four));
	four.sin_port = 0;
	ADDRESSED(&four, sizeof(four), bind, sock(AF_INET, SOCK_STREAM, 0), P(&four), sizeof(four));
	four.sin_port = htons(9);
	ADDRESSED(&six, sizeof(six), connect, sock(AF_INET6, SOCK_DGRAM, 0), P(&six), sizeof(six));
	ADDRESSED(&six, sizeof(six), bind, sock(AF_INET6, SOCK_DGRAM, 0), P(&six), sizeof(six));
	ADDRESSED(&four, sizeof(four), sendto, datagram, P("x"), 1, 0, P(&four), sizeof(four));
	ADDRESSED(&four, sizeof(four), sendmsg, datagram, P(&message), 0);
	if (usual)
		return;
	/* Odd lengths: as many bytes as were given, up to the 128 of a sockaddr_storage. */
	ADDRESSED(&odd, 2, connect, datagram, P(&odd), 2);
	ADDRESSED(&odd, sizeof(odd), connect, datagram, P(&odd), sizeof(odd));
	ADDRESSED(&four, 1, bind, datagram, P(&four), 1);
}

static void others(void)
{
	struct sockaddr_nl netlink = { .nl_family = AF_NETLINK, .nl_groups = 0 };
	struct sockaddr_ll packet = { .sll_family = AF_PACKET,
				      .sll_protocol = htons(ETH_P_ARP),
				      .sll_ifindex = (int)if_nametoindex("lo") };
	struct sockaddr_vm machine = { .svm_family = AF_VSOCK, .svm_cid = 77777, .svm_port = 4242 };

	ADDRESSED(&netlink, sizeof(netlink), bind, sock(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), P(&netlink),
		  sizeof(netlink));
	ADDRESSED(&netlink, sizeof(netlink), connect, sock(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), P(&netlink),
		  sizeof(netlink));
	ADDRESSED(&packet, sizeof(packet), bind, sock(AF_PACKET, SOCK_RAW, 0), P(&packet), sizeof(packet));
	/* Where there is no such family the descriptor is bad, and the kernel reads no address. */
	long fd = sock(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd >= 0)
		ADDRESSED(&machine, sizeof(machine), connect, fd, P(&machine), sizeof(machine));
	else
		wl_say("note no-vsock 1\n");
}

static void received(void)
{
	struct sockaddr_un server, client;
	struct sockaddr_storage got;
	struct iovec vector = { &got, 1 };
	struct msghdr message = { .msg_name = &got, .msg_namelen = sizeof(got), .msg_iov = &vector, .msg_iovlen = 1 };
	long m = named(&server, "\0server", 7), n = named(&client, "\0client", 7);
	long listener = sock(AF_UNIX, SOCK_STREAM, 0), datagram = sock(AF_UNIX, SOCK_DGRAM, 0), from;
	unsigned int length = sizeof(got);
	char byte;

	wl_raw(__NR_bind, listener, P(&server), m, 0, 0, 0);
	wl_raw(__NR_listen, listener, 5, 0, 0, 0, 0);
	from = sock(AF_UNIX, SOCK_STREAM, 0);
	wl_raw(__NR_bind, from, P(&client), n, 0, 0, 0);
	wl_raw(__NR_connect, from, P(&server), m, 0, 0, 0);
	ADDRESSED(&client, n, accept, listener, P(&got), P(&length));
	wl_raw(__NR_connect, sock(AF_UNIX, SOCK_STREAM, 0), P(&server), m, 0, 0, 0);
	/* Nobody asked for the address. */
	CALL(accept4, listener, 0, 0, 0);

	n = named(&client, "\0datagram", 9);
	wl_raw(__NR_bind, datagram, P(&client), n, 0, 0, 0);
	wl_raw(__NR_sendto, datagram, P("x"), 1, 0, P(&client), n);
	wl_raw(__NR_sendto, datagram, P("x"), 1, 0, P(&client), n);
	length = sizeof(got);
	ADDRESSED(&client, n, recvfrom, datagram, P(&byte), 1, 0, P(&got), P(&length));
	ADDRESSED(&client, n, recvmsg, datagram, P(&message), 0);
	length = sizeof(got);
	ADDRESSED(&client, n, getsockname, datagram, P(&got), P(&length));
}

static void refused(void)
{
	static struct sockaddr_storage at[2] = { { .ss_family = AF_INET } };
	long fd = sock(AF_INET, SOCK_STREAM, 0);

	/* The kernel reads the address in none of these. */
	CALL(connect, 999, P(at), 16);
	CALL(bind, 999, P(at), 16);
	CALL(connect, fd, P(at), 0);
	CALL(connect, fd, P(at), 129);
	CALL(connect, fd, P(at), -1);
	CALL(connect, fd, 1, 16);
}

int main(int argc, char **argv)
{
	wl_enter(argc, argv);
	usual = argc > 2 && !strcmp(argv[2], "usual");
	wl_start();
	local();
	internet();
	others();
	received();
	wl_mark(3);
	refused();
	wl_mark(4);
	wl_finish();
	return 0;
}
