// SPDX-License-Identifier: MIT
/* Whether type information is that of the running kernel: this process, read by it, must be what it knows itself to be. */
#define _GNU_SOURCE
#include "get_offsets.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const unsigned char program[] = {
#embed "offsets.bpf.o"
};

/* bpf/offsets.bpf.c has the same. */
struct question {
	uint64_t cookie;
	uint32_t call, reserved;
};

struct found {
	uint64_t pid_tgid;
	uint32_t tgid, tid, parent, uid, loginuid, sessionid;
	uint64_t arg_start, inode, device;
	char comm[16], directory[64];
};

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return 0;
}

/* Reads this process by the information at `path`. */
static int ask(const char *path, struct found *found)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "get_offsets", .btf_custom_path = path);
	struct question question = { .call = SYS_membarrier };
	uint32_t slot = 0;

	if (getrandom(&question.cookie, sizeof(question.cookie), 0) != sizeof(question.cookie))
		return -errno;
	libbpf_set_print(quiet);
	struct bpf_object *object = bpf_object__open_mem(program, sizeof(program), &options);

	if (!object)
		return -errno;
	struct bpf_link *link = NULL;
	int error = bpf_object__load(object);

	if (!error) {
		int from = bpf_object__find_map_fd_by_name(object, "question"), to = bpf_object__find_map_fd_by_name(object, "found");
		struct bpf_program *watching = bpf_object__find_program_by_name(object, "sys_enter");

		link = watching ? bpf_program__attach(watching) : NULL;
		if (!link || bpf_map_update_elem(from, &slot, &question, BPF_ANY))
			error = -errno;
		/* A call without an effect. */
		if (!error)
			syscall(SYS_membarrier, 0, 0, 0, 0, 0, question.cookie);
		if (!error && bpf_map_lookup_elem(to, &slot, found))
			error = -errno;
	}
	bpf_link__destroy(link);
	bpf_object__close(object);
	libbpf_set_print(NULL);
	return error;
}

static uint64_t own_number(const char *file, uint64_t otherwise)
{
	FILE *stream = fopen(file, "re");
	unsigned long long value;
	uint64_t result = stream && fscanf(stream, "%llu", &value) == 1 ? value : otherwise;

	if (stream)
		fclose(stream);
	return result;
}

/* Field 48 of /proc/self/stat (proc(5)): where this process has its arguments. */
static uint64_t own_arguments(void)
{
	char text[1024];
	FILE *stream = fopen("/proc/self/stat", "re");
	const char *at = stream && fgets(text, sizeof(text), stream) ? strrchr(text, ')') : NULL;

	if (stream)
		fclose(stream);
	for (int field = 2; at && field < 48; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

static int differ(const char *what, uint64_t read, uint64_t own)
{
	if (read == own)
		return 0;
	fprintf(stderr, "get-offsets: %s reads as %llu and is %llu\n", what, (unsigned long long)read, (unsigned long long)own);
	return 1;
}

static int differ_text(const char *what, const char *read, const char *own)
{
	if (!strncmp(read, own, strlen(own) + 1))
		return 0;
	fprintf(stderr, "get-offsets: %s reads as '%.64s' and is '%s'\n", what, read, own);
	return 1;
}

int check_running(const char *path)
{
	struct found found = {};
	struct stat exe;
	char comm[17] = "", directory[PATH_MAX];
	int error = ask(path, &found);

	if (error)
		return error;
	if (!found.pid_tgid)
		return -ENODATA;
	if (prctl(PR_GET_NAME, comm) || !getcwd(directory, sizeof(directory)) || stat("/proc/self/exe", &exe))
		return -errno;
	const char *last = strrchr(directory, '/');
	int wrong = 0;

	last = last && last[1] ? last + 1 : "/";
	/* By number this is the initial pid namespace's, which the helper knows without type information. */
	wrong += differ("the process id", found.tgid, found.pid_tgid >> 32);
	wrong += differ("the thread id", found.tid, found.pid_tgid & 0xffffffff);
	wrong += differ("the user", found.uid, getuid());
	wrong += differ("the login user", found.loginuid, own_number("/proc/self/loginuid", found.loginuid));
	wrong += differ("the session", found.sessionid, own_number("/proc/self/sessionid", found.sessionid));
	wrong += differ("the address of the arguments", found.arg_start, own_arguments());
	wrong += differ("the inode of the program", found.inode, exe.st_ino);
	if (found.pid_tgid >> 32 == (uint64_t)getpid())
		wrong += differ("the parent's process id", found.parent, getppid());
	wrong += differ_text("the name of the command", found.comm, comm);
	if (strlen(last) < sizeof(found.directory))
		wrong += differ_text("the working directory", found.directory, last);
	return wrong ? 1 : 0;
}
