// SPDX-License-Identifier: MIT
/*
 * File names of every kind, and every place in a call where a name can stand. The main thread does all of it.
 * Usage: names DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define NR_FCHMODAT2 452
#define NR_SETXATTRAT 463
#define NR_FILE_GETATTR 468

static char base[PATH_MAX];

/* Where the calls from here on begin. */
static void cwd(const char *below)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s%s", base, below);
	wl_bytes("cwd", path, strlen(path));
}

static void hostile(void)
{
	static const char *const names[] = {
		"plain",
		"with blank",
		"quo\"te",
		"new\nline",
		"x\"\ntype=SYSCALL msg=audit(1.000:1): arch=c000003e syscall=0 success=yes exit=0",
		"x\" nametype=DELETE name=\"y",
		"\x01\x02\x1b\x1d\x1f\x7f",
		"tab\tand\rreturn",
		"\xc3\xa9t\xc3\xa9",
		"\xff\xfe\x80",
		"'single' and \\back\\",
		"0123456789ABCDEF",
		"(null)",
		" ",
		"-",
		"name=x",
		"):",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *name = names[i];
		long fd = CALL1(name, openat, AT_FDCWD, P(name), O_RDWR | O_CREAT, 0600);

		wl_raw(__NR_close, fd, 0, 0, 0, 0, 0);
		CALL1(name, chmod, P(name), 0640);
		CALL2(name, "renamed", rename, P(name), P("renamed"));
		CALL1("renamed", unlink, P("renamed"));
		CALL1(name, unlink, P(name));
	}
}

static void lengths(void)
{
	static char component[NAME_MAX + 2];
	static char path[PATH_MAX + 2];

	memset(component, 'c', NAME_MAX);
	CALL1(component, mknod, P(component), S_IFREG | 0600, 0);
	CALL1(component, unlink, P(component));
	component[NAME_MAX] = 'c';
	CALL1(component, unlink, P(component));

	/* PATH_MAX counts the NUL: 4,095 bytes are the most. */
	for (size_t i = 0; i < PATH_MAX - 1; i += 2)
		memcpy(path + i, "./", 2);
	path[PATH_MAX - 2] = 'f';
	path[PATH_MAX - 1] = 0;
	CALL1(path, openat, AT_FDCWD, P(path), O_RDWR | O_CREAT, 0600);
	CALL1(path, unlink, P(path));
	memset(path, 0xe9, PATH_MAX - 1);
	CALL1(path, unlink, P(path));
	/* One more, and the kernel does not take the name at all: there is none to report. */
	memset(path, 'l', PATH_MAX);
	path[PATH_MAX] = 0;
	CALL(unlink, P(path));
}

static void absent(void)
{
	char *hole = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* No name could be taken from any of these. */
	CALL(unlink, 0);
	CALL(unlink, 1);
	CALL(unlink, -1);
	CALL(unlink, (long)0xffff800000000000ul);
	CALL(openat, AT_FDCWD, 0, O_RDONLY);

	/* The last byte that can be read is the NUL. */
	memcpy(hole + 4096 - 5, "edge", 5);
	wl_raw(__NR_munmap, P(hole) + 4096, 4096, 0, 0, 0, 0);
	CALL1("edge", unlink, P(hole) + 4096 - 5);
	/* And here there is none before the hole. */
	memset(hole, 'e', 4096);
	CALL(unlink, P(hole) + 4096 - 5);
}

/* A name in a page that nobody has touched yet: not there when the call begins, there when the kernel reads it. */
static char *page;

static void prepare_page(void)
{
	int fd = open("page", O_RDWR | O_CREAT, 0600);

	if (fd < 0 || write(fd, "untouched", 10) != 10)
		exit(2);
	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
}

static void untouched(void)
{
	wl_mark(3);
	CALL1("untouched", unlink, P(page));
	wl_mark(4);
}

