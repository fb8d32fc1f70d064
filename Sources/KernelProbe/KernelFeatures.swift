// SPDX-License-Identifier: MIT
internal import CBPF
internal import Glibc

/// What this kernel offers, tried and not guessed from its version.
package struct KernelFeatures: Sendable {
    /// One feature and the outcome of trying it.
    package struct Feature: Sendable {
        /// A stable name, for `--json`.
        package let name: String
        /// What it is for and since which kernel it exists.
        package let purpose: String
        /// nil when it could not be tried, with ``errno`` saying why.
        package let available: Bool?
        /// Why it could not be tried, or 0.
        package let errno: Int32
    }

    /// `uname -r`.
    package let release: String
    /// `uname -m`.
    package let machine: String
    /// libbpf's version.
    package let library: String
    /// In the order of the documents.
    package let features: [Feature]

    /// Tries all features. Needs the same rights as collecting.
    package init() {
        var name = utsname()
        _ = unsafe uname(&name)
        release = text(of: name.release)
        machine = text(of: name.machine)
        library = unsafe String(cString: cbpf_library_version())
        features = [
            Feature("btf", "type information of the running kernel, /sys/kernel/btf/vmlinux (5.2)", CBPF_FEATURE_BTF),
            Feature("raw_tracepoint", "raw tracepoints (4.17)", CBPF_FEATURE_RAW_TRACEPOINT),
            Feature("btf_tracepoint", "BTF raw tracepoints (5.5)", CBPF_FEATURE_BTF_TRACEPOINT),
            Feature("fentry", "hooks on kernel functions by trampoline (5.5)", CBPF_FEATURE_FENTRY),
            Feature("kprobe", "hooks on kernel functions by breakpoint", CBPF_FEATURE_KPROBE),
            Feature("ring_buffer", "ring buffer map (5.8)", CBPF_FEATURE_RING_BUFFER),
            Feature("loop", "bpf_loop() helper (5.17)", CBPF_FEATURE_LOOP),
            Feature(
                "preemptible", "programs at tracepoints can be preempted: perf's are taken (seen on 7.3)",
                CBPF_FEATURE_PREEMPTIBLE),
        ]
    }
}

extension HookWays {
    /// The ways that this kernel permits, tried.
    package static func available() -> HookWays {
        var ways: HookWays = []
        if cbpf_probe(CBPF_FEATURE_FENTRY) > 0 { ways.insert(.fentry) }
        if cbpf_probe(CBPF_FEATURE_KPROBE) > 0 { ways.insert(.kprobe) }
        return ways
    }
}

extension KernelFeatures.Feature {
    fileprivate init(_ name: String, _ purpose: String, _ feature: cbpf_feature) {
        let outcome = cbpf_probe(feature)
        self.init(
            name: name, purpose: purpose, available: outcome < 0 ? nil : outcome > 0, errno: outcome < 0 ? -outcome : 0)
    }

    /// "yes", "no", or why it is not known.
    package var answer: String {
        switch available {
        case true?: "yes"
        case false?: "no"
        case nil: "not known: \(describe(errno: errno))"
        }
    }
}

extension KernelFeatures {
    /// This kernel's version, major in the bits from 16 on, minor in those from 8 on; 0 when `uname` says none. For what
    /// nothing but the version tells.
    package static func version() -> UInt32 {
        var name = utsname()
        _ = unsafe uname(&name)
        let parts = text(of: name.release).split(separator: ".", maxSplits: 2).map { UInt32($0.prefix { $0.isNumber }) ?? 0 }
        return parts.count < 2 || parts[0] > 255 || parts[1] > 255 ? 0 : parts[0] << 16 | parts[1] << 8
    }
}

/// The text in a fixed C character array.
func text<T: BitwiseCopyable>(of array: T) -> String {
    unsafe withUnsafeBytes(of: array) { bytes in
        unsafe String(decoding: unsafe bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
