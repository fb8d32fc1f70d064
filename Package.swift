// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: module borders, memory safety and warnings are checked by the compiler, not by review.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
    name: "ebpf-audit",
    products: [
        .executable(name: "ebpf-audit", targets: ["EBPFAuditPlugin"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // The contract between kernel and user: header files only, included by bpf/ too.
        .target(name: "CAuditWire"),
        // The only user of libbpf. Embeds the kernel objects that `make bpf` builds under build/bpf.
        .target(
            name: "CBPF",
            dependencies: ["CAuditWire"],
            cSettings: [.unsafeFlags(["--embed-dir=\(Context.packageDirectory)/build/bpf", "-std=gnu23", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.linkedLibrary("bpf"), .linkedLibrary("elf"), .linkedLibrary("lzma")]
        ),
        // The only user of libaudit and libauparse.
        .target(
            name: "CAudit",
            linkerSettings: [.linkedLibrary("audit"), .linkedLibrary("auparse")]
        ),
        // System calls that Swift's Glibc module leaves out.
        .target(name: "CLinux"),
        // Bytes being written: the batch buffer that formatters fill and outputs send.
        .target(name: "AuditBytes", swiftSettings: strict),
        // What the kernel's system calls are: names, numbers, and what each argument means.
        .target(name: "AuditSyscalls", dependencies: ["CAudit", "CAuditWire"], swiftSettings: strict),
        // decode: ring bytes to EventView; the capture-file format.
        .target(name: "AuditEvents", dependencies: ["CAuditWire"], swiftSettings: strict),
        // rules: text to rule set, to the kernel's map image and the exact evaluator.
        .target(
            name: "AuditRules",
            dependencies: ["CAudit", "CAuditWire", "AuditEvents", "AuditSyscalls"],
            swiftSettings: strict
        ),
        // enrich: facts from outside the event.
        .target(name: "AuditEnrichment", dependencies: ["AuditBytes", "AuditEvents", "CLinux"], swiftSettings: strict),
        // format: event and facts to record bytes.
        .target(
            name: "AuditRecords",
            dependencies: ["AuditBytes", "AuditEnrichment", "AuditEvents", "AuditSyscalls", "CAuditWire"],
            swiftSettings: strict
        ),
        // write: bounded queue and destinations. Knows bytes, not events.
        .target(name: "AuditOutputs", dependencies: ["AuditBytes"], swiftSettings: strict),
        // load, attach, ring, maps, statistics, feature probing.
        .target(
            name: "KernelProbe",
            dependencies: ["CBPF", "CAuditWire", "AuditEvents", "AuditSyscalls"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "EBPFAuditPlugin",
            dependencies: [
                "AuditBytes", "AuditEnrichment", "AuditEvents", "AuditOutputs", "AuditRecords", "AuditRules",
                "AuditSyscalls", "CAuditWire", "CLinux", "KernelProbe",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict,
            // The toolchain's own linker; equal functions are kept once where nobody compares their addresses. Nothing is looked up by
            // name in the program, and nothing unwinds within it, so that neither needs an index.
            linkerSettings: [
                .unsafeFlags([
                    "-use-ld=lld", "-Xlinker", "--icf=safe", "-Xlinker", "--no-export-dynamic", "-Xlinker", "--no-eh-frame-hdr",
                ])
            ]
        ),
        // What several test targets need: events made by hand and at random, rules at random.
        .target(
            name: "AuditTestSupport", dependencies: ["AuditEvents", "CAuditWire"], path: "Tests/Support/AuditTestSupport",
            swiftSettings: strict),
        // A command: type information for kernels that carry none (`make get-offsets`).
        .executableTarget(
            name: "get-offsets", path: "get_offsets", exclude: ["module"],
            cSettings: [
                .unsafeFlags([
                    "--embed-dir=\(Context.packageDirectory)/build/bpf", "-std=gnu23", "-Wall", "-Wextra", "-Werror",
                    "-Wno-unused-parameter", "-Wno-sign-compare",
                ])
            ],
            linkerSettings: [.linkedLibrary("bpf"), .linkedLibrary("elf"), .linkedLibrary("z")]),
        // Kernel programs and layouts under test: libbpf, but not CBPF's way of using it.
        .target(
            name: "CBPFTest", dependencies: ["CAuditWire"], path: "Tests/Support/CBPFTest",
            linkerSettings: [.linkedLibrary("bpf"), .linkedLibrary("elf"), .linkedLibrary("z")]),
        .testTarget(name: "AuditBytesTests", dependencies: ["AuditBytes"], swiftSettings: strict),
        .testTarget(
            name: "AuditEventsTests", dependencies: ["AuditEvents", "AuditTestSupport", "CAuditWire"], swiftSettings: strict),
        .testTarget(name: "AuditSyscallsTests", dependencies: ["AuditSyscalls", "CAuditWire"], swiftSettings: strict),
        .testTarget(
            name: "AuditRulesTests",
            dependencies: ["AuditRules", "AuditEvents", "AuditSyscalls", "AuditTestSupport", "CAuditWire"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AuditRecordsTests",
            dependencies: [
                "AuditRecords", "AuditBytes", "AuditEvents", "AuditSyscalls", "AuditTestSupport", "CAuditWire", "CLinux",
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "AuditEnrichmentTests", dependencies: ["AuditEnrichment", "AuditEvents", "CLinux"], swiftSettings: strict),
        .testTarget(name: "AuditOutputsTests", dependencies: ["AuditOutputs", "AuditBytes"], swiftSettings: strict),
        .testTarget(
            name: "KernelProbeTests",
            dependencies: [
                "KernelProbe", "AuditRules", "AuditEvents", "AuditSyscalls", "AuditTestSupport", "CAuditWire", "CBPFTest",
            ],
            swiftSettings: strict
        ),
        // A command: the records of a workload beside those of the kernel's own audit (`make differential`).
        .executableTarget(
            name: "Differential",
            dependencies: [
                "AuditSyscalls", "AuditTestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Differential",
            swiftSettings: strict
        ),
        // The built program against this machine: workloads, peers, auditd.
        .testTarget(name: "CollectionTests", swiftSettings: strict),
    ]
)
