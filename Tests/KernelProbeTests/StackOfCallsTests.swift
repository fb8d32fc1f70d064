// SPDX-License-Identifier: MIT
import Foundation
import Testing

/// The functions of a kernel object before it is loaded, with what each calls: libbpf hands out programs only, and puts functions to them when
/// it loads.
private struct CallGraph {
    struct Function {
        let name: String
        let section: Int
        /// Bytes from the section's start.
        let start: Int
        let code: [BPFInstruction]
        /// A program, that is outside of `.text`.
        let isProgram: Bool
    }

    private(set) var functions: [Function] = []
    /// Indices of functions by that of the calling one.
    private(set) var calls: [Int: Set<Int>] = [:]

    /// Reads an ELF file (elf(5)) of 64 bits, least byte first.
    init(_ file: Data) throws {
        func number(_ offset: Int, _ size: Int) -> Int {
            (0..<size).reduce(0) { $0 | Int(file[file.startIndex + offset + $1]) << (8 * $1) }
        }
        func text(_ offset: Int) -> String { String(decoding: file[(file.startIndex + offset)...].prefix { $0 != 0 }, as: UTF8.self) }
        let (table, count, names) = (number(40, 8), number(60, 2), number(62, 2))
        let sections = (0..<count).map { at in
            let head = table + at * 64
            return (
                name: number(head, 4), type: number(head + 4, 4), offset: number(head + 24, 8), size: number(head + 32, 8),
                link: number(head + 40, 4), info: number(head + 44, 4)
            )
        }
        let texts = try #require(sections.firstIndex { text(sections[names].offset + $0.name) == ".text" })
        let symbols = try #require(sections.first { $0.type == 2 })  // SHT_SYMTAB
        let strings = sections[symbols.link].offset
        func symbol(_ at: Int) -> (kind: Int, section: Int, value: Int, size: Int, name: String) {
            let entry = symbols.offset + at * 24
            let name = text(strings + number(entry, 4))
            return (number(entry + 4, 1) & 15, number(entry + 6, 2), number(entry + 8, 8), number(entry + 16, 8), name)
        }
        for at in 0..<(symbols.size / 24) {
            let one = symbol(at)
            guard one.kind == 2 else { continue }  // STT_FUNC
            let from = sections[one.section].offset + one.value
            let code = stride(from: from, to: from + one.size, by: 8).map { BPFInstruction(bits: UInt64(bitPattern: Int64(number($0, 8)))) }
            functions.append(
                Function(name: one.name, section: one.section, start: one.value, code: code, isProgram: one.section != texts))
        }
        var targets: [[Int]: (section: Int, value: Int, isSection: Bool)] = [:]
        for section in sections where section.type == 9 {  // SHT_REL
            for entry in stride(from: section.offset, to: section.offset + section.size, by: 16) {
                let one = symbol(number(entry + 12, 4))
                targets[[section.info, number(entry, 8)]] = (one.section, one.value, one.kind == 3)
            }
        }
        for (caller, function) in functions.enumerated() {
            for (place, one) in function.code.enumerated() where one.isCall && one.source == 1 {
                let at = function.start + place * 8
                // Within a section the compiler knows how far it is; otherwise the symbol is the function, or its section and the distance.
                let next = (Int(one.immediate) + 1) * 8
                let target = targets[[function.section, at]]
                let (section, start) =
                    target.map { ($0.section, $0.isSection ? $0.value + next : $0.value) } ?? (function.section, at + next)
                let callee = try #require(functions.firstIndex { $0.section == section && $0.start == start }, "\(function.name) \(place)")
                calls[caller, default: []].insert(callee)
            }
        }
    }

    /// Bytes of stack of a function and what it calls, each rounded up (`check_max_stack_depth()`, to 32 bytes; newer kernels with the JIT to 16).
    func depth(_ function: Int) -> Int {
        let own = (max(1, TierLimits.stackDepth(functions[function].code)) + 31) & ~31
        return own + (calls[function] ?? []).map { depth($0) }.max(initial: 0)
    }
}

extension Sequence where Element == Int {
    fileprivate func max(initial: Int) -> Int { reduce(initial) { Swift.max($0, $1) } }
}

/// What kernels before 6.13 permit functions that call each other to take of the stack together; later ones on x86-64 have one for
/// each, so that this machine may not notice.
@Suite("stack of calls")
struct StackOfCallsTests {
    @Test("programs keep to the stack together with the functions that they call", arguments: ["bpf", "bpf-other"])
    func kept(_ directory: String) throws {
        let path = try builtFile("\(directory)/btf.bpf.o", by: directory)
        let graph = try CallGraph(try Data(contentsOf: URL(fileURLWithPath: path)))
        let programs = graph.functions.indices.filter { graph.functions[$0].isProgram }
        #expect(programs.contains { graph.functions[$0].name == "sys_enter" && !(graph.calls[$0] ?? []).isEmpty })
        for program in programs {
            #expect(graph.depth(program) <= TierLimits.stack, "\(graph.functions[program].name)")
        }
    }
}
