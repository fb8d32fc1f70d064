// SPDX-License-Identifier: MIT
import CBPFTest

extension KernelObject {
    /// What is in the object file at `path`.
    init(path: String) throws {
        var object = KernelObject()
        let result = unsafe withUnsafeMutablePointer(to: &object) { pointer in
            unsafe cbpf_test_inspect(
                path,
                { context, name, type, instructions, count in
                    guard let object = unsafe context?.assumingMemoryBound(to: KernelObject.self), let name = unsafe name else { return }
                    let code = unsafe UnsafeBufferPointer(start: instructions, count: count).map { BPFInstruction(bits: $0) }
                    unsafe object.pointee.programs.append(Program(name: String(cString: name), type: type, instructions: code))
                },
                { context, name, type, isGlobalData in
                    guard let object = unsafe context?.assumingMemoryBound(to: KernelObject.self), let name = unsafe name else { return }
                    unsafe object.pointee.maps.append(Map(name: String(cString: name), type: type, isGlobalData: isGlobalData != 0))
                }, pointer)
        }
        try CallError.check(result, "opening \(path)")
        self = object
    }
}
