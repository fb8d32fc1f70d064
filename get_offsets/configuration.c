// SPDX-License-Identifier: MIT
/*
 * The configuration file of the old tool (ebpf_telemetry.conf): `name = offset, offset …`, a way from structure to structure. Its names, in
 * its order.
 */
#include "get_offsets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 3 };

/* "structure.member", where a member can be part of a part: "dentry.d_name.name". */
static const struct {
	const char *name;
	const char *steps[STEPS];
} lines[] = {
	{ "ppid", { "task_struct.real_parent", "task_struct.tgid" } },
	{ "auid", { "task_struct.loginuid" } },
	{ "ses", { "task_struct.sessionid" } },
	{ "cred", { "task_struct.cred" } },
	{ "cred_uid", { "cred.uid" } },
	{ "cred_gid", { "cred.gid" } },
	{ "cred_euid", { "cred.euid" } },
	{ "cred_suid", { "cred.suid" } },
	{ "cred_fsuid", { "cred.fsuid" } },
	{ "cred_egid", { "cred.egid" } },
	{ "cred_sgid", { "cred.sgid" } },
	{ "cred_fsgid", { "cred.fsgid" } },
	{ "tty", { "task_struct.signal", "signal_struct.tty", "tty_struct.name" } },
	{ "comm", { "task_struct.comm" } },
	{ "exe_path", { "task_struct.mm", "mm_struct.exe_file", "file.f_path" } },
	{ "mm_arg_start", { "task_struct.mm", "mm_struct.arg_start" } },
	{ "mm_arg_end", { "task_struct.mm", "mm_struct.arg_end" } },
	{ "pwd_path", { "task_struct.fs", "fs_struct.pwd" } },
	{ "path_vfsmount", { "path.mnt" } },
	{ "path_dentry", { "path.dentry" } },
	{ "dentry_parent", { "dentry.d_parent" } },
	{ "dentry_name", { "dentry.d_name.name" } },
	{ "dentry_inode", { "dentry.d_inode" } },
	{ "inode_mode", { "inode.i_mode" } },
	{ "inode_ouid", { "inode.i_uid" } },
	{ "inode_ogid", { "inode.i_gid" } },
	{ "mount_mnt", { "mount.mnt" } },
	{ "mount_parent", { "mount.mnt_parent" } },
	{ "mount_mountpoint", { "mount.mnt_mountpoint" } },
	{ "max_fds", { "task_struct.files", "files_struct.fdt", "fdtable.max_fds" } },
	{ "fd_table", { "task_struct.files", "files_struct.fdt", "fdtable.fd" } },
	{ "fd_path", { "file.f_path" } },
};

/* The offset of the name in a `struct qstr`: behind hash and length (include/linux/dcache.h, since 3.5). */
enum { QSTR_NAME = 8 };

static struct wanted_member *find(const struct wanted *wanted, const char *step, struct wanted_structure **structure)
{
	char name[64];
	const char *dot = strchr(step, '.');
	size_t length = dot - step;

	snprintf(name, sizeof(name), "%.*s", (int)length, step);
	*structure = wanted_structure((struct wanted *)wanted, name);
	if (!*structure)
		return NULL;
	const char *member = dot + 1, *part = strchr(member, '.');
	size_t size = part ? (size_t)(part - member) : strlen(member);

	for (size_t i = 0; i < (*structure)->count; i++) {
		struct wanted_member *one = &(*structure)->members[i];

		if (!strncmp(one->name, member, size) && !one->name[size])
			return one;
	}
	return NULL;
}

static bool is_in_part(const char *step)
{
	return strchr(strchr(step, '.') + 1, '.') != NULL;
}

void configuration_print(const struct wanted *wanted)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[64] = "";

		for (int step = 0; step < STEPS && lines[i].steps[step]; step++) {
			struct wanted_structure *structure;
			const struct wanted_member *member = find(wanted, lines[i].steps[step], &structure);

			if (!member || !member->is_known) {
				text[0] = 0;
				break;
			}
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u", step ? ", " : "",
				 member->offset + (is_in_part(lines[i].steps[step]) ? QSTR_NAME : 0));
		}
		if (*text)
			printf("%s = %s\n", lines[i].name, text);
		else
			printf("# %s is not known\n", lines[i].name);
	}
}

static int tell_line(struct wanted *wanted, const char *name, const char *numbers)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (strcmp(lines[i].name, name))
			continue;
		for (int step = 0; step < STEPS && lines[i].steps[step]; step++) {
			struct wanted_structure *structure;
			struct wanted_member *member = find(wanted, lines[i].steps[step], &structure);
			char *end;
			unsigned long offset = strtoul(numbers, &end, 10);

			if (!member || end == numbers || offset > 1 << 20)
				return -EINVAL;
			if (is_in_part(lines[i].steps[step])) {
				if (offset < QSTR_NAME)
					return -EINVAL;
				offset -= QSTR_NAME;
			}
			/* What stands in the file comes first, also before what another source has told. */
			member->is_known = true;
			member->offset = offset;
			structure->is_known = true;
			if (structure->size < offset + 8)
				structure->size = offset + 8;
			numbers = end + strspn(end, ", \t");
		}
		return *numbers && *numbers != '\n' ? -EINVAL : 1;
	}
	return -ENOENT;
}

int configuration_tell(struct wanted *wanted, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];
	int known = 0, number = 0;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		char name[64];
		int from = 0;

		number++;
		if (sscanf(line, " %63[a-z_] = %n", name, &from) != 1 || !from) {
			if (line[strspn(line, " \t\n")] && line[strspn(line, " \t")] != '#') {
				fprintf(stderr, "%s:%d: not 'name = offset, …'\n", path, number);
				known = -EINVAL;
				break;
			}
			continue;
		}
		int told = tell_line(wanted, name, line + from);

		if (told < 0) {
			fprintf(stderr, "%s:%d: %s '%s'\n", path, number, told == -ENOENT ? "unknown name" : "wrong offsets of", name);
			known = told;
			break;
		}
		known++;
	}
	fclose(file);
	return known;
}
