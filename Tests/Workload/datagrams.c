// SPDX-License-Identifier: MIT
/*
 * In the place of a syslog daemon: prints every datagram that comes to a UNIX socket, each with a newline.
 * Usage: datagrams PATH
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	static char bytes[1 << 16];
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (argc < 2 || strlen(argv[1]) >= sizeof(at.sun_path))
		return 2;
	strcpy(at.sun_path, argv[1]);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || write(1, "waiting\n", 8) != 8)
		return 1;
	for (;;) {
		ssize_t n = recv(fd, bytes, sizeof(bytes) - 1, 0);

		if (n < 0)
			return 1;
		bytes[n] = '\n';
		if (write(1, bytes, (size_t)n + 1) < 0)
			return 1;
	}
}
