// SPDX-License-Identifier: MIT
/*
 * Identities and capabilities: capset (CAPSET), set-user-id programs and programs with file capabilities (BPRM_FCAPS,
 * the cap_ fields of PATH), changes of every id, personalities (per=).
 * Usage: diff_privileges DIRECTORY TARGET
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

static void copy(const char *from, const char *to, mode_t mode)
{
	static char bytes[4 << 20];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	ssize_t n = read(in, bytes, sizeof(bytes));

	if (n <= 0 || write(out, bytes, (size_t)n) != n)
		exit(2);
	close(in);
	close(out);
	chmod(to, mode);
}

static void capable(const char *path, unsigned int revision, size_t size, unsigned int permitted, unsigned int inheritable)
{
	struct vfs_ns_cap_data data = { .magic_etc = revision | (permitted ? VFS_CAP_FLAGS_EFFECTIVE : 0),
					.data[0] = { permitted, inheritable },
					.rootid = revision == VFS_CAP_REVISION_3 ? 1000 : 0 };

	if (setxattr(path, "security.capability", &data, size, 0))
		wl_say("note no-capability %d\n", errno);
}

/* Starts `path` as user `uid`, in a child. */
static void as(int uid, const char *path)
{
	char *words[] = { "program", NULL };
	char *none[] = { NULL };
	int pid = fork();

	if (!pid) {
		wl_raw(__NR_setresgid, uid, uid, uid, 0, 0, 0);
		wl_raw(__NR_setresuid, uid, uid, uid, 0, 0, 0);
		wl_raw(__NR_execve, P(path), P(words), P(none), 0, 0, 0);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

static void programs(const char *target)
{
	const unsigned int some = 1u << CAP_NET_RAW | 1u << CAP_CHOWN;

	chmod(".", 0755);
	copy(target, "plain", 0755);
	copy(target, "setuid", 04755);
	copy(target, "setgid", 02755);
	copy(target, "setuid-other", 04755);
	if (chown("setuid-other", 1234, 1234) || chmod("setuid-other", 06755))
		exit(2);
	copy(target, "capable", 0755);
	capable("capable", VFS_CAP_REVISION_2, sizeof(struct vfs_cap_data), some, 1u << CAP_KILL);
	copy(target, "inherits", 0755);
	capable("inherits", VFS_CAP_REVISION_2, sizeof(struct vfs_cap_data), 0, some);
	copy(target, "contained", 0755);
	capable("contained", VFS_CAP_REVISION_3, sizeof(struct vfs_ns_cap_data), some, 0);
	for (int uid = 0; uid <= 1000; uid += 1000) {
		as(uid, "plain");
		as(uid, "setuid");
		as(uid, "setgid");
		as(uid, "setuid-other");
		as(uid, "capable");
		as(uid, "inherits");
		as(uid, "contained");
	}
}

static void capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2], wrong[2];

	CALL(capget, P(&header), P(data));
	CALL(capset, P(&header), P(data));
	data[0].inheritable = data[0].permitted & (1u << CAP_KILL | 1u << CAP_CHOWN);
	CALL(capset, P(&header), P(data));
	data[0].effective &= ~(1u << CAP_SYS_TIME);
	CALL(capset, P(&header), P(data));
	CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0);
	data[0].effective |= 1u << CAP_SYS_TIME;
	CALL(capset, P(&header), P(data));
	memcpy(wrong, data, sizeof(wrong));
	wrong[0].effective = ~0u;
	wrong[0].permitted = 0;
	CALL(capset, P(&header), P(wrong));
	header.pid = 1;
	CALL(capset, P(&header), P(data));
	header.pid = 0;
	header.version = 77;
	CALL(capset, P(&header), P(data));
	header.version = _LINUX_CAPABILITY_VERSION_1;
	CALL(capset, P(&header), 1);
}

static void identities(void)
{
	int pid = fork();

	if (pid) {
		waitpid(pid, NULL, 0);
		return;
	}
	CALL(setpgid, 0, 0);
	CALL(setsid, 0);
	CALL(setgroups, 0, 0);
	CALL(setresgid, 11, 12, 13);
	CALL(setfsgid, 14);
	CALL(setresuid, 21, 0, 23);
	CALL(setfsuid, 24);
	CALL(prctl, PR_SET_NAME, P("with blank"));
	CALL(getppid, 0);
	CALL(prctl, PR_SET_NAME, P("q\"\n\xff"));
	CALL(getppid, 0);
	CALL(prctl, PR_SET_NAME, P(""));
	CALL(getppid, 0);
	CALL(personality, 0x0040000);
	CALL(getppid, 0);
	CALL(personality, 0x0008);
	CALL(getppid, 0);
	CALL(personality, 0x8000008);
	CALL(openat, AT_FDCWD, P("none"), 0, 0);
	CALL(personality, 0);
	CALL(setresuid, 21, 22, 23);
	CALL(openat, AT_FDCWD, P("/root"), 0, 0);
	CALL(setresuid, 0, 0, 0);
	_exit(0);
}

int main(int argc, char **argv)
{
	wl_enter(argc, argv);
	if (argc < 3)
		return 2;
	wl_start();
	wl_mark(WL_BEGIN);
	identities();
	programs(argv[2]);
	capabilities();
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
