// SPDX-License-Identifier: MIT
/* Source: kernel headers. A file that includes them is compiled, never run; what the compiler says of types is read. */
#define _GNU_SOURCE
#include "get_offsets.h"

#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/*
 * All that is wanted, in the headers that all kernels since 4.15 have. struct mount is the kernel's own affair (fs/mount.h): the members that are
 * wanted have been its first ones, behind the two pointers of a list, since 3.13.
 */
static const char text[] =
	"#include <linux/types.h>\n"
	"#include <linux/sched.h>\n"
	"#include <linux/sched/signal.h>\n"
	"#include <linux/cred.h>\n"
	"#include <linux/tty.h>\n"
	"#include <linux/mm_types.h>\n"
	"#include <linux/fs.h>\n"
	"#include <linux/fs_struct.h>\n"
	"#include <linux/dcache.h>\n"
	"#include <linux/mount.h>\n"
	"#include <linux/fdtable.h>\n"
	"#include <linux/pid.h>\n"
	"#include <linux/pid_namespace.h>\n"
	"#include <linux/ipc.h>\n"
	"#include <linux/ipc_namespace.h>\n"
	"#include <linux/nsproxy.h>\n"
	"#include <linux/radix-tree.h>\n"
	"#include <linux/idr.h>\n"
	"#include <linux/binfmts.h>\n"
	"#include <linux/bpf.h>\n"
	"#include <linux/filter.h>\n"
	"#include <asm/ptrace.h>\n"
	"struct mount {\n"
	"	void *list[2];\n"
	"	struct mount *mnt_parent;\n"
	"	struct dentry *mnt_mountpoint;\n"
	"	struct vfsmount mnt;\n"
	"};\n";

#if defined(__x86_64__)
#define ARCHITECTURE "x86"
#elif defined(__aarch64__)
#define ARCHITECTURE "arm64"
#else
#error "no name of this processor's headers"
#endif

enum { WORDS_MAX = 64 };

struct command {
	char *words[WORDS_MAX];
	size_t count;
};

__attribute__((format(printf, 2, 3))) static void add(struct command *command, const char *format, ...)
{
	va_list arguments;
	char *word = NULL;

	va_start(arguments, format);
	if (command->count + 1 < WORDS_MAX && vasprintf(&word, format, arguments) >= 0)
		command->words[command->count++] = word;
	va_end(arguments);
}

static bool exists(const char *directory, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return !access(path, R_OK);
}

/* Runs to the end. What it says goes to standard error. Returns 0, or a negative errno. */
static int run(struct command *command)
{
	pid_t child;
	int status;
	int error = posix_spawnp(&child, command->words[0], NULL, NULL, command->words, environ);

	if (error)
		return -error;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ENOEXEC;
}

/* The compiler's own headers, of which kernels before 5.15 (c0891ac15f04) include stdarg.h. Empty when it does not say. */
static void own_headers(char *path, int size)
{
	FILE *answer = popen("${CC:-gcc} -print-file-name=include", "re");

	if (!answer || !fgets(path, size, answer))
		*path = 0;
	path[strcspn(path, "\n")] = 0;
	if (answer)
		pclose(answer);
}

/* What the kernel's own Makefile says for a file like this, as far as it changes a structure. */
static void add_words(struct command *command, const char *const *roots, size_t count, const char *source, const char *target)
{
	add(command, "%s", getenv("CC") ?: "gcc");
	for (const char *const *word = (const char *const[]){ "-w", "-g", "-gdwarf-4", "-O2", "-std=gnu11", "-nostdinc", "-ffreestanding",
							     "-fno-eliminate-unused-debug-types", "-fno-strict-aliasing", "-fshort-wchar",
							     "-fno-pie", "-no-pie", "-nostdlib", "-static", "-D__KERNEL__",
							     "-DKBUILD_MODNAME=\"get_offsets\"", "-DKBUILD_BASENAME=\"get_offsets\"",
							     "-Wl,--unresolved-symbols=ignore-all", "-Wl,-e,0", NULL };
	     *word; word++)
		add(command, "%s", *word);
#if defined(__x86_64__)
	add(command, "-m64");
	add(command, "-mno-sse");
	add(command, "-DCC_HAVE_ASM_GOTO");
	add(command, "-DCC_USING_FENTRY");
#endif
	char own[512];

	own_headers(own, sizeof(own));
	if (*own) {
		add(command, "-isystem");
		add(command, "%s", own);
	}
	for (const char *const *place = (const char *const[]){ "arch/" ARCHITECTURE "/include", "arch/" ARCHITECTURE "/include/generated",
							      "include", "arch/" ARCHITECTURE "/include/uapi",
							      "arch/" ARCHITECTURE "/include/generated/uapi", "include/uapi",
							      "include/generated/uapi", NULL };
	     *place; place++)
		for (size_t i = 0; i < count; i++)
			add(command, "-I%s/%s", roots[i], *place);
	for (size_t i = 0; i < count; i++)
		if (exists(roots[i], "include/linux/compiler_types.h")) {
			add(command, "-include");
			add(command, "%s/include/linux/kconfig.h", roots[i]);
			add(command, "-include");
			add(command, "%s/include/linux/compiler_types.h", roots[i]);
			break;
		}
	add(command, "-o");
	add(command, "%s", target);
	add(command, "-x");
	add(command, "c");
	add(command, "%s", source);
}

int headers_tell(struct wanted *wanted, const char *directory)
{
	char place[] = "/tmp/get-offsets.XXXXXX", source[64], target[64], other[512];
	const char *roots[2] = { directory };
	size_t count = 1;
	struct command command = {};
	int result = 0;

	if (!exists(directory, "include/generated/autoconf.h"))
		return -ENOENT;
	/* Debian has what is common to its kernels of a version apart, and a link to it beside the one to the rest. By name: that is a link. */
	const char *last = strrchr(directory, '/');

	snprintf(other, sizeof(other), "%.*ssource", last ? (int)(last + 1 - directory) : 0, directory);
	if (exists(other, "include/linux/sched.h"))
		roots[count++] = other;
	if (!mkdtemp(place))
		return -errno;
	snprintf(source, sizeof(source), "%s/types.c", place);
	snprintf(target, sizeof(target), "%s/types", place);
	FILE *file = fopen(source, "we");

	if (!file || fputs(text, file) == EOF)
		result = -errno;
	if (file && fclose(file))
		result = -errno;
	if (!result) {
		add_words(&command, roots, count, source, target);
		result = run(&command);
	}
	if (!result)
		result = dwarf_tell(wanted, target);
	for (size_t i = 0; i < command.count; i++)
		free(command.words[i]);
	unlink(source);
	unlink(target);
	rmdir(place);
	return result;
}
