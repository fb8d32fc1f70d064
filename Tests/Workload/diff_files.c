// SPDX-License-Identifier: MIT
/*
 * Descriptors and files: mappings (MMAP), pairs (FD_PAIR), openat2 (OPENAT2), and PATH in the cases that a name alone does not
 * tell: links on the way, targets that exist, directories that are gone.
 * Usage: diff_files DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

static char buffer[8192];

static void put(const char *path)
{
	close(open(path, O_WRONLY | O_CREAT, 0644));
}

static void mappings(void)
{
	long fd, memory;

	put("mapped");
	fd = open("mapped", O_RDWR);
	CALL(mmap, 0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	CALL(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CALL(mmap, 0, 4096, PROT_READ, MAP_PRIVATE, 999, 0);
	CALL(mmap, 0, 4096, PROT_READ, MAP_PRIVATE, -1, 0);
	CALL(mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, fd, 0);
	CALL(mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	CALL(mmap, 0, 0, PROT_READ, MAP_PRIVATE, fd, 0);
	CALL(mmap, 0, 4096, PROT_READ, 0, fd, 0);
	CALL(mmap, 0, 4096, PROT_READ, MAP_PRIVATE, fd, 1);
	memory = memfd_create("memory file", 0);
	CALL(mmap, 0, 4096, PROT_READ, MAP_SHARED, memory, 0);
	close((int)fd);
	close((int)memory);
}

static void pairs(void)
{
	int pair[2];

	CALL(pipe, P(pair));
	CALL(pipe, 1);
	CALL(pipe2, P(pair), O_NONBLOCK | O_CLOEXEC);
	CALL(pipe2, P(pair), 0x7fffffff);
	CALL(pipe2, 1, 0);
	CALL(socketpair, AF_UNIX, SOCK_DGRAM, 0, P(pair));
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, 1);
	CALL(socketpair, AF_UNIX, 77, 0, P(pair));
}

static void second(void)
{
	struct open_how how = { .flags = O_RDONLY };
	struct { struct open_how how; long more; } larger = { .more = 1 };
	long directory = open(".", O_RDONLY);

	put("file");
	mkdir("dir", 0755);
	if (symlink("file", "link"))
		exit(2);
	CALL(openat2, AT_FDCWD, P("file"), P(&how), sizeof(how));
	how.resolve = RESOLVE_BENEATH;
	CALL(openat2, directory, P("file"), P(&how), sizeof(how));
	CALL(openat2, AT_FDCWD, P("/etc/passwd"), P(&how), sizeof(how));
	how.resolve = RESOLVE_NO_SYMLINKS;
	CALL(openat2, AT_FDCWD, P("link"), P(&how), sizeof(how));
	how.resolve = RESOLVE_IN_ROOT;
	CALL(openat2, directory, P("/file"), P(&how), sizeof(how));
	how.resolve = RESOLVE_CACHED;
	CALL(openat2, directory, P("file"), P(&how), sizeof(how));
	how.resolve = 0x7777;
	CALL(openat2, directory, P("file"), P(&how), sizeof(how));
	how = (struct open_how){ .flags = O_WRONLY | O_CREAT | O_EXCL, .mode = 0640 };
	CALL(openat2, AT_FDCWD, P("created"), P(&how), sizeof(how));
	CALL(openat2, AT_FDCWD, P("created"), P(&how), sizeof(how));
	how = (struct open_how){ .flags = O_RDONLY, .mode = 0640 };
	CALL(openat2, AT_FDCWD, P("file"), P(&how), sizeof(how));
	how = (struct open_how){ .flags = 1ull << 40 };
	CALL(openat2, AT_FDCWD, P("file"), P(&how), sizeof(how));
	CALL(openat2, AT_FDCWD, P("file"), P(&larger), sizeof(larger));
	CALL(openat2, AT_FDCWD, P("file"), P(&how), 8);
	CALL(openat2, AT_FDCWD, P("file"), 1, sizeof(how));
	CALL(openat2, AT_FDCWD, P("none"), P(&larger), sizeof(how));
	close((int)directory);
}

static void opens(void)
{
	long fd, gone;

	if (symlink("dangling target", "dangling") || symlink("loop", "loop") || symlink("dir", "linked"))
		exit(2);
	CALL(openat, AT_FDCWD, P("dangling"), O_WRONLY | O_CREAT, 0600);
	CALL(openat, AT_FDCWD, P("dangling"), O_RDONLY, 0);
	CALL(openat, AT_FDCWD, P("loop"), O_RDONLY, 0);
	CALL(openat, AT_FDCWD, P("link"), O_RDONLY | O_NOFOLLOW, 0);
	CALL(openat, AT_FDCWD, P("link"), O_PATH | O_NOFOLLOW, 0);
	CALL(openat, AT_FDCWD, P("link"), O_RDONLY | O_CREAT, 0600);
	CALL(openat, AT_FDCWD, P("link"), O_RDONLY | O_CREAT | O_EXCL, 0600);
	CALL(openat, AT_FDCWD, P("new"), O_RDWR | O_CREAT, 04711);
	CALL(openat, AT_FDCWD, P("new"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	CALL(openat, AT_FDCWD, P("new"), O_RDWR | O_CREAT | O_EXCL, 0600);
	CALL(openat, AT_FDCWD, P("none/new"), O_RDWR | O_CREAT, 0600);
	CALL(openat, AT_FDCWD, P("file/new"), O_RDWR | O_CREAT, 0600);
	CALL(openat, AT_FDCWD, P("new/"), O_RDWR | O_CREAT, 0600);
	CALL(openat, AT_FDCWD, P("linked/inside"), O_RDWR | O_CREAT, 0600);
	CALL(openat, AT_FDCWD, P("dir/./../dir//inside"), O_RDONLY, 0);
	CALL(openat, AT_FDCWD, P("."), O_RDONLY | O_DIRECTORY, 0);
	CALL(openat, AT_FDCWD, P(".."), O_RDONLY | O_DIRECTORY, 0);
	CALL(openat, AT_FDCWD, P("dir/"), O_RDONLY | O_DIRECTORY, 0);
	CALL(openat, AT_FDCWD, P("/"), O_RDONLY | O_DIRECTORY, 0);
	CALL(openat, AT_FDCWD, P("dir"), O_RDWR, 0);
	CALL(openat, AT_FDCWD, P("dir"), O_RDWR | O_TMPFILE, 0600);
	CALL(openat, AT_FDCWD, P(""), O_RDONLY, 0);
	CALL(openat, AT_FDCWD, P("/dev/null"), O_RDWR, 0);
	CALL(openat, AT_FDCWD, P("/proc/self/exe"), O_RDONLY, 0);
	CALL(openat, AT_FDCWD, P("/proc/self/fd/0"), O_RDONLY, 0);
	CALL(openat, AT_FDCWD, P("/proc/self/status"), O_RDONLY, 0);
	CALL(openat, 999, P("file"), O_RDONLY, 0);
	CALL(openat, 999, P("/dev/zero"), O_RDONLY, 0);
	CALL(creat, P("new"), 0600);
	fd = open("file", O_RDONLY);
	CALL(openat, fd, P("below a file"), O_RDONLY, 0);
	mkdir("gone", 0700);
	gone = open("gone", O_RDONLY);
	rmdir("gone");
	CALL(openat, gone, P("child"), O_RDONLY | O_CREAT, 0600);
	CALL(openat, gone, P("."), O_RDONLY, 0);
	CALL(fstat, gone, P(buffer));
	CALL(newfstatat, gone, P(""), P(buffer), AT_EMPTY_PATH);
	CALL(newfstatat, fd, P(""), P(buffer), AT_EMPTY_PATH);
	CALL(newfstatat, AT_FDCWD, P(""), P(buffer), AT_EMPTY_PATH);
	CALL(newfstatat, AT_FDCWD, 0, P(buffer), AT_EMPTY_PATH);
	CALL(statx, fd, P(""), AT_EMPTY_PATH, 0xfff, P(buffer));
	CALL(statx, fd, 0, AT_EMPTY_PATH, 0xfff, P(buffer));
	CALL(fchmodat, fd, P(""), 0600);
	CALL(fchownat, fd, P(""), -1, -1, AT_EMPTY_PATH);
	CALL(linkat, fd, P(""), AT_FDCWD, P("linked-by-descriptor"), AT_EMPTY_PATH);
	CALL(utimensat, fd, 0, 0, 0);
	CALL(faccessat2, fd, P(""), R_OK, AT_EMPTY_PATH);
	CALL(readlinkat, fd, P(""), P(buffer), 100);
	CALL(name_to_handle_at, AT_FDCWD, P("file"), P(buffer), P(buffer + 4096), 0);
	close((int)fd);
	close((int)gone);
}

static void changes(void)
{
	put("one");
	put("two");
	mkdir("three", 0700);
	CALL(rename, P("one"), P("uno"));
	CALL(rename, P("uno"), P("two"));
	CALL(rename, P("two"), P("three"));
	CALL(rename, P("two"), P("three/two"));
	CALL(rename, P("three"), P("three/inside"));
	CALL(rename, P("none"), P("two"));
	CALL(rename, P("three/two"), P("three/two"));
	CALL(renameat2, AT_FDCWD, P("three/two"), AT_FDCWD, P("file"), 2 /* RENAME_EXCHANGE */);
	CALL(renameat2, AT_FDCWD, P("three/two"), AT_FDCWD, P("file"), 1 /* RENAME_NOREPLACE */);
	CALL(renameat2, AT_FDCWD, P("three/two"), AT_FDCWD, P("file"), 0x77);
	CALL(link, P("file"), P("hard"));
	CALL(link, P("file"), P("hard"));
	CALL(link, P("dir"), P("hard2"));
	CALL(link, P("link"), P("hard3"));
	CALL(linkat, AT_FDCWD, P("link"), AT_FDCWD, P("hard4"), AT_SYMLINK_FOLLOW);
	CALL(symlink, P("a target that is not"), P("sym"));
	CALL(symlink, P("again"), P("sym"));
	CALL(symlink, P(""), P("sym2"));
	CALL(mkdir, P("four"), 01777);
	CALL(mkdir, P("four"), 0700);
	CALL(mkdir, P("four/five/"), 0700);
	CALL(mkdir, P("none/six"), 0700);
	CALL(mknod, P("device"), S_IFCHR | 0600, 0x103);
	CALL(mknod, P("fifo"), S_IFIFO | 0600, 0);
	CALL(mknod, P("socket"), S_IFSOCK | 0600, 0);
	CALL(mknod, P("regular"), S_IFREG | 0600, 0);
	CALL(mknod, P("regular"), S_IFREG | 0600, 0);
	CALL(stat, P("device"), P(buffer));
	CALL(chmod, P("device"), 0640);
	CALL(chmod, P("link"), 0640);
	CALL(chown, P("link"), 1, 2);
	CALL(lchown, P("link"), 3, 4);
	CALL(truncate, P("hard"), 10);
	CALL(truncate, P("dir"), 10);
	CALL(setxattr, P("file"), P("user.x"), P("value"), 5, 0);
	CALL(getxattr, P("file"), P("user.x"), P(buffer), 100);
	CALL(listxattr, P("link"), P(buffer), 100);
	CALL(removexattr, P("file"), P("user.x"));
	CALL(unlink, P("device"));
	CALL(unlink, P("fifo"));
	CALL(unlink, P("dir"));
	CALL(unlink, P("none"));
	CALL(unlink, P("sym"));
	CALL(rmdir, P("four"));
	CALL(rmdir, P("four/five"));
	CALL(rmdir, P("four/"));
	CALL(rmdir, P("file"));
	CALL(rmdir, P("."));
	CALL(unlinkat, AT_FDCWD, P("regular"), 0);
	CALL(unlinkat, AT_FDCWD, P("three"), AT_REMOVEDIR);
	CALL(chdir, P("dir"));
	CALL(chdir, P("inside"));
	CALL(chdir, P(".."));
	mkdir("lost", 0700);
	CALL(chdir, P("lost"));
	rmdir("../lost");
	CALL(openat, AT_FDCWD, P("file"), O_RDONLY | O_CREAT, 0600);
	CALL(stat, P("."), P(buffer));
	CALL(chdir, P(".."));
}

int main(int argc, char **argv)
{
	wl_enter(argc, argv);
	umask(022);
	wl_start();
	wl_mark(WL_BEGIN);
	mappings();
	pairs();
	second();
	opens();
	changes();
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
