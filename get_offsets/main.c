// SPDX-License-Identifier: MIT
/*
 * get-offsets: where the running kernel's structures have their members, for kernels that do not tell (no CONFIG_DEBUG_INFO_BTF). Writes
 * it as the BTF that `ebpf-audit run --btf` takes, and prints it in the form of the old tool's configuration.
 */
#include "get_offsets.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] =
	"Usage: get-offsets [OPTION]...\n"
	"Say where the running kernel's structures have their members.\n"
	"\n"
	"  --output FILE   write it as type information (BTF) for `ebpf-audit run --btf FILE`\n"
	"  --print         print it as configuration of the old tool (the default without --output)\n"
	"  --vmlinux FILE  read it from this kernel image (vmlinux), its BTF or its DWARF\n"
	"  --headers DIR   read it from the kernel headers there, with the compiler ($CC, or gcc)\n"
	"  --config FILE   take the offsets in a configuration of the old tool before any other\n"
	"  --unchecked     do not check it against the running kernel: for use on another one\n"
	"  --help          print this\n"
	"\n"
	"Without --vmlinux and --headers, in this order: /sys/kernel/btf/vmlinux; a vmlinux of the running kernel in the places\n"
	"where distributions put it; the headers in /lib/modules/RELEASE/build.\n";

struct options {
	const char *output, *vmlinux, *headers, *config;
	bool print, unchecked;
};

static struct wanted wanted;

static int known_members(void)
{
	int known = 0;

	for (size_t i = 0; i < wanted.count; i++)
		for (size_t j = 0; j < wanted.structures[i].count; j++)
			known += wanted.structures[i].members[j].is_known;
	return known;
}

/* Has a source tell, and says so. Returns whether it told anything. */
static bool try(const char *kind, const char *path, int (*tell)(struct wanted *wanted, const char *path))
{
	int told = tell(&wanted, path);

	if (told > 0)
		fprintf(stderr, "get-offsets: %s %s: %d members\n", kind, path, known_members());
	else if (told < 0 && told != -ENOENT)
		fprintf(stderr, "get-offsets: %s %s: %s\n", kind, path, strerror(-told));
	return told > 0;
}

static bool try_image(const char *path)
{
	return !access(path, R_OK) && (try("type information of", path, types_tell) || try("DWARF of", path, dwarf_tell));
}

/* The sources of the running kernel, best first. */
static bool try_all(void)
{
	static const char *const images[] = {
		"/usr/lib/debug/boot/vmlinux-%s", "/usr/lib/debug/lib/modules/%s/vmlinux", "/boot/vmlinux-%s",
		"/lib/modules/%s/vmlinux", "/lib/modules/%s/build/vmlinux",
	};
	struct utsname name;
	char path[512];

	if (!access("/sys/kernel/btf/vmlinux", R_OK) && try("type information", "/sys/kernel/btf/vmlinux", types_tell))
		return true;
	uname(&name);
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		snprintf(path, sizeof(path), images[i], name.release);
		if (try_image(path))
			return true;
	}
	snprintf(path, sizeof(path), "/lib/modules/%s/build", name.release);
	return try("headers in", path, headers_tell);
}

/* Writes to a file beside `path`, checks that, and only then gives it its name: a wrong one must not be there to be used. */
static int write_checked(const char *path, bool unchecked)
{
	char temporary[512];

	if (snprintf(temporary, sizeof(temporary), "%s.%d", path, getpid()) >= (int)sizeof(temporary)) {
		fprintf(stderr, "get-offsets: %s: the name is too long\n", path);
		return EX_USAGE;
	}
	int error = wanted_write(&wanted, temporary);

	if (error) {
		fprintf(stderr, "get-offsets: writing %s: %s\n", temporary, strerror(-error));
		unlink(temporary);
		return EX_CANTCREAT;
	}
	int wrong = unchecked ? 0 : check_running(temporary);

	if (!wrong && !rename(temporary, path))
		return 0;
	int reason = errno;

	unlink(temporary);
	if (!wrong) {
		fprintf(stderr, "get-offsets: %s: %s\n", path, strerror(reason));
		return EX_CANTCREAT;
	}
	if (wrong > 0)
		fprintf(stderr, "get-offsets: this is not the running kernel's; nothing was written (--unchecked does, for another one)\n");
	else
		fprintf(stderr, "get-offsets: cannot check it against the running kernel: %s; run it as root, or with --unchecked\n",
			strerror(-wrong));
	return wrong > 0 ? EX_DATAERR : wrong == -EPERM || wrong == -EACCES ? EX_NOPERM : EX_UNAVAILABLE;
}

static int parse(int count, char **words, struct options *options)
{
	static const struct option known[] = {
		{ "output", required_argument, NULL, 'o' }, { "print", no_argument, NULL, 'p' },
		{ "vmlinux", required_argument, NULL, 'v' }, { "headers", required_argument, NULL, 'h' },
		{ "config", required_argument, NULL, 'c' }, { "unchecked", no_argument, NULL, 'u' },
		{ "help", no_argument, NULL, '?' + 256 }, {},
	};
	int option;

	while ((option = getopt_long(count, words, "", known, NULL)) != -1) {
		switch (option) {
		case 'o': options->output = optarg; break;
		case 'p': options->print = true; break;
		case 'v': options->vmlinux = optarg; break;
		case 'h': options->headers = optarg; break;
		case 'c': options->config = optarg; break;
		case 'u': options->unchecked = true; break;
		case '?' + 256:
			fputs(usage, stdout);
			exit(0);
		default: return EX_USAGE;
		}
	}
	if (optind < count) {
		fprintf(stderr, "get-offsets: what is '%s'? See --help\n", words[optind]);
		return EX_USAGE;
	}
	return 0;
}

int main(int count, char **words)
{
	struct options options = {};
	int error = parse(count, words, &options);

	if (error)
		return error;
	/* That a file has no type information is no news: DWARF comes next. */
	libbpf_set_print(NULL);
	error = wanted_find(&wanted);
	if (error) {
		fprintf(stderr, "get-offsets: the built-in programs cannot be read: %s\n", strerror(-error));
		return EX_SOFTWARE;
	}
	/* What the file says stays, as sources do not change what an earlier one has told. */
	if (options.config && !try("configuration", options.config, configuration_tell)) {
		fprintf(stderr, "get-offsets: %s: nothing could be taken from it\n", options.config);
		return EX_NOINPUT;
	}
	bool told = options.vmlinux ? try_image(options.vmlinux) :
		    options.headers ? try("headers in", options.headers, headers_tell) :
				      try_all();

	if (!told && !options.config) {
		fprintf(stderr, "get-offsets: nothing to read from: install the kernel's headers, or its vmlinux with debug information\n");
		return EX_NOINPUT;
	}
	if (options.output)
		error = write_checked(options.output, options.unchecked);
	if (!error && (options.print || !options.output))
		configuration_print(&wanted);
	return error;
}
