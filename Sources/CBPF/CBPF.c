/* SPDX-License-Identifier: MIT */
/* The life of a handle: opened, loaded, attached, detached, closed. */
#define _GNU_SOURCE /* vasprintf() */
#include "CBPF.h"
#include "contexts.h"
#include "handle.h"
#include "objects.h"
#include "perf.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

static const struct {
	const char *name;
	enum cbpf_object object;
} tiers[CBPF_TIERS] = {
	[CBPF_TIER_BTF] = { "btf", CBPF_OBJECT_BTF },
	[CBPF_TIER_RAW_TP] = { "raw_tp", CBPF_OBJECT_RAW_TP },
	[CBPF_TIER_RAW_TP_NOLOOPS] = { "raw_tp_noloops", CBPF_OBJECT_RAW_TP_NOLOOPS },
	[CBPF_TIER_RAW_TP_SUB4096] = { "raw_tp_sub4096", CBPF_OBJECT_RAW_TP_SUB4096 },
	[CBPF_TIER_TP] = { "tp", CBPF_OBJECT_TP },
};

/* libbpf has one print function for the process, so the log of the handle that is being opened or loaded is global. */
static _Thread_local struct cbpf *logging;

void cbpf_log_to(struct cbpf *handle)
{
	logging = handle;
}

static int keep_log(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_DEBUG || !logging)
		return 0;
	/* A verifier log comes as one line of any length, and ends with its reason: the end is what to keep. */
	char *line = NULL;
	int length = vasprintf(&line, format, arguments);

	if (length < 0)
		return 0;
	size_t have = strlen(logging->log), room = sizeof(logging->log) - 1;
	size_t skip = (size_t)length > room ? length - room : 0, added = length - skip;

	if (have + added > room) {
		size_t drop = have + added - room;

		memmove(logging->log, logging->log + drop, have - drop + 1);
		have -= drop;
	}
	memcpy(logging->log + have, line + skip, added + 1);
	free(line);
	return length;
}

const char *cbpf_tier_name(enum cbpf_tier tier)
{
	return tier < CBPF_TIERS ? tiers[tier].name : NULL;
}

const char *cbpf_log(const struct cbpf *handle)
{
	return handle ? handle->log : "";
}

const char *cbpf_library_version(void)
{
	return libbpf_version_string() + (libbpf_version_string()[0] == 'v');
}

struct bpf_map *cbpf_find_variable(struct bpf_object *object, const char *section, const char *name, uint32_t *offset)
{
	struct btf *btf = bpf_object__btf(object);
	int id = btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);

	if (id < 0)
		return NULL;
	const struct btf_type *type = btf__type_by_id(btf, id);
	const struct btf_var_secinfo *info = btf_var_secinfos(type);

	for (int i = 0; i < btf_vlen(type); i++) {
		const struct btf_type *var = btf__type_by_id(btf, info[i].type);

		if (strcmp(btf__name_by_offset(btf, var->name_off), name))
			continue;
		struct bpf_map *map;
		bpf_object__for_each_map(map, object) {
			const char *map_name = bpf_map__name(map);
			size_t length = strlen(map_name), tail = strlen(section);

			if (length < tail || strcmp(map_name + length - tail, section))
				continue;
			*offset = info[i].offset;
			return info[i].offset + info[i].size <= bpf_map__value_size(map) ? map : NULL;
		}
	}
	return NULL;
}

void *cbpf_setting(struct bpf_object *object, const char *name)
{
	uint32_t offset;
	struct bpf_map *map = cbpf_find_variable(object, ".rodata", name, &offset);
	size_t size = 0;
	/* Declared const, yet the memory is libbpf's own and writable until loading. Skeletons write to it the same way. */
	char *bytes = map ? (char *)bpf_map__initial_value(map, &size) : NULL;

	return bytes && offset < size ? bytes + offset : NULL;
}

/*
 * Maps the variables that change while running. What bpf_map__initial_value() points to is no more than the bytes that they
 * began with, unless libbpf is newer than 1.5 or the object came as a skeleton (bpf_object__load_skeleton()).
 */
