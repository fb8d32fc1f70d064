// SPDX-License-Identifier: MIT
internal import AuditEnrichment
internal import AuditOutputs
internal import AuditRecords
internal import AuditSyscalls

/// Setting up what all commands that make records have: formatter, queue and destinations.
enum Outputs {
    /// Bytes of a batch: some hundred events, and always a whole one of the usual kind.
    private static let batchBytes = 256 << 10

    /// Opens the destinations and starts the thread that writes to them.
    static func open(_ configuration: Configuration) throws(Failure) -> (OutputQueue, OutputThread) {
        do {
            let queue = try OutputQueue(buffers: configuration.queueBatches, bufferCapacity: batchBytes)
            var destinations: [OutputDestination] = []
            for spec in configuration.outputs { destinations.append(try spec.open()) }
            let isSilent = configuration.isSilent
            for destination in destinations {
                if let problem = destination.problem, !isSilent { Screen.error("ebpf-audit: \(problem)\n") }
            }
            let thread = try OutputThread(queue: queue, destinations: destinations) { output, state in
                if !isSilent { Screen.error(Self.describe(output, state)) }
            }
            return (queue, thread)
        } catch {
            throw Failure(error)
        }
    }

    /// How records are written here.
    ///
    /// - Parameter kernel: version of the kernel whose calls they are, `acap_header.kernel`.
    static func formatOptions(_ configuration: Configuration, kernel: UInt32) -> FormatOptions {
        var options = FormatOptions()
        options.allCapabilities = KernelCapabilities.all()
        options.node = configuration.node.map { Array($0.utf8) }
        options.endOfEvent = configuration.endOfEvent
        options.enriched = configuration.isEnriched
        options.pathUses = PathUseTable(uses: SyscallShapes.pathUses(), order: NameOrder(kernel: kernel))
        return options
    }

    /// The formatter with `options`.
    static func formatter(_ options: FormatOptions) throws(Failure) -> RecordFormatter {
        do { return try RecordFormatter(options: options) } catch { throw Failure("\(error)", .data) }
    }

    private static func describe(_ output: String, _ state: OutputState) -> String {
        switch state {
        case .working: "ebpf-audit: \(output): works again\n"
        case .failing(let error), .impaired(let error), .closed(let error): "ebpf-audit: \(error)\n"
        }
    }
}
