// SPDX-License-Identifier: MIT

/// One instruction of a kernel program (`struct bpf_insn`, include/uapi/linux/bpf.h), as it lies in memory.
struct BPFInstruction: Equatable {
    var bits: UInt64

    init(bits: UInt64) { self.bits = bits }

    init(code: UInt8, destination: UInt8 = 0, source: UInt8 = 0, offset: Int16 = 0, immediate: Int32 = 0) {
        bits =
            UInt64(code) | UInt64(destination) << 8 | UInt64(source) << 12 | UInt64(UInt16(bitPattern: offset)) << 16
            | UInt64(UInt32(bitPattern: immediate)) << 32
    }

    var code: UInt8 { UInt8(truncatingIfNeeded: bits) }
    var destination: UInt8 { UInt8(truncatingIfNeeded: bits >> 8) & 15 }
    var source: UInt8 { UInt8(truncatingIfNeeded: bits >> 12) & 15 }
    var offset: Int { Int(Int16(truncatingIfNeeded: bits >> 16)) }
    var immediate: Int32 { Int32(truncatingIfNeeded: bits >> 32) }

    /// `BPF_CLASS()`: 0 ld, 1 ldx, 2 st, 3 stx, 4 alu, 5 jmp, 6 jmp32, 7 alu64.
    var kind: UInt8 { code & 7 }
    /// Takes the place of two (`BPF_LD | BPF_IMM | BPF_DW`).
    var isWide: Bool { code == 0x18 }
    var isCall: Bool { code == 0x85 }
    var isExit: Bool { code == 0x95 }
    /// Jumps, if it does, to this many instructions behind the next one.
    var isJump: Bool { (kind == 5 || kind == 6) && !isCall && !isExit }
    /// `BPF_JA` always jumps.
    var isUnconditional: Bool { code == 0x05 }
}

/// What a kernel object holds, as far as old kernels care.
struct KernelObject {
    struct Program {
        let name: String
        /// `enum bpf_prog_type`
        let type: UInt32
        var instructions: [BPFInstruction]
    }
    struct Map {
        let name: String
        /// `enum bpf_map_type`
        let type: UInt32
        let isGlobalData: Bool
    }
    var programs: [Program] = []
    var maps: [Map] = []
}

/// What the oldest kernel of a tier takes.
struct TierLimits {
    /// Something in an object that its tier's oldest kernel refuses.
    struct Violation: Equatable, CustomStringConvertible {
        enum Kind: Equatable, CaseIterable {
            case size, backEdge, call, globalData, helper, mapType, jump32, stack, programType
        }
        let kind: Kind
        let place: String
        let detail: String

        var description: String { "\(place): \(kind): \(detail)" }
    }

    let tier: String
    /// `BPF_MAXINSNS` before 5.2; since then a million (c04c0d2b968a).
    let size: Int
    let permitsLoops: Bool
    let permitsCalls: Bool
    let permitsGlobalData: Bool
    /// 32-bit jumps came in 5.1 (092ed0968bb6).
    let permitsJump32: Bool
    /// The highest number of `enum bpf_func_id` that the oldest kernel has.
    let helpers: Int32
    /// The highest number of `enum bpf_map_type` that the oldest kernel has.
    let mapTypes: UInt32
    /// The highest number of `enum bpf_prog_type` that the oldest kernel has.
    let programTypes: UInt32

    /// Helpers that stand in a branch which is only taken where the kernel's type information has them: `bpf_jiffies64()` and
    /// `bpf_get_current_task_btf()`.
    static let guarded: Set<Int32> = [118, 158]
    /// Helpers of programs that are loaded on later kernels alone (6.14, Sources/CBPF/Calls.c): `bpf_task_pt_regs()`, 5.15.
    static let later: [String: Set<Int32>] = [
        "enter_functions": [175], "leave_functions": [175], "enter_single": [175], "leave_single": [175],
    ]
    /// `MAX_BPF_STACK`
    static let stack = 512

