// SPDX-License-Identifier: MIT
/// Tells a virtual machine's kernel that its random pool is full, so that getrandom() does not wait for it; no workload of the tests.
///
/// An emulated machine without devices has nothing that fills the pool, and kernels before 5.4 then make the first getrandom() wait for minutes
/// (wait_for_random_bytes(); from 5.4 on they help themselves, try_to_generate_entropy()). Swift's runtime asks for the seed of its hash tables that way. The bytes are
/// nothing to keep secrets with. Exit status 1 when the kernel does not take them.

#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <sys/ioctl.h>

int main(void)
{
	// 512 bits: the pool counts as full from 128 or 256 on, and some versions credit a part of what they are given.
	struct {
		struct rand_pool_info info;
		unsigned char bytes[64];
	} pool = {.info = {.entropy_count = 8 * sizeof(pool.bytes), .buf_size = sizeof(pool.bytes)}};
	int device = open("/dev/urandom", O_RDWR);

	for (int round = 0; round < 4; round++)
		if (ioctl(device, RNDADDENTROPY, &pool) < 0) {
			perror("RNDADDENTROPY");
			return 1;
		}
	return 0;
}
