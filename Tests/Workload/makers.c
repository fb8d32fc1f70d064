// SPDX-License-Identifier: MIT
/*
 * Tasks with different groups make a task each, which calls getppid(WL_MARK + 1, CASE) once and ends. The cases:
 *
 *     0  gid and egid 4001
 *     1  gid and egid 4000, supplementary groups 4002 down to 3904 every second one, and 4001
 *     2  gid 4005, egid 4001
 *     3  gid and egid 4006, supplementary group 4007
 *     4  gid and egid 4006, supplementary groups 5000 to 5999
 *
 * Usage: makers DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <grp.h>
#include <sys/wait.h>

static gid_t groups[1000];

static void make(int which, gid_t gid, gid_t egid, size_t count)
{
	int maker = fork(), status;

	if (!maker) {
		if (setgroups(count, groups) || setresgid(gid, egid, egid))
			_exit(1);
		int made = fork();

		if (!made) {
			wl_raw(__NR_getppid, WL_MARK + 1, which, 0, 0, 0, 0);
			_exit(0);
		}
		_exit(made < 0 || waitpid(made, &status, 0) != made || status);
	}
	if (maker < 0 || waitpid(maker, &status, 0) != maker || status)
		exit(2);
}

int main(int argc, char **argv)
{
	wl_enter(argc, argv);
	wl_start();
	make(0, 4001, 4001, 0);
	for (int i = 0; i < 50; i++)
		groups[i] = 4002 - 2 * i;
	groups[50] = 4001;
	make(1, 4000, 4000, 51);
	make(2, 4005, 4001, 0);
	groups[0] = 4007;
	make(3, 4006, 4006, 1);
	for (int i = 0; i < 1000; i++)
		groups[i] = 5999 - i;
	make(4, 4006, 4006, 1000);
	wl_finish();
	return 0;
}