    /// Numbers from include/uapi/linux/bpf.h of 4.15, 4.17, 5.2, 5.3 and 5.8.
    static let all = [
        TierLimits(
            tier: "tp", size: 4096, permitsLoops: false, permitsCalls: false, permitsGlobalData: false, permitsJump32: false,
            helpers: 57, mapTypes: 16, programTypes: 15),
        TierLimits(
            tier: "raw_tp_sub4096", size: 4096, permitsLoops: false, permitsCalls: false, permitsGlobalData: false,
            permitsJump32: false, helpers: 64, mapTypes: 16, programTypes: 18),
        TierLimits(
            tier: "raw_tp_noloops", size: 1_000_000, permitsLoops: false, permitsCalls: false, permitsGlobalData: false,
            permitsJump32: false, helpers: 108, mapTypes: 24, programTypes: 24),
        TierLimits(
            tier: "raw_tp", size: 1_000_000, permitsLoops: true, permitsCalls: false, permitsGlobalData: false,
            permitsJump32: false, helpers: 110, mapTypes: 24, programTypes: 25),
        TierLimits(
            tier: "btf", size: 1_000_000, permitsLoops: true, permitsCalls: true, permitsGlobalData: true, permitsJump32: true,
            helpers: 135, mapTypes: 27, programTypes: 29),
    ]

    /// All that the tier's oldest kernel would refuse.
    func violations(of object: KernelObject) -> [Violation] {
        object.programs.flatMap { violations(of: $0) } + object.maps.flatMap { violations(of: $0) }
    }

    private func violations(of map: KernelObject.Map) -> [Violation] {
        if map.isGlobalData {
            return permitsGlobalData ? [] : [Violation(kind: .globalData, place: map.name, detail: "a section of data")]
        }
        return map.type <= mapTypes ? [] : [Violation(kind: .mapType, place: map.name, detail: "type \(map.type)")]
    }

    private func violations(of program: KernelObject.Program) -> [Violation] {
        let code = program.instructions
        var found: [Violation] = []
        func note(_ kind: Violation.Kind, _ detail: String) {
            found.append(Violation(kind: kind, place: program.name, detail: detail))
        }
        if code.count > size { note(.size, "\(code.count) instructions of \(size)") }
        if program.type > programTypes { note(.programType, "type \(program.type)") }
        for (index, one) in code.enumerated() where !isSecondHalf(index, code) {
            if one.isCall {
                if one.source == 1 {
                    if !permitsCalls { note(.call, "instruction \(index)") }
                } else if one.immediate > helpers, !Self.guarded.contains(one.immediate),
                    !Self.later[program.name, default: []].contains(one.immediate)
                {
                    note(.helper, "helper \(one.immediate) at instruction \(index)")
                }
            }
            if one.kind == 6, !permitsJump32 { note(.jump32, "instruction \(index)") }
        }
        let depth = Self.stackDepth(code)
        if depth > Self.stack { note(.stack, "\(depth) bytes") }
        if !permitsLoops, let edge = backEdge(code) { note(.backEdge, "from instruction \(edge.from) to \(edge.to)") }
        return found
    }

    private func isSecondHalf(_ index: Int, _ code: [BPFInstruction]) -> Bool { index > 0 && code[index - 1].isWide }

    /// How far below the frame pointer a program reaches: by an access, or by an address that it makes.
    static func stackDepth(_ code: [BPFInstruction]) -> Int {
        var depth = 0
        var frame: UInt8?
        for one in code {
            // stx and st have the address in the destination, ldx in the source.
            if one.kind == 1, one.source == 10 { depth = max(depth, -one.offset) }
            if one.kind == 2 || one.kind == 3, one.destination == 10 { depth = max(depth, -one.offset) }
            // rX = r10; rX += -N, as clang makes the address of a variable.
            if one.code == 0x07, one.destination == frame { depth = max(depth, -Int(one.immediate)) }
            frame = one.code == 0xbf && one.source == 10 ? one.destination : nil
        }
        return depth
    }

    /// An edge to an instruction on the way to itself, as `check_cfg()` in kernel/bpf/verifier.c looks for it. A jump backwards to
    /// what has been left is none.
    private func backEdge(_ code: [BPFInstruction]) -> (from: Int, to: Int)? {
        enum Mark { case unseen, open, done }
        var marks = [Mark](repeating: .unseen, count: code.count)
        var path: [(at: Int, next: [Int])] = []
        func successors(_ at: Int) -> [Int] {
            let one = code[at]
            if one.isExit { return [] }
            let following = at + (one.isWide ? 2 : 1)
            if one.isUnconditional { return [following + one.offset] }
            return one.isJump ? [following, following + one.offset] : [following]
        }
        guard !code.isEmpty else { return nil }
        marks[0] = .open
        path.append((0, successors(0)))
        while let last = path.last {
            guard let next = last.next.first else {
                marks[last.at] = .done
                path.removeLast()
                continue
            }
            path[path.count - 1].next.removeFirst()
            guard marks.indices.contains(next) else { continue }
            switch marks[next] {
            case .open: return (last.at, next)
            case .done: continue
            case .unseen:
                marks[next] = .open
                path.append((next, successors(next)))
            }
        }
        return nil
    }
}