static int map_controls(struct cbpf *handle)
{
	uint32_t generation, wanted, tasks, hooks, traced, single, label, label_name, sequence, time, stamp, ntp, state;
	uint32_t sid_cred, sid_inode, sid_ipc;
	struct bpf_map *map = cbpf_find_variable(handle->object, ".bss", "control_generation", &generation);

	if (!map || cbpf_find_variable(handle->object, ".bss", "control_wanted", &wanted) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_tasks", &tasks) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_hooks", &hooks) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_traced", &traced) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_single", &single) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_label", &label) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_label_name", &label_name) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_sid_cred", &sid_cred) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_sid_inode", &sid_inode) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_sid_ipc", &sid_ipc) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_clock_sequence", &sequence) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_clock_time", &time) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_ntp", &ntp) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_clock", &state) != map ||
	    cbpf_find_variable(handle->object, ".bss", "control_stamp", &stamp) != map)
		return -ENOENT;
	size_t page = sysconf(_SC_PAGESIZE);
	size_t bytes = (bpf_map__value_size(map) + page - 1) & ~(page - 1);
	void *controls = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (controls == MAP_FAILED)
		return -errno;
	handle->controls = controls;
	handle->controls_bytes = bytes;
	handle->generation = (void *)((char *)controls + generation);
	handle->wanted = (void *)((char *)controls + wanted);
	handle->tasks = (void *)((char *)controls + tasks);
	handle->hooks = (void *)((char *)controls + hooks);
	handle->traced = (void *)((char *)controls + traced);
	handle->single = (void *)((char *)controls + single);
	handle->label = (void *)((char *)controls + label);
	handle->label_name = (char *)controls + label_name;
	handle->sid_cred = (void *)((char *)controls + sid_cred);
	handle->sid_inode = (void *)((char *)controls + sid_inode);
	handle->sid_ipc = (void *)((char *)controls + sid_ipc);
	handle->clock_sequence = (void *)((char *)controls + sequence);
	handle->clock_time = (void *)((char *)controls + time);
	handle->stamp = (void *)((char *)controls + stamp);
	handle->ntp = (void *)((char *)controls + ntp);
	handle->clock_state = (void *)((char *)controls + state);
	return 0;
}

/*
 * Variables are there with CONFIG_KALLSYMS_ALL. Not left to libbpf, which gives up on a line that it cannot take (seen on 4.15: a symbol
 * without a name).
 */
size_t cbpf_kernel_addresses(const char *const *names, size_t count, uint64_t *addresses)
{
	const size_t name_at = 16 + 3; /* behind the address, a blank, the type and another */
	char line[512];
	size_t found = 0;
	FILE *file = fopen("/proc/kallsyms", "re");

	memset(addresses, 0, count * sizeof(*addresses));
	while (file && found < count && fgets(line, sizeof(line), file)) {
		if (strlen(line) <= name_at || line[name_at - 1] != ' ')
			continue;
		const char *name = line + name_at;
		size_t length = strcspn(name, "\t\n");

		/* Two hundred thousand lines, so that numbers are read where the name is right only. */
		for (size_t i = 0; i < count; i++) {
			if (addresses[i] || strncmp(name, names[i], length) || names[i][length])
				continue;
			addresses[i] = strtoull(line, NULL, 16);
			found += addresses[i] != 0;
		}
	}
	if (file)
		fclose(file);
	return found;
}

uint64_t cbpf_kernel_address(const char *name)
{
	uint64_t address;

	cbpf_kernel_addresses(&name, 1, &address);
	return address;
}

