/* SPDX-License-Identifier: MIT */
/*
 * Where in a credential's security blob AppArmor has the label of a task: behind what the modules before it in the kernel's list take, which
 * depends on how the kernel was built and started. This process knows its own label, so the place is where the same name is found.
 */
#include "CBPF.h"
#include "handle.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Blobs are some tens of bytes; what lies behind is another one's, and is not reached as the place comes first. */
enum { PLACES_END = 256 };

/*
 * The name of this thread's first profile, out of the text of its label as this process may see it: "name", "name (mode)",
 * ":namespace:name", several of them with "//&" in between (aa_label_snxprint() in security/apparmor/label.c).
 */
static bool read_name(char *name, size_t size)
{
	/* Not attr/current, which may be another module's. Refused (EINVAL) where AppArmor is not at work. */
	int file = open("/proc/thread-self/attr/apparmor/current", O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, name, size - 1);

	if (file >= 0)
		close(file);
	if (length <= 0)
		return false;
	name[length] = '\0';
	name[strcspn(name, "\n")] = '\0';
	char *stacked = strstr(name, "//&"), *mode = strrchr(name, '(');

	if (mode && mode - name > 1 && mode[-1] == ' ' && name[strlen(name) - 1] == ')')
		mode[-1] = '\0';
	if (stacked)
		*stacked = '\0';
	char *end = name[0] == ':' ? strchr(name + 1, ':') : NULL;

	if (end)
		memmove(name, end + 1, strlen(end + 1) + 1);
	return name[0];
}

void cbpf_find_label(struct cbpf *handle)
{
	char name[AW_LABEL_MAX + 1];

	if (handle->find_label < 0 || !read_name(name, sizeof(name)))
		return;
	for (uint64_t place = 0; place < PLACES_END; place += sizeof(void *)) {
		uint64_t arguments[1] = { place };
		LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments, .ctx_size_in = sizeof(arguments));

		/* Programs of this kind can be run by hand from 5.10 on (1b4d60ec162f). */
		if (bpf_prog_test_run_opts(handle->find_label, &options))
			return;
		if (options.retval == strlen(name) + 1 && !memcmp((const char *)handle->label_name, name, options.retval)) {
			*handle->label = place + 1;
			return;
		}
	}
}

enum cbpf_labels cbpf_labels(const struct cbpf *handle)
{
	if (handle->contexts)
		return CBPF_LABELS_SELINUX;
	return handle->label && *handle->label ? CBPF_LABELS_APPARMOR : CBPF_LABELS_NONE;
}
