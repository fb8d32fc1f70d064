// SPDX-License-Identifier: MIT
import CBPFTest

/// A structure as the type information of the object file at `path` has it.
func kernelLayout(of name: String, in path: String) throws -> (size: Int, fields: [KernelProbeTests.Layout.Field]) {
    var size: UInt32 = 0
    var members = [cbpf_test_member](repeating: cbpf_test_member(), count: 64)
    let count = unsafe cbpf_test_layout(path, name, &size, &members, UInt32(members.count))
    try CallError.check(count, "\(name) in \(path)")
    let fields = members.prefix(Int(count)).map { member in
        KernelProbeTests.Layout.Field(
            name: unsafe withUnsafeBytes(of: member.name) { bytes in
                unsafe String(decoding: unsafe bytes.prefix { $0 != 0 }, as: UTF8.self)
            }, offset: Int(member.offset), size: Int(member.size))
    }
    return (Int(size), fields)
}
