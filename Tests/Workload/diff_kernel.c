// SPDX-License-Identifier: MIT
/*
 * Calls that change the kernel, or would: programs (BPF), modules (KERN_MODULE, failing), the clock (TIME_ADJNTPVAL and
 * TIME_INJOFFSET, by amounts that do not matter, and put back), seccomp filters.
 * Usage: diff_kernel DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>

static void programs(void)
{
	/* r0 = 0; exit */
	struct bpf_insn good[] = { { .code = 0xb7 }, { .code = 0x95 } }, bad[] = { { .code = 0x95 } };
	union bpf_attr attributes = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2 };
	long fd;

	attributes.insns = (unsigned long)good;
	attributes.license = (unsigned long)"MIT";
	fd = CALL(bpf, BPF_PROG_LOAD, P(&attributes), sizeof(attributes));
	CALL(close, fd);
	attributes.insns = (unsigned long)bad;
	attributes.insn_cnt = 1;
	CALL(bpf, BPF_PROG_LOAD, P(&attributes), sizeof(attributes));
	memset(&attributes, 0, sizeof(attributes));
	attributes.map_type = BPF_MAP_TYPE_ARRAY;
	attributes.key_size = 4;
	attributes.value_size = 8;
	attributes.max_entries = 1;
	CALL(bpf, BPF_MAP_CREATE, P(&attributes), sizeof(attributes));
}

static void modules(void)
{
	long fd = open("/dev/null", O_RDONLY);

	CALL(delete_module, P("ebpf_audit_none"), O_NONBLOCK);
	CALL(delete_module, P("with blank"), O_NONBLOCK);
	CALL(delete_module, 1, 0);
	CALL(init_module, P("not an image"), 12, P(""));
	CALL(finit_module, fd, P(""), 0);
	CALL(finit_module, -1, P(""), 0);
}

static void clocks(void)
{
	struct timex before = { .modes = 0 }, change;

	CALL(adjtimex, P(&before));
	change = before;
	change.modes = ADJ_MAXERROR;
	CALL(adjtimex, P(&change));
	change = before;
	change.modes = ADJ_FREQUENCY;
	change.freq = before.freq + 65536;
	CALL(adjtimex, P(&change));
	change.freq = before.freq;
	CALL(clock_adjtime, CLOCK_REALTIME, P(&change));
	change = before;
	change.modes = ADJ_TICK;
	change.tick = before.tick + 1;
	CALL(adjtimex, P(&change));
	change.tick = before.tick;
	CALL(adjtimex, P(&change));
	change.tick = 1;
	CALL(adjtimex, P(&change));
	change = before;
	change.modes = ADJ_STATUS;
	change.status = before.status ^ STA_PLL;
	CALL(adjtimex, P(&change));
	change.status = before.status;
	CALL(adjtimex, P(&change));
	change = before;
	change.modes = ADJ_TAI;
	change.constant = before.tai + 1;
	CALL(adjtimex, P(&change));
	change.constant = before.tai;
	CALL(adjtimex, P(&change));
	change = (struct timex){ .modes = ADJ_SETOFFSET | ADJ_NANO, .time = { 0, 1 } };
	CALL(clock_adjtime, CLOCK_REALTIME, P(&change));
	change.time.tv_usec = 2000000000;
	CALL(adjtimex, P(&change));
	change = before;
	change.modes = ADJ_OFFSET_SINGLESHOT;
	change.offset = 1;
	CALL(adjtimex, P(&change));
	change.offset = 0;
	CALL(adjtimex, P(&change));
	CALL(adjtimex, 1);
	/* By the phase: a microsecond, and taken back. */
	change = before;
	change.modes = ADJ_STATUS | ADJ_OFFSET | ADJ_NANO;
	change.status = before.status | STA_PLL;
	change.offset = 1000;
	CALL(clock_adjtime, CLOCK_REALTIME, P(&change));
	change.offset = 0;
	CALL(adjtimex, P(&change));
	change.modes = ADJ_STATUS | ADJ_FREQUENCY | ADJ_MICRO;
	change.status = before.status;
	CALL(adjtimex, P(&change));
	CALL(clock_adjtime, CLOCK_MONOTONIC, P(&change));
}

/* The clock is set to what it shows, by a task that has not done so before. */
static void settings(void)
{
	struct timeval microseconds;
	struct timespec time;
	int pid = fork();

	if (pid) {
		waitpid(pid, NULL, 0);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &time);
	CALL(clock_settime, CLOCK_REALTIME, P(&time));
	gettimeofday(&microseconds, NULL);
	CALL(settimeofday, P(&microseconds), 0);
	time.tv_nsec = 1000000000;
	CALL(clock_settime, CLOCK_REALTIME, P(&time));
	CALL(clock_settime, CLOCK_MONOTONIC, P(&time));
	struct timex change = { .modes = ADJ_TAI, .constant = 1 };
	CALL(adjtimex, P(&change));
	change.constant = 0;
	CALL(adjtimex, P(&change));
	_exit(0);
}

static void filters(void)
{
	struct sock_filter none[] = { { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW } };
	struct sock_filter errors[] = { { BPF_LD | BPF_W | BPF_ABS, 0, 0, 0 },
					{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, __NR_getppid },
					{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 77 },
					{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW } };
	struct sock_fprog program = { 1, none };
	int pid = fork();

	if (pid) {
		waitpid(pid, NULL, 0);
		return;
	}
	CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CALL(seccomp, SECCOMP_SET_MODE_FILTER, 0, P(&program));
	program = (struct sock_fprog){ 4, errors };
	CALL(seccomp, SECCOMP_SET_MODE_FILTER, 0, P(&program));
	CALL(getppid, 1, 2, 3, 4);
	_exit(0);
}

int main(int argc, char **argv)
{
	wl_enter(argc, argv);
	wl_start();
	wl_mark(WL_BEGIN);
	programs();
	modules();
	clocks();
	settings();
	filters();
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