/* The settings of a tier whose ring is perf buffers, which have no size before they are opened. */
static int set_staged_settings(struct cbpf *handle, const struct cbpf_settings *settings)
{
	handle->ring_bytes = settings->ring_bytes;
	handle->wakeup_bytes = settings->wakeup_bytes;
	handle->values.setting_self_tgid = settings->self_tgid;
	handle->values.setting_excluded_tgid = settings->excluded_tgid;
	handle->values.jiffies_address = cbpf_kernel_address("jiffies_64");
	/* What a call asks with for the tick count, so that no other process can answer for this one. */
	if (getrandom(&handle->values.cookie, sizeof(handle->values.cookie), 0) != sizeof(handle->values.cookie))
		return -errno;
	if (settings->ring_bytes < (uint32_t)sysconf(_SC_PAGESIZE) || settings->ring_bytes & (settings->ring_bytes - 1))
		return -EINVAL;
	return 0;
}

int cbpf_set_constants(struct cbpf *handle, struct bpf_object *object)
{
	uint32_t *self = cbpf_setting(object, "setting_self_tgid");
	uint32_t *excluded = cbpf_setting(object, "setting_excluded_tgid");
	uint64_t *wakeup = cbpf_setting(object, "setting_wakeup_bytes");
	uint32_t *kept = cbpf_setting(object, "setting_kept_calls");

	if (!self || !excluded || !wakeup || !kept)
		return -ENOENT;
	*self = handle->settings.self_tgid;
	*excluded = handle->settings.excluded_tgid;
	*wakeup = handle->settings.wakeup_bytes;
	/* The rest is for calls of tasks that come when so many are known. */
	*kept = handle->settings.inflight - handle->settings.inflight / 4;
	return 0;
}

static int set_settings(struct cbpf *handle, const struct cbpf_settings *settings)
{
	struct bpf_map *ring = bpf_object__find_map_by_name(handle->object, "ring");
	struct bpf_map *inflight = bpf_object__find_map_by_name(handle->object, "inflight");
	struct bpf_map *records = bpf_object__find_map_by_name(handle->object, "record_memory");
	struct bpf_map *traces = bpf_object__find_map_by_name(handle->object, "traces");
	int cpus = libbpf_num_possible_cpus();

	int error = 0;

	handle->is_staged = bpf_object__find_map_by_name(handle->object, "stages");
	if (!ring || !inflight || !records)
		return -ENOENT;
	if (cpus < 0)
		return cpus;
	if (handle->is_staged) {
		error = set_staged_settings(handle, settings);
	} else {
		handle->ring_bytes = settings->ring_bytes;
		error = cbpf_set_constants(handle, handle->object);
		if (!error)
			error = bpf_map__set_max_entries(ring, settings->ring_bytes);
		/* libbpf rounds up what is no power of two or page; the reader's masks would not follow. */
		if (!error && bpf_map__max_entries(ring) != settings->ring_bytes)
			error = -EINVAL;
	}
	if (!error)
		error = bpf_map__set_max_entries(inflight, settings->inflight);
	if (!error)
		error = bpf_map__set_max_entries(records, 2 * cpus);
	if (!error && traces && settings->traces)
		error = bpf_map__set_max_entries(traces, settings->traces);
	return error;
}

void cbpf_choose_held(struct bpf_object *object)
{
	static const char held_mark[] = "_held";
	struct bpf_program *held;

	/* libbpf learns from tracefs what to attach to; where that is not mounted, what is skipped is at least counted. */
	if (access("/sys/kernel/tracing/events", F_OK) && access("/sys/kernel/debug/tracing/events", F_OK))
		return;
	if (cbpf_probe(CBPF_FEATURE_PREEMPTIBLE) != 1)
		return;
	bpf_object__for_each_program(held, object) {
		const char *name = bpf_program__name(held);
		size_t length = strlen(name), tail = sizeof(held_mark) - 1;
		char plain_name[64];

		if (length < tail || length - tail >= sizeof(plain_name) || strcmp(name + length - tail, held_mark))
			continue;
		memcpy(plain_name, name, length - tail);
		plain_name[length - tail] = '\0';
		struct bpf_program *plain = bpf_object__find_program_by_name(object, plain_name);

		if (!plain)
			continue;
		bpf_program__set_autoload(plain, false);
		bpf_program__set_autoload(held, true);
	}
}

