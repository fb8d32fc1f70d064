// SPDX-License-Identifier: MIT
import AuditRules
import AuditTestSupport
import CAuditWire
import CBPFTest

/// The kernel programs' prefilter, loaded and run by hand.
@safe final class KernelPrefilter {
    private let handle: OpaquePointer

    init() throws {
        var handle: OpaquePointer?
        let path = try builtFile("bpf-test/selection_test.bpf.o", by: "bpf-test")
        try CallError.check(unsafe cbpf_test_open(path, &handle), "loading \(path)")
        guard let opened = unsafe handle else { throw CallError(what: "loading \(path)", errno: 0) }
        unsafe self.handle = opened
    }

    deinit { unsafe cbpf_test_close(handle) }

    /// Writes `image` into the slots of `generation`.
    func write(_ image: MapImage, generation: UInt32) throws {
        let half = generation % UInt32(AS_GENERATIONS)
        try write("selection_clauses", half * UInt32(AS_CLAUSES_MAX), image.clauses)
        try write("selection_list", half * UInt32(AS_LIST_MAX), image.list)
        try write("selection_index", half * UInt32(image.index.count), image.index)
    }

    /// What the kernel says of `event` at entry, or at exit.
    func accepts(_ event: EventBytes, atExit: Bool, generation: UInt32) throws -> Bool {
        let given = selection_case(
            call: event.call, phase: (atExit ? SELECTION_EXIT : SELECTION_ENTRY).rawValue, returned: event.hasReturned ? 1 : 0,
            generation: generation, abi: (event.call.arch == EventBytes.native ? AS_ABI_NATIVE : AS_ABI_COMPAT).rawValue)
        try write("selection_given", 0, [given])
        var verdict: UInt32 = 0
        try CallError.check(unsafe cbpf_test_run(handle, "selection_verdict", &verdict), "running the prefilter")
        guard verdict != SELECTION_FAILED.rawValue else { throw CallError(what: "looking into the maps", errno: 0) }
        return verdict == SELECTION_ACCEPTED.rawValue
    }

    /// How many calls the clauses of `generation` have refused so far, by counter.
    func refusals(generation: UInt32) throws -> [UInt64] {
        var sum = [UInt64](repeating: 0, count: Int(AS_REFUSALS_MAX))
        let result = unsafe sum.withUnsafeMutableBufferPointer {
            unsafe cbpf_test_sum(
                handle, "selection_refusals", generation % UInt32(AS_GENERATIONS), $0.baseAddress, UInt32($0.count))
        }
        try CallError.check(result, "reading selection_refusals")
        return sum
    }

    private func write<T: BitwiseCopyable>(_ map: String, _ first: UInt32, _ values: [T]) throws {
        let result = unsafe values.withUnsafeBytes {
            unsafe cbpf_test_write(handle, map, first, $0.baseAddress, MemoryLayout<T>.size, UInt32(values.count))
        }
        try CallError.check(result, "writing \(map)")
    }
}
