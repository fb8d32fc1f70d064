/* SPDX-License-Identifier: MIT */
/*
 * Feature probing. libbpf's own probes (libbpf_probes.c) answer for program and map types; what they get wrong where
 * only some attach types are permitted is tried here by hand.
 */
#include "CBPF.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

/* return 0 */
static const struct bpf_insn nothing[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

/*
 * Loads a program that does nothing with BPF_F_* `flags` as a tracing program on BTF type `name`, and attaches it for a moment if
 * asked to.
 */
static int probe_tracing(enum bpf_attach_type attach, const char *name, uint32_t kind, uint32_t flags, bool try_attach)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return 0;
	int id = btf__find_by_name_kind(btf, name, kind);

	btf__free(btf);
	if (id < 0)
		return 0;
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach, .attach_btf_id = id,
		    .prog_flags = flags);
	int program = bpf_prog_load(BPF_PROG_TYPE_TRACING, "probe", "GPL", nothing, 2, &options);

	if (program < 0)
		return 0;
	int link = try_attach ? bpf_raw_tracepoint_open(NULL, program) : 0;

	if (link > 0)
		close(link);
	close(program);
	return link >= 0;
}

static int probe_btf(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int error = btf ? 0 : -errno;

	btf__free(btf);
	return error == 0 ? 1 : error == -ESRCH || error == -ENOENT ? 0 : error;
}

static int probe(enum cbpf_feature feature)
{
	switch (feature) {
	case CBPF_FEATURE_BTF:
		return probe_btf();
	case CBPF_FEATURE_RAW_TRACEPOINT:
		return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL);
	case CBPF_FEATURE_BTF_TRACEPOINT:
		return probe_tracing(BPF_TRACE_RAW_TP, "btf_trace_sys_enter", BTF_KIND_TYPEDEF, 0, false);
	case CBPF_FEATURE_PREEMPTIBLE:
		/*
		 * The change that let programs at system calls, and only these, sleep is the one that left all preemptible. Kernels
		 * that do not look at the flag (5.10 and 6.1 do not, 6.12 does) take it anywhere.
		 */
		return probe_tracing(BPF_TRACE_RAW_TP, "btf_trace_sys_enter", BTF_KIND_TYPEDEF, BPF_F_SLEEPABLE, false) &&
		       !probe_tracing(BPF_TRACE_RAW_TP, "btf_trace_sched_process_exit", BTF_KIND_TYPEDEF, BPF_F_SLEEPABLE, false);
	case CBPF_FEATURE_FENTRY:
		return probe_tracing(BPF_TRACE_FENTRY, "security_file_open", BTF_KIND_FUNC, 0, true);
	case CBPF_FEATURE_KPROBE:
		return access("/sys/bus/event_source/devices/kprobe/type", F_OK) == 0;
	case CBPF_FEATURE_RING_BUFFER:
		return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL);
	case CBPF_FEATURE_LOOP:
		/* A program type that all kernels have: where there is none, libbpf takes its refusal for a yes. */
		return libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_loop, NULL);
	}
	return -EINVAL;
}

int cbpf_probe(enum cbpf_feature feature)
{
	/* One more than the answers that there have been: the kernel goes on to be the same. */
	static _Atomic int known[CBPF_FEATURE_PREEMPTIBLE + 1];

	if (feature > CBPF_FEATURE_PREEMPTIBLE)
		return -EINVAL;
	if (known[feature] > 0)
		return known[feature] - 1;
	/* What is not there is an answer, and no message. */
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	int answer = probe(feature);

	libbpf_set_print(print);
	known[feature] = answer + 1;
	return answer;
}
