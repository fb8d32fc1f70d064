// SPDX-License-Identifier: MIT
import AuditEnrichment
package import AuditEvents
import AuditSyscalls
import CAuditWire

extension RecordFormatter {
    /// The files that the PATH records of `event` will tell of, for rules that compare files.
    package mutating func namedFiles(of event: borrowing EventView, realtime: UInt64) -> NamedFiles {
        let index = SectionIndex(event)
        let plan = plan(event, index: index, realtime: realtime)
        var files = NamedFiles()
        let reader = WireReader(event.sections)
        for position in 0..<plan.count {
            let item = plan.items[position]
            var object = item.object.isPresent ? try? reader.load(at: Int(item.object.offset), as: aw_object.self) : nil
            switch item.source {
            case .event: break
            case .script: object = script.map { aw_object($0) }
            case .loader: object = program.loader.map { aw_object($0.facts) }
            case .refused: object = refused.map { aw_object($0.facts) }
            }
            let isChild = item.type == .create || item.type == .delete
            // What was not made is not there.
            let isFound = item.type != .unknown && !(item.type == .create && object == nil && !event.succeeded)
            let hasName = item.form == .text || item.form == .workingDirectory
            files.append(
                NamedFile(
                    object: object, isFound: isFound, isChanged: isChild && event.succeeded, nameOffset: item.name.offset,
                    nameCount: hasName ? max(0, item.name.count) : -1,
                    directoryArgument: Self.directoryArgument(item, event, index: index)))
        }
        return files
    }

    /// The argument that is the descriptor of the directory where a relative name begins; -1 where it begins at the working directory: the
    /// argument before it is AT_FDCWD, or no descriptor. Only calls whose first argument is a descriptor have names behind others; those of
    /// mount(2) and the like are addresses, which no descriptor reaches.
    private static func directoryArgument(_ item: PathItem, _ event: borrowing EventView, index: SectionIndex) -> Int8 {
        for argument in 0..<6 where index.pathnames[argument].isPresent && index.pathnames[argument].offset == item.name.offset {
            let before: UInt64
            switch argument {
            case 0: return -1
            case 1: before = event.call.args.0
            case 2: before = event.call.args.1
            case 3: before = event.call.args.2
            case 4: before = event.call.args.3
            default: before = event.call.args.4
            }
            let isDirectory = Int32(truncatingIfNeeded: before) != -100 && (before <= firstAddress || before >> 32 == 0xffff_ffff)
            return isDirectory ? Int8(argument - 1) : -1
        }
        return -1
    }

    /// Below it are descriptors only (`vm.mmap_min_addr` keeps the first pages free, and `fs.nr_open` is at most 2^30).
    private static let firstAddress: UInt64 = 1 << 20
}
