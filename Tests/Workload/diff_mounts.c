// SPDX-License-Identifier: MIT
/*
 * Names in a mount namespace of one's own: tmpfs, bind and overlay mounts, pivot_root, chroot, the new mount calls.
 * Usage: diff_mounts DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

static char buffer[8192], lower[32];

static void files(const char *below)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/file", below);
	CALL(openat, AT_FDCWD, P(path), O_RDWR | O_CREAT, 0600);
	CALL(chmod, P(path), 0640);
	CALL(stat, P(path), P(buffer));
	snprintf(path, sizeof(path), "%s/dir", below);
	CALL(mkdir, P(path), 0700);
	CALL(rmdir, P(path));
	snprintf(path, sizeof(path), "%s/file", below);
	CALL(unlink, P(path));
}

int main(int argc, char **argv)
{
	long fd, tree;

	wl_enter(argc, argv);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 2;
	mkdir("tmp", 0755);
	mkdir("bound", 0755);
	mkdir("real", 0755);
	mkdir("over", 0755);
	mkdir("moved", 0755);
	for (int i = 0; i < 4; i++) {
		snprintf(lower, sizeof(lower), "real/lower%d", i);
		close(open(lower, O_WRONLY | O_CREAT, 0644));
	}
	wl_start();
	wl_mark(WL_BEGIN);
	CALL(mount, P("none"), P("tmp"), P("tmpfs"), 0, P("size=1m"));
	files("tmp");
	CALL(mount, P("real"), P("bound"), 0, MS_BIND, 0);
	files("bound");
	CALL(mkdir, P("tmp/upper"), 0755);
	CALL(mkdir, P("tmp/work"), 0755);
	CALL(mount, P("overlay"), P("over"), P("overlay"), 0, P("lowerdir=real,upperdir=tmp/upper,workdir=tmp/work"));
	files("over");
	/* To change what is below, an overlay copies it first. */
	CALL(openat, AT_FDCWD, P("over/lower0"), O_RDWR, 0);
	CALL(openat, AT_FDCWD, P("over/lower1"), O_RDWR | O_CREAT, 0600);
	CALL(chmod, P("over/lower2"), 0640);
	CALL(rename, P("over/lower3"), P("over/renamed"));
	CALL(unlink, P("over/renamed"));
	CALL(openat, AT_FDCWD, P("over/lower3"), O_RDWR | O_CREAT | O_EXCL, 0600);
	CALL(mount, P("none"), P("none"), P("tmpfs"), 0, 0);
	CALL(mount, 0, P("bound"), 0, MS_REMOUNT | MS_BIND | MS_RDONLY, 0);
	files("bound");
	tree = CALL(open_tree, AT_FDCWD, P("tmp"), 1 /* OPEN_TREE_CLONE */);
	CALL(move_mount, tree, P(""), AT_FDCWD, P("moved"), 4 /* MOVE_MOUNT_F_EMPTY_PATH */);
	fd = CALL(fsopen, P("tmpfs"), 0);
	CALL(fsconfig, fd, 6 /* FSCONFIG_CMD_CREATE */, 0, 0, 0);
	CALL(fsmount, fd, 0, 0);
	CALL(fspick, AT_FDCWD, P("tmp"), 0);
	CALL(statfs, P("over"), P(buffer));
	CALL(umount2, P("over"), 0);
	CALL(umount2, P("bound"), MNT_DETACH);
	CALL(umount2, P("real"), 0);
	CALL(mkdir, P("tmp/old"), 0755);
	CALL(chdir, P("tmp"));
	CALL(pivot_root, P("."), P("old"));
	CALL(chdir, P("/"));
	CALL(openat, AT_FDCWD, P("/file"), O_RDWR | O_CREAT, 0600);
	CALL(chroot, P("upper"));
	CALL(openat, AT_FDCWD, P("upper/file"), O_RDWR | O_CREAT, 0600);
	CALL(openat, AT_FDCWD, P("/another"), O_RDWR | O_CREAT, 0600);
	CALL(chdir, P("/"));
	CALL(openat, AT_FDCWD, P("again"), O_RDWR | O_CREAT, 0600);
	CALL(openat, AT_FDCWD, P("/../another"), O_RDONLY, 0);
	CALL(unlink, P("another"));
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