static void pairs(long directory)
{
	wl_raw(__NR_mknod, P("old"), S_IFREG | 0600, 0, 0, 0, 0);
	CALL2("old", "sub/new", renameat, AT_FDCWD, P("old"), directory, P("sub/new"));
	CALL2("sub/new", "old", renameat2, directory, P("sub/new"), AT_FDCWD, P("old"), 0);
	CALL2("old", "linked", linkat, AT_FDCWD, P("old"), directory, P("linked"), 0);
	CALL2("old", "sub/linked", link, P("old"), P("sub/linked"));
	CALL2("points/to", "symbolic", symlinkat, P("points/to"), directory, P("symbolic"));
	CALL2("points to", "symbolic2", symlink, P("points to"), P("symbolic2"));
	/* Both in one buffer, the second shorter than what stood there. */
	CALL2("missing-with-a-long-name", "m", rename, P("missing-with-a-long-name"), P("m"));
	/* One of two cannot be read. */
	CALL1("old", renameat2, AT_FDCWD, P("old"), directory, 1, 0);
	CALL1("sub/linked", linkat, AT_FDCWD, 1, directory, P("sub/linked"), 0);
	CALL1("symbolic", unlinkat, directory, P("symbolic"), 0);
	CALL1("sub/linked", unlinkat, directory, P("sub/linked"), 0);
}

static void numbers(long directory)
{
	struct {
		unsigned long flags, mode, resolve;
	} how = { O_RDWR | O_CREAT, 0600, 0 };
	static char attributes[64];
	long ret;

	CALL1("by-openat2", openat2, AT_FDCWD, P("by-openat2"), P(&how), sizeof(how));
	CALL1("by-openat2", faccessat2, directory, P("by-openat2"), 0, AT_EACCESS);
	/* A kernel without the call takes no name. */
	ret = wl_do(NR_FCHMODAT2, AT_FDCWD, P("by-openat2"), 0640, AT_SYMLINK_NOFOLLOW, 0, 0);
	if (ret != -ENOSYS)
		wl_path("by-openat2");
	ret = wl_do(NR_FILE_GETATTR, AT_FDCWD, P("by-openat2"), P(attributes), 24, 0, 0);
	if (ret != -ENOSYS)
		wl_path("by-openat2");
	CALL1("by-flags", open, P("by-flags"), O_RDONLY | O_CREAT | O_TRUNC, 0600);
	CALL1("by-flags", openat, AT_FDCWD, P("by-flags"), O_RDONLY | O_CREAT | O_TRUNC, 0600);
}

static void directories(long directory)
{
	/* Descriptor 0 is a directory like any other. */
	wl_raw(__NR_dup2, directory, 0, 0, 0, 0, 0);
	CALL1("relative", openat, 0, P("relative"), O_RDWR | O_CREAT, 0600);
	CALL1("relative", unlinkat, 0, P("relative"), 0);
	cwd("");
	CALL1("sub/inner", chdir, P("sub/inner"));
	cwd("");
	CALL1("../etc/f", unlink, P("../etc/f"));
	cwd("/sub/inner");
	CALL1("./../inner/../etc/f", unlink, P("./../inner/../etc/f"));
	cwd("/sub/inner");
	CALL(fchdir, directory);
	/* Through a link; the name is what was given. */
	CALL1("to-sub/etc/g", unlink, P("to-sub/etc/g"));
	cwd("");
}

/* Another root: names and directory are as the caller sees them. Nothing else can follow. */
static void root(void)
{
	CALL1("sub", chdir, P("sub"));
	CALL1(".", chroot, P("."));
	CALL1("/etc/h", unlink, P("/etc/h"));
	wl_bytes("cwd", "/", 1);
	CALL1("/etc/h", unlink, P("/etc/h"));
	wl_bytes("cwd", "/", 1);
}

int main(int argc, char **argv)
{
	long directory;

	wl_enter(argc, argv);
	if (!getcwd(base, sizeof(base)) || mkdir("sub", 0700) || mkdir("sub/inner", 0700) || mkdir("sub/etc", 0700) ||
	    mknod("sub/etc/f", S_IFREG | 0600, 0) || mknod("sub/etc/g", S_IFREG | 0600, 0) ||
	    mknod("sub/etc/h", S_IFREG | 0600, 0) || symlink("sub", "to-sub"))
		return 2;
	directory = open(".", O_RDONLY | O_DIRECTORY);
	prepare_page();
	wl_start();
	hostile();
	lengths();
	absent();
	untouched();
	pairs(directory);
	numbers(directory);
	directories(directory);
	root();
	wl_finish();
	return 0;
}
