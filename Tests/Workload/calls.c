// SPDX-License-Identifier: MIT
/*
 * Some 220 different system calls, each with known arguments: some succeed, some fail, none harms.
 * Usage: calls DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <time.h>

#ifndef __NR_openat2
#define __NR_openat2 437
#endif
#ifndef __NR_epoll_pwait2
#define __NR_epoll_pwait2 441
#endif
#ifndef __NR_futex_waitv
#define __NR_futex_waitv 449
#endif
#define __NR_cachestat_ 451
#define __NR_fchmodat2_ 452
#define __NR_nothing_ 999

static char buffer[8192];
static char other[8192];
static struct iovec vector[2] = { { buffer, 8 }, { other, 8 } };

static void files(void)
{
	struct stat *status = (void *)buffer;
	unsigned long how[3] = { O_RDONLY, 0, 0 };
	unsigned long range[2] = { 0, 4096 };
	long fd, copy, directory;

	directory = CALL(open, P("."), O_RDONLY | O_DIRECTORY);
	fd = CALL(openat, AT_FDCWD, P("a"), O_RDWR | O_CREAT, 0640);
	CALL(write, fd, P("hello world"), 11);
	CALL(lseek, fd, 0, SEEK_SET);
	CALL(read, fd, P(buffer), 5);
	CALL(pread64, fd, P(buffer), 5, 1);
	CALL(pwrite64, fd, P("xy"), 2, 3);
	CALL(readv, fd, P(vector), 2);
	CALL(writev, fd, P(vector), 2);
	CALL(preadv, fd, P(vector), 2, 0, 0);
	CALL(pwritev, fd, P(vector), 1, 0, 0);
	CALL(preadv2, fd, P(vector), 2, 0, 0, 0);
	CALL(pwritev2, fd, P(vector), 1, 0, 0, 0);
	CALL(fstat, fd, P(status));
	CALL(stat, P("a"), P(status));
	CALL(lstat, P("a"), P(status));
	CALL(newfstatat, directory, P("a"), P(status), 0);
	CALL(statx, AT_FDCWD, P("a"), 0, 0xfff, P(other));
	CALL(access, P("a"), R_OK);
	CALL(faccessat, AT_FDCWD, P("none"), R_OK);
	CALL(faccessat2, directory, P("a"), W_OK, AT_EACCESS);
	CALL(ftruncate, fd, 100);
	CALL(truncate, P("a"), 50);
	CALL(fallocate, fd, 0, 0, 4096);
	CALL(fsync, fd);
	CALL(fdatasync, fd);
	CALL(sync_file_range, fd, 0, 10, 1);
	CALL(fadvise64, fd, 0, 10, 4);
	CALL(readahead, fd, 0, 4096);
	copy = CALL(dup, fd);
	CALL(dup2, fd, copy);
	CALL(dup3, fd, copy, O_CLOEXEC);
	CALL(fcntl, fd, F_GETFL);
	CALL(flock, fd, 2);
	CALL(ioctl, fd, 0x5401, P(buffer));
	CALL(getdents64, directory, P(other), sizeof(other));
	CALL(getdents, directory, P(other), sizeof(other));
	CALL(openat2, AT_FDCWD, P("a"), P(how), sizeof(how));
	wl_do(__NR_cachestat_, fd, P(range), P(buffer), 0, 0, 0);
	CALL(sendfile, copy, fd, 0, 16);
	CALL(copy_file_range, fd, 0, copy, 0, 4, 0);
	CALL(splice, fd, 0, copy, 0, 4, 0);
	CALL(close, copy);
	CALL(close, copy);

	CALL(creat, P("b"), 0600);
	CALL(mkdir, P("d"), 0700);
	CALL(mkdirat, directory, P("e"), 0700);
	CALL(rmdir, P("e"));
	CALL(rename, P("a"), P("c"));
	CALL(renameat, directory, P("c"), AT_FDCWD, P("a"));
	CALL(renameat2, AT_FDCWD, P("a"), directory, P("b"), 1);
	CALL(link, P("a"), P("l"));
	CALL(linkat, AT_FDCWD, P("a"), directory, P("m"), 0);
	CALL(symlink, P("target"), P("s"));
	CALL(symlinkat, P("target"), directory, P("t"));
	CALL(readlink, P("s"), P(buffer), sizeof(buffer));
	CALL(readlinkat, AT_FDCWD, P("a"), P(buffer), 10);
	CALL(unlink, P("s"));
	CALL(unlinkat, directory, P("t"), 0);
	CALL(chmod, P("a"), 0600);
	CALL(fchmod, fd, 0600);
	CALL(fchmodat, AT_FDCWD, P("a"), 0644);
	wl_do(__NR_fchmodat2_, AT_FDCWD, P("a"), 0640, 0, 0, 0);
	CALL(chown, P("a"), 0, 0);
	CALL(fchown, fd, -1, -1);
	CALL(lchown, P("none"), 1, 2);
	CALL(fchownat, AT_FDCWD, P("a"), 0, 0, AT_SYMLINK_NOFOLLOW);
	CALL(mknod, P("f"), S_IFIFO | 0600, 0);
	CALL(mknodat, AT_FDCWD, P("g"), S_IFIFO | 0600, 0);
	CALL(umask, 022);
	CALL(utime, P("a"), 0);
	CALL(utimes, P("a"), 0);
	CALL(futimesat, AT_FDCWD, P("a"), 0);
	CALL(utimensat, AT_FDCWD, P("a"), 0, 0);
	CALL(setxattr, P("a"), P("user.x"), P("v"), 1, 0);
	CALL(lsetxattr, P("a"), P("nospace.x"), P("v"), 1, 0);
	CALL(fsetxattr, fd, P("user.y"), P("v"), 1, 0);
	CALL(getxattr, P("a"), P("user.x"), P(buffer), 10);
	CALL(lgetxattr, P("a"), P("user.none"), P(buffer), 10);
	CALL(fgetxattr, fd, P("user.y"), P(buffer), 10);
	CALL(listxattr, P("a"), P(buffer), 1000);
	CALL(llistxattr, P("a"), P(buffer), 1000);
	CALL(flistxattr, fd, P(buffer), 1000);
	CALL(removexattr, P("a"), P("user.x"));
	CALL(lremovexattr, P("none"), P("user.x"));
	CALL(fremovexattr, fd, P("user.none"));
	CALL(statfs, P("."), P(buffer));
	CALL(fstatfs, directory, P(buffer));
	CALL(getcwd, P(buffer), sizeof(buffer));
	CALL(chdir, P("d"));
	CALL(fchdir, directory);
	CALL(chroot, P("none"));
	CALL(mount, P("none"), P("none"), P("nofs"), 0, 0);
	CALL(umount2, P("none"), 0);
	CALL(pivot_root, P("none"), P("none"));
	CALL(swapon, P("none"), 0);
	CALL(swapoff, P("none"));
	CALL(name_to_handle_at, AT_FDCWD, P("none"), 0, 0, 0);
	CALL(open_by_handle_at, -1, 0, 0);
	CALL(quotactl, -1, P("none"), 0, 0);
	CALL(fanotify_mark, -1, 0, 0, 0, 0);
	CALL(close_range, 0x10000, 0x10001, 0);
}

static void memory(void)
{
	char *at = (char *)CALL(mmap, 0, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CALL(mprotect, P(at), 4096, PROT_READ);
	CALL(madvise, P(at), 4096, MADV_NORMAL);
	CALL(mincore, P(at), 4096, P(buffer));
	CALL(msync, P(at), 4096, MS_ASYNC);
	CALL(mlock, P(at), 4096);
	CALL(munlock, P(at), 4096);
	CALL(mlock2, P(at), 4096, 99);
	CALL(mremap, P(at), 16384, 8192, 0, 0);
	CALL(remap_file_pages, 0, 0, 0, 0, 0);
	CALL(munmap, P(at), 8192);
	CALL(munmap, 1, 8192);
	CALL(brk, 0);
	CALL(memfd_create, P("memory"), 1);
	CALL(mbind, 0, 0, 99, 0, 0, 0);
	CALL(get_mempolicy, 0, 0, 0, 0, 99);
	CALL(pkey_free, 99);
	CALL(process_vm_readv, -1, 0, 0, 0, 0, 0);
	CALL(process_vm_writev, -1, 0, 0, 0, 0, 0);
	CALL(userfaultfd, 0xffff);
	CALL(membarrier, 0, 0);
	CALL(shmget, IPC_PRIVATE, 0, 0);
	CALL(shmat, -1, 0, 0);
	CALL(shmdt, 1);
	CALL(shmctl, -1, 0, 0);
	CALL(semget, IPC_PRIVATE, -1, 0);
	CALL(semop, -1, 0, 0);
	CALL(semctl, -1, 0, 0);
	CALL(msgget, 77, 0);
	CALL(msgsnd, -1, 0, 0, 0);
	CALL(msgrcv, -1, 0, 0, 0, 0);
	CALL(msgctl, -1, 0, 0);
	CALL(mq_open, P("none"), 0, 0, 0);
	CALL(mq_unlink, P("none"));
}

static void descriptors(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct itimerspec timer = { .it_value.tv_sec = 1000 };
	struct timespec nothing = { 0, 0 };
	struct pollfd set[1];
	int pair[2];
	long a, b, s;

	CALL(pipe, P(pair));
	a = pair[0];
	b = pair[1];
	CALL(pipe2, P(pair), O_CLOEXEC);
	CALL(tee, a, pair[1], 10, 2);
	CALL(vmsplice, b, P(vector), 1, 0);
	set[0] = (struct pollfd){ (int)b, POLLOUT, 0 };
	CALL(poll, P(set), 1, 0);
	CALL(ppoll, P(set), 1, P(&nothing), 0, 0);
	CALL(select, 0, 0, 0, 0, P(&nothing));
	CALL(pselect6, 0, 0, 0, 0, P(&nothing), 0);
	a = CALL(epoll_create, 10);
	b = CALL(epoll_create1, 0);
	CALL(epoll_ctl, a, EPOLL_CTL_ADD, pair[0], P(&event));
	CALL(epoll_wait, a, P(buffer), 1, 0);
	CALL(epoll_pwait, a, P(buffer), 1, 0, 0, 8);
	CALL(epoll_pwait2, a, P(buffer), 1, P(&nothing), 0, 8);
	CALL(eventfd, 1);
	CALL(eventfd2, 1, O_CLOEXEC);
	a = CALL(timerfd_create, CLOCK_MONOTONIC, 0);
	CALL(timerfd_settime, a, 0, P(&timer), 0);
	CALL(timerfd_gettime, a, P(&timer));
	CALL(signalfd4, -1, 0, 8, 0);
	CALL(signalfd, -1, 0, 8);
	a = CALL(inotify_init1, 0);
	CALL(inotify_init, 0);
	b = CALL(inotify_add_watch, a, P("."), 0x100);
	CALL(inotify_rm_watch, a, b);
	CALL(fanotify_init, 0xffffffff, 0);
	CALL(io_setup, 0, 0);
	CALL(io_destroy, 1);
	CALL(io_submit, 1, 1, 0);
	CALL(io_cancel, 1, 0, 0);
	CALL(io_getevents, 1, 0, 0, 0, 0);

	s = CALL(socket, AF_INET, SOCK_STREAM, 0);
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, P(pair));
	CALL(socketpair, AF_INET, SOCK_STREAM, 0, P(pair));
	CALL(listen, 999, 5);
	CALL(bind, 999, P(buffer), 16);
	CALL(connect, 999, P(buffer), 16);
	CALL(accept, 999, 0, 0);
	CALL(accept4, 999, 0, 0, 0);
	CALL(setsockopt, s, SOL_SOCKET, SO_REUSEADDR, P(&a), 4);
	CALL(getsockopt, s, SOL_SOCKET, 999, P(buffer), P(&a));
	CALL(getsockname, 999, P(buffer), P(&a));
	CALL(getpeername, s, P(buffer), P(&a));
	CALL(shutdown, s, 2);
	CALL(sendto, 999, P(buffer), 1, 0, 0, 0);
	CALL(recvfrom, 999, P(buffer), 1, 0, 0, 0);
	CALL(sendmsg, 999, 0, 0);
	CALL(recvmsg, 999, 0, 0);
	CALL(sendmmsg, 999, 0, 0, 0);
	CALL(recvmmsg, 999, 0, 0, 0, 0);
}

static void identities(void)
{
	struct timespec nothing = { 0, 0 };
	struct timex timex = { .modes = 0 };

	CALL(getpid, 0x1111, 0x2222, 0x3333, 0x4444);
	CALL(gettid, -1, -1, -1, -1);
	CALL(getpgrp, 0xdeadbeefcafef00d);
	CALL(getpgid, 0);
	CALL(getsid, 0);
	CALL(setpgid, 0x7fffffff, 0);
	CALL(getuid, 0);
	CALL(geteuid, 0);
	CALL(getgid, 0);
	CALL(getegid, 0);
	CALL(getresuid, P(buffer), P(buffer), P(buffer));
	CALL(getresgid, P(buffer), P(buffer), P(buffer));
	CALL(getgroups, -1, 0);
	CALL(setgroups, 0x7fffffff, 0);
	CALL(setuid, -1);
	CALL(setgid, -1);
	CALL(setreuid, -1, -1);
	CALL(setregid, -1, -1);
	CALL(setresuid, -1, -1, -1);
	CALL(setresgid, -1, -1, -1);
	CALL(setfsuid, -1);
	CALL(setfsgid, -1);
	CALL(capget, 0, 0);
	CALL(capset, 0, 0);
	CALL(personality, 0xffffffff);
	CALL(prctl, 9999, 1, 2, 3, 4);
	CALL(arch_prctl, 0x9999, 0);
	CALL(getpriority, PRIO_PROCESS, 0);
	CALL(setpriority, 99, 0, 0);
	CALL(sched_yield, 0);
	CALL(sched_getaffinity, 0, 128, P(buffer));
	CALL(sched_setaffinity, 0x7fffffff, 8, P(buffer));
	CALL(sched_getparam, 0, P(buffer));
	CALL(sched_setparam, 0, 0);
	CALL(sched_getscheduler, 0);
	CALL(sched_setscheduler, 0, 99, P(buffer));
	CALL(sched_getattr, 0, P(buffer), 48, 0);
	CALL(sched_setattr, 0, 0, 0);
	CALL(sched_get_priority_max, 1);
	CALL(sched_get_priority_min, 99);
	CALL(sched_rr_get_interval, 0, P(buffer));
	CALL(kill, wl_pid, 0);
	CALL(tkill, -1, 0);
	CALL(tgkill, wl_pid, wl_pid, 0);
	CALL(rt_sigprocmask, 0, 0, P(buffer), 8);
	CALL(rt_sigaction, 99, 0, 0, 8);
	CALL(rt_sigpending, P(buffer), 8);
	CALL(rt_sigtimedwait, 0, 0, 0, 8);
	CALL(rt_sigqueueinfo, wl_pid, 0, 0);
	CALL(rt_tgsigqueueinfo, wl_pid, wl_pid, 0, 0);
	CALL(sigaltstack, 0, 0);
	CALL(wait4, -1, 0, 0, 0);
	CALL(waitid, 99, 0, 0, 0, 0);
	CALL(nanosleep, P(&nothing), 0);
	CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, P(&nothing), 0);
	CALL(clock_gettime, CLOCK_REALTIME, P(buffer));
	CALL(clock_getres, 99, P(buffer));
	CALL(clock_settime, 99, 0);
	CALL(clock_adjtime, 99, 0);
	CALL(adjtimex, P(&timex));
	CALL(gettimeofday, P(buffer), 0);
	CALL(settimeofday, 1, 0);
	CALL(time, 0);
	CALL(times, P(buffer));
	CALL(getitimer, 0, P(buffer));
	CALL(setitimer, 99, 0, 0);
	CALL(alarm, 0);
	CALL(timer_create, 99, 0, 0);
	CALL(timer_delete, 99);
	CALL(getrusage, 0, P(buffer));
	CALL(getrlimit, RLIMIT_NOFILE, P(buffer));
	CALL(setrlimit, 99, P(buffer));
	CALL(prlimit64, 0, RLIMIT_CORE, 0, P(buffer));
	CALL(sysinfo, P(buffer));
	CALL(uname, P(buffer));
	CALL(syslog, 99, 0, 0);
	CALL(sethostname, 0, -1);
	CALL(setdomainname, 0, -1);
	CALL(reboot, 1, 2, 3, 4);
	CALL(ptrace, 99, 1, 0, 0);
	CALL(init_module, 0, 0, 0);
	CALL(finit_module, -1, 0, 0);
	CALL(delete_module, P("none"), 0);
	CALL(kexec_load, 0, 0, 0, 99);
	CALL(kexec_file_load, -1, -1, 0, 0, 99);
	CALL(perf_event_open, 0, 0, 0, 0, 0);
	CALL(bpf, 9999, 0, 0);
	CALL(seccomp, 99, 0, 0);
	CALL(getrandom, P(buffer), 8, 0);
	CALL(getcpu, P(buffer), 0, 0);
	CALL(futex, P(buffer), FUTEX_WAKE, 1, 0, 0, 0);
	CALL(futex_waitv, 0, 0, 0, 0, 0);
	CALL(set_robust_list, 0, 1);
	CALL(get_robust_list, 0, 0, 0);
	CALL(add_key, 0, 0, 0, 0, 0);
	CALL(request_key, 0, 0, 0, 0);
	CALL(keyctl, 9999, 0, 0, 0, 0);
	CALL(ioprio_get, 1, 0);
	CALL(ioprio_set, 99, 0, 0);
	CALL(unshare, 0);
	CALL(setns, -1, 0);
	CALL(kcmp, wl_pid, wl_pid, 99, 0, 0);
	CALL(rseq, 1, 2, 3, 4);
	CALL(pidfd_open, wl_pid, 0);
	CALL(pidfd_send_signal, -1, 0, 0, 0);
	CALL(process_madvise, -1, 0, 0, 0, 0);
	CALL(landlock_create_ruleset, 0, 0, 1);
	CALL(io_uring_setup, 0, 0);
	CALL(io_uring_enter, -1, 0, 0, 0, 0, 0);
	CALL(io_uring_register, -1, 0, 0, 0);
	CALL(clone3, 0, 0);
	CALL(clone, CLONE_THREAD, 0, 0, 0, 0);
	CALL(modify_ldt, 99, 0, 0);
	CALL(iopl, 99);
	CALL(ioperm, -1, 1, 1);
	CALL(restart_syscall, 0);
	wl_do(__NR_nothing_, 1, 2, 3, 4, 5, 6);
}

int main(int argc, char **argv)
{
	wl_enter(argc, argv);
	wl_start();
	wl_mark(WL_BEGIN);
	files();
	memory();
	descriptors();
	identities();
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
