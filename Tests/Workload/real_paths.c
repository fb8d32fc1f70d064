// SPDX-License-Identifier: MIT
/*
 * Calls on files by names, links and descriptors that say more or less of what they lead to. Behind each call stands, as a path, when it is one
 * that acts on a file whose path ends in /keys/authorized_keys as far as can be known: "always", "never", "hooked" (its name does not say so, only
 * path hooks tell), "unhooked" (its name says so, and path hooks tell that it is not so), or "cut" (as "hooked", but the path is too long to be
 * told whole).
 * Usage: real_paths DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <sys/stat.h>

#define IS(when, name, ...)               \
	do {                              \
		CALL(name, __VA_ARGS__);  \
		wl_path(when);            \
	} while (0)

static long quiet(const char *path, int flags)
{
	return wl_raw(__NR_openat, AT_FDCWD, P(path), flags, 0600, 0, 0);
}

static void file(const char *path)
{
	wl_raw(__NR_close, quiet(path, O_RDWR | O_CREAT), 0, 0, 0, 0, 0);
}

static void directory(const char *path)
{
	if (wl_raw(__NR_mkdir, P(path), 0700, 0, 0, 0, 0))
		abort();
}

static void link_to(const char *target, const char *path)
{
	if (wl_raw(__NR_symlink, P(target), P(path), 0, 0, 0, 0))
		abort();
}

/* Names of 200 bytes, one below the other, so that a path is longer than steps of hooks tell. */
static void deep(void)
{
	static char path[4096], end[64] = "/keys/authorized_keys";
	size_t length = 0;

	for (int level = 0; level < 4; level++) {
		path[length++] = level ? '/' : 'd';
		memset(path + length, 'd', 200);
		length += 200;
		directory(path);
	}
	memcpy(path + length, "/keys", 6);
	directory(path);
	memcpy(path + length, end, sizeof(end));
	file(path);
	link_to(path, "deep");
}

int main(int argc, char **argv)
{
	wl_enter(argc, argv);
	directory("keys");
	directory("fake");
	directory("fake/keys");
	file("keys/authorized_keys");
	file("plain");
	link_to("keys/authorized_keys", "link");
	link_to("keys", "below");
	link_to("../../plain", "fake/keys/authorized_keys");
	file("new");
	deep();
	long here = quiet(".", O_RDONLY | O_DIRECTORY), keys = quiet("below", O_RDONLY | O_DIRECTORY);
	long key = quiet("link", O_RDWR), plain = quiet("plain", O_RDWR);

	wl_start();
	/* By a descriptor alone. */
	IS("always", fchmod, key, 0600);
	IS("never", fchmod, plain, 0600);
	/* By a name and a directory's descriptor. */
	IS("always", faccessat, keys, P("authorized_keys"), R_OK);
	IS("always", faccessat, here, P("keys/authorized_keys"), R_OK);
	IS("always", faccessat, keys, P("../keys/./authorized_keys"), R_OK);
	IS("never", faccessat, keys, P("../plain"), R_OK);
	IS("never", faccessat, here, P("authorized_keys"), R_OK);
	IS("always", fchownat, keys, P("authorized_keys"), 0, 0, 0);
	/* By links. */
	IS("hooked", chmod, P("link"), 0600);
	IS("hooked", chmod, P("below/authorized_keys"), 0600);
	IS("hooked", truncate, P("link"), 0);
	IS("hooked", fchmodat, here, P("link"), 0640);
	IS("never", lchown, P("link"), 0, 0);
	IS("never", chmod, P("below"), 0700);
	IS("always", chmod, P("keys/authorized_keys"), 0600);
	IS("unhooked", chmod, P("fake/keys/authorized_keys"), 0600);
	/* What is made, removed and renamed. */
	IS("always", renameat, AT_FDCWD, P("new"), keys, P("authorized_keys"));
	IS("hooked", rename, P("below/authorized_keys"), P("taken"));
	IS("hooked", rename, P("taken"), P("below/authorized_keys"));
	IS("always", unlinkat, keys, P("authorized_keys"), 0);
	IS("hooked", mkdir, P("below/authorized_keys"), 0700);
	IS("hooked", rmdir, P("below/authorized_keys"));
	IS("always", mkdirat, keys, P("authorized_keys"), 0700);
	IS("never", unlinkat, keys, P("none"), 0);
	IS("always", unlinkat, keys, P("authorized_keys"), AT_REMOVEDIR);
	IS("hooked", link, P("plain"), P("below/authorized_keys"));
	IS("hooked", unlink, P("below/authorized_keys"));
	IS("cut", chmod, P("deep"), 0600);
	wl_finish();
	return 0;
}