int cbpf_open(enum cbpf_tier tier, const struct cbpf_settings *settings, const char *btf_path, struct cbpf **result)
{
	if (tier >= CBPF_TIERS)
		return -EINVAL;
	struct cbpf *handle = calloc(1, sizeof(*handle));

	if (!handle)
		return -ENOMEM;
	handle->ring = -1;
	handle->settings = *settings;
	handle->btf_path = btf_path ? strdup(btf_path) : NULL;
	libbpf_set_print(keep_log);
	logging = handle;

	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "ebpf_audit",
		    .btf_custom_path = btf_path);
	handle->object = cbpf_object_open(tiers[tier].object, &options);

	int error = handle->object ? set_settings(handle, settings) : -errno;

	if (!error && !handle->is_staged)
		cbpf_choose_held(handle->object);
	logging = NULL;
	*result = handle; /* also on an error: its log says why */
	return error;
}

static int map_descriptor(struct cbpf *handle, const char *name)
{
	return bpf_object__find_map_fd_by_name(handle->object, name);
}

int cbpf_write_controls(struct cbpf *handle)
{
	uint32_t slot = 0;

	return bpf_map_update_elem(handle->control_map, &slot, &handle->values, BPF_ANY) ? -errno : 0;
}

int cbpf_load(struct cbpf *handle)
{
	logging = handle;
	int error = handle->is_staged ? 0 : cbpf_choose_calls(handle);

	if (!error)
		error = bpf_object__load(handle->object);
	if (!error && !handle->is_staged)
		error = cbpf_load_calls(handle);
	logging = NULL;
	if (error)
		return error;

	struct bpf_program *program;
	bpf_object__for_each_program(program, handle->object) {
		if (bpf_program__autoload(program) && handle->program_count < PROGRAMS_MAX)
			handle->programs[handle->program_count++] = bpf_program__fd(program);
	}
	program = bpf_object__find_program_by_name(handle->object, "tick");
	handle->tick = program ? bpf_program__fd(program) : -1;
	program = bpf_object__find_program_by_name(handle->object, "find_clock");
	handle->find_clock = program ? bpf_program__fd(program) : -1;
	program = bpf_object__find_program_by_name(handle->object, "find_label");
	handle->find_label = program ? bpf_program__fd(program) : -1;
	program = bpf_object__find_program_by_name(handle->object, "read_clock");
	handle->read_clock = program ? bpf_program__fd(program) : -1;
	program = bpf_object__find_program_by_name(handle->object, "place_ntp");
	handle->place_ntp = program ? bpf_program__fd(program) : -1;
	handle->index = map_descriptor(handle, "selection_index");
	handle->list = map_descriptor(handle, "selection_list");
	handle->clauses = map_descriptor(handle, "selection_clauses");
	handle->refusals = map_descriptor(handle, "selection_refusals");
	handle->task_rules = map_descriptor(handle, "selection_tasks");
	handle->shapes = map_descriptor(handle, "shapes");
	handle->statistics = map_descriptor(handle, "statistics");
	handle->ring = map_descriptor(handle, "ring");
	if (handle->index < 0 || handle->list < 0 || handle->clauses < 0 || handle->refusals < 0 ||
	    handle->task_rules < 0 || handle->shapes < 0 || handle->statistics < 0 || handle->ring < 0)
		return -ENOENT;
	if (handle->is_staged) {
		handle->control_map = map_descriptor(handle, "controls");
		handle->answer_map = map_descriptor(handle, "answer");
		if (handle->control_map < 0 || handle->answer_map < 0)
			return -ENOENT;
		int order = map_descriptor(handle, "order");

		error = order < 0 ? -ENOENT : cbpf_write_controls(handle);
		return error ? error : perf_open(handle->ring, order, handle->ring_bytes, handle->wakeup_bytes, &handle->perf);
	}
	error = map_controls(handle);
	return error ? error : cbpf_map_ring(handle);
}

/* Whether the program looks at tasks that are made, which only rules of the list task need. */
static bool looks_at_tasks(const struct bpf_program *program)
{
	return !strncmp(bpf_program__name(program), "sched_process_fork", 18);
}

