// SPDX-License-Identifier: MIT
import KernelProbe
import Testing

/// Every object against what the oldest kernel of its tier takes: a test that needs no such kernel, and no right to load.
@Suite("tier limits")
struct TierLimitsTests {
    private static func object(of tier: String, in directory: String = "bpf") throws -> KernelObject {
        try KernelObject(path: builtFile("\(directory)/\(tier).bpf.o", by: directory))
    }

    @Test("there are limits for every tier")
    func complete() {
        #expect(Set(TierLimits.all.map(\.tier)) == Set(Tier.all.map(\.name)))
    }

    // `bpf-other` has them for the processor that this machine has not.
    @Test("objects keep to the limits of their tier", arguments: TierLimits.all.map(\.tier), ["bpf", "bpf-other"])
    func kept(_ tier: String, _ directory: String) throws {
        let limits = try #require(TierLimits.all.first { $0.tier == tier })
        let object = try Self.object(of: tier, in: directory)
        #expect(object.programs.contains { $0.name == "sys_enter" } && object.maps.contains { $0.name == "ring" })
        #expect(limits.violations(of: object) == [])
    }

    // The objects of the newer tiers do what older kernels refuse, so that checks which see nothing do not pass either.
    @Test("the older tiers refuse what the newer ones do")
    func seen() throws {
        let tp = try #require(TierLimits.all.first { $0.tier == "tp" })
        let byBTF = Set(tp.violations(of: try Self.object(of: "btf")).map { "\($0.kind)" })
        // Its loops are in functions, which are not among a program's own instructions.
        #expect(byBTF.isSuperset(of: ["call", "globalData", "helper", "mapType", "jump32", "programType"]), "\(byBTF)")
        let byNoLoops = Set(tp.violations(of: try Self.object(of: "raw_tp_noloops")).map { "\($0.kind)" })
        #expect(byNoLoops == ["size", "programType"])
        let byRaw = Set(tp.violations(of: try Self.object(of: "raw_tp")).map { "\($0.kind)" })
        #expect(byRaw == ["backEdge", "programType"])
    }

    private static let zero = BPFInstruction(code: 0xb7)  // r0 = 0
    private static let exit = BPFInstruction(code: 0x95)

    /// A program or map that breaks one limit of `tp` and keeps the others.
    static let seeds: [(kind: TierLimits.Violation.Kind, object: KernelObject)] = [
        (.size, program([BPFInstruction](repeating: zero, count: 4096) + [exit])),
        // goto -2: back to r0 = 0
        (.backEdge, program([zero, BPFInstruction(code: 0x05, offset: -2), exit])),
        // if r0 == 0 goto -2
        (.backEdge, program([zero, BPFInstruction(code: 0x15, offset: -2), exit])),
        (.call, program([zero, BPFInstruction(code: 0x85, source: 1, immediate: 1), exit, zero, exit])),
        // bpf_probe_read_kernel()
        (.helper, program([BPFInstruction(code: 0x85, immediate: 113), exit])),
        // if w0 == 0 goto +0
        (.jump32, program([zero, BPFInstruction(code: 0x16), exit])),
        // *(u64 *)(r10 - 520) = r0
        (.stack, program([zero, BPFInstruction(code: 0x7b, destination: 10, offset: -520), exit])),
        // r1 = *(u64 *)(r10 - 520)
        (.stack, program([BPFInstruction(code: 0x79, destination: 1, source: 10, offset: -520), zero, exit])),
        // r2 = r10; r2 += -520
        (
            .stack,
            program([
                BPFInstruction(code: 0xbf, destination: 2, source: 10),
                BPFInstruction(code: 0x07, destination: 2, immediate: -520), zero, exit,
            ])
        ),
        // BPF_PROG_TYPE_RAW_TRACEPOINT
        (.programType, program([zero, exit], type: 17)),
        (.globalData, KernelObject(maps: [KernelObject.Map(name: "seed.rodata", type: 2, isGlobalData: true)])),
        // BPF_MAP_TYPE_RINGBUF
        (.mapType, KernelObject(maps: [KernelObject.Map(name: "seed", type: 27, isGlobalData: false)])),
    ]

    private static func program(_ code: [BPFInstruction], type: UInt32 = 5) -> KernelObject {
        KernelObject(programs: [KernelObject.Program(name: "seed", type: type, instructions: code)])
    }

    @Test("a seeded violation of each kind is found, and nothing else", arguments: seeds.indices)
    func seeded(_ index: Int) throws {
        let tp = try #require(TierLimits.all.first { $0.tier == "tp" })
        #expect(Set(Self.seeds.map { "\($0.kind)" }).count == TierLimits.Violation.Kind.allCases.count)
        #expect(tp.violations(of: Self.seeds[index].object).map(\.kind) == [Self.seeds[index].kind])
    }

    @Test("what is no violation: jumps back to what has been left, the last byte of stack and of a program, guarded helpers")
    func permitted() throws {
        let tp = try #require(TierLimits.all.first { $0.tier == "tp" })
        let fine: [[BPFInstruction]] = [
            // goto +2; r0 = 0; exit; if r0 == 0 goto -3; exit: backwards, but to nothing on its own way
            [
                BPFInstruction(code: 0x05, offset: 2), Self.zero, Self.exit, BPFInstruction(code: 0x15, offset: -3), Self.exit,
            ],
            [Self.zero, BPFInstruction(code: 0x7b, destination: 10, offset: -512), Self.exit],
            [BPFInstruction](repeating: Self.zero, count: 4095) + [Self.exit],
            [BPFInstruction(code: 0x85, immediate: 118), Self.exit],
            // The second half of r1 = 0x…85 ll looks like a call.
            [BPFInstruction(code: 0x18, destination: 1), BPFInstruction(code: 0x85, immediate: 200), Self.zero, Self.exit],
        ]
        for code in fine { #expect(tp.violations(of: Self.program(code)) == [], "\(code.count)") }
    }
}