int cbpf_attach_fork(struct cbpf *handle)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, handle->object) {
		if (!looks_at_tasks(program) || !bpf_program__autoload(program) || handle->fork_link)
			continue;
		handle->fork_link = bpf_program__attach(program);
		/* So the kernel says that the tracepoint has other members, not that a right is lacking. */
		if (!handle->fork_link)
			return errno == EACCES ? -EOPNOTSUPP : -errno;
	}
	return handle->fork_link ? 0 : -ENOENT;
}

/* Whether attach() is for the program: those that are attached later, or in another way, have their own functions. */
static bool is_attached_at_once(const struct cbpf *handle, const struct bpf_program *program)
{
	/* Only a section with a slash names what to attach to; the others are called, or run by hand. */
	return strchr(bpf_program__section_name(program), '/') && bpf_program__autoload(program) && !looks_at_tasks(program) &&
	       (handle->is_staged || !cbpf_is_traced(bpf_program__name(program)));
}

/* Attaches the programs that do (or do not) begin calls. */
static int attach(struct cbpf *handle, size_t *count, bool beginning)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, handle->object) {
		if (!is_attached_at_once(handle, program) || *count >= PROGRAMS_MAX ||
		    beginning != !strncmp(bpf_program__name(program), "sys_enter", 9))
			continue;
		handle->links[*count] = bpf_program__attach(program);
		if (!handle->links[*count])
			return -errno;
		*count += 1;
	}
	return 0;
}

int cbpf_attach(struct cbpf *handle)
{
	size_t count = 0;

	/* First, so that every event has its stamp and label. */
	if (!handle->is_staged) {
		cbpf_find_clock(handle);
		cbpf_find_ntp(handle);
		cbpf_find_label(handle);
		contexts_find(handle);
	}
	logging = handle;
	/* The one that remembers a call comes last, when those that end and forget it are there. */
	int error = attach(handle, &count, false);

	/* Tasks are told apart from now on, since their ends are seen. */
	if (!error && handle->wants_tasks)
		error = cbpf_attach_fork(handle);
	if (!error)
		error = handle->is_staged ? attach(handle, &count, true) : cbpf_attach_calls(handle);
	logging = NULL;
	handle->is_attached = !error;
	if (error)
		cbpf_detach(handle);
	else if (handle->is_staged)
		cbpf_find_clock(handle);
	return error;
}

int cbpf_detach(struct cbpf *handle)
{
	int first = handle->fork_link ? bpf_link__destroy(handle->fork_link) : 0;

	handle->fork_link = NULL;
	handle->is_attached = false;
	cbpf_detach_rings(handle);
	if (!handle->is_staged)
		cbpf_detach_calls(handle);
	/* In the reverse order, so that no call begins whose end is not seen. */
	for (size_t i = PROGRAMS_MAX; i-- > 0;) {
		int error = handle->links[i] ? bpf_link__destroy(handle->links[i]) : 0;

		handle->links[i] = NULL;
		if (error && !first)
			first = error;
	}
	cbpf_hooks_detach(handle);
	cbpf_wait_for_programs();
	return first;
}

void cbpf_wait_for_programs(void)
{
	/*
	 * Until every CPU has left what it was running: programs run under RCU (membarrier(2), 4.3). Kernels with nohz_full CPUs
	 * refuse; there a pause longer than any program runs has to do.
	 */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(50000);
}

void cbpf_close(struct cbpf *handle)
{
	if (!handle)
		return;
	cbpf_detach(handle);
	size_t page = sysconf(_SC_PAGESIZE);

	if (handle->producer)
		munmap((void *)handle->producer, page + 2 * handle->ring_bytes);
	if (handle->consumer)
		munmap((void *)handle->consumer, page);
	if (handle->controls)
		munmap(handle->controls, handle->controls_bytes);
	perf_close(handle->perf);
	cbpf_hooks_close(handle);
	cbpf_close_calls(handle);
	contexts_close(handle);
	bpf_object__close(handle->object);
	free((char *)handle->btf_path);
	free(handle);
}
