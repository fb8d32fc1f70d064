// SPDX-License-Identifier: MIT
internal import AuditEvents
internal import CAuditWire

extension EventBuilder {
    /// An event of random calls, names and files.
    package init(random: inout Random) {
        self.init()
        let calls: [UInt32] = [2, 9, 22, 42, 59, 82, 83, 87, 90, 257, 322, UInt32.random(in: 0...600, using: &random)]
        call.nr = calls.randomElement(using: &random)!
        call.arch = Bool.random(using: &random) ? 0xc000_003e : 0x4000_0003
        call.ret = Int64.random(in: -40...40, using: &random)
        call.args = (random.next(), random.next() >> 32, 0, UInt64.random(in: 0...255, using: &random), 0, 0)
        call.personality = Bool.random(using: &random) ? 0 : UInt32.random(in: 0...0xffff_ffff, using: &random)
        call.pid = UInt32.random(in: 1...100_000, using: &random)
        call.ppid = UInt32.random(in: 0...100_000, using: &random)
        call.uid = [0, 1000, UInt32.max].randomElement(using: &random)!
        call.euid = [0, 1000, 65534].randomElement(using: &random)!
        call.auid = [1000, UInt32.max].randomElement(using: &random)!
        call.ses = [1, UInt32.max].randomElement(using: &random)!
        if Int.random(in: 0..<10, using: &random) == 0 { flags = UInt8(AW_FLAG_NO_RETURN.rawValue) }
        setCommand(Self.bytes(upTo: 20, random: &random))
        if Bool.random(using: &random) { flags |= UInt8(AW_FLAG_STEPS.rawValue) }
        if Int.random(in: 0..<4, using: &random) == 0 { flags |= UInt8(AW_FLAG_STEPS_READ.rawValue) }
        // Of which rule it is tells the records nothing.
        for tag in SectionTag.allCases where ![.task, .subject, .context].contains(tag) && Bool.random(using: &random) {
            addRandom(tag, random: &random)
        }
        // By numbers of their own: what comes after them stays the same.
        var own = Random(seed: call.args.0)
        for tag in [SectionTag.subject, .context] where Bool.random(using: &own) { addRandom(tag, random: &own) }
    }

    private mutating func addRandom(_ tag: SectionTag, random: inout Random) {
        guard Int.random(in: 0..<12, using: &random) > 0 else {
            add(tag, detail: 0, errno: [14, 36, 12, 4095].randomElement(using: &random)!)
            return
        }
        switch tag {
        case .tty: add(tag, Self.bytes(upTo: 64, random: &random))
        case .executable, .workingDirectory: add(tag, Self.bytes(upTo: 4106, random: &random))
        case .processTitle, .socketAddress: add(tag, Self.bytes(upTo: 128, random: &random))
        case .arguments: add(tag, Self.bytes(upTo: 12000, random: &random))
        case .pathname:
            for argument in UInt8(0)...7 where Bool.random(using: &random) {
                // The wire has path names up to their NUL.
                add(tag, detail: argument, Self.bytes(upTo: 4095, random: &random).map { $0 == 0 ? 0x0b : $0 })
            }
        case .object:
            for role in [AW_ROLE_RESULT, AW_ROLE_RESULT_PARENT, AW_ROLE_DESCRIPTOR, AW_ROLE_EXECUTABLE]
            where Int.random(in: 0..<3, using: &random) == 0 {
                var object = aw_object()
                object.inode = random.next()
                object.mode = UInt16(truncatingIfNeeded: random.next())
                object.flags = UInt16.random(in: 0...1, using: &random)
                object.dev_major = UInt32.random(in: 0...300, using: &random)
                add(object, as: role)
            }
        case .groups: add(tag, [1, 0, 0, 0])
        case .task: break
        case .objectPath: for role in UInt8(1)...5 { add(tag, detail: role, Self.bytes(upTo: 4106, random: &random)) }
        case .ancestors:
            for role in UInt8(1)...5 {
                let count = 8 * Int.random(in: 0...32, using: &random)
                add(tag, detail: role, (0..<count).map { _ in UInt8.random(in: 0...3, using: &random) })
            }
        case .label:
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                add(tag, detail: UInt8.random(in: 0...3, using: &random), Self.bytes(upTo: 1023, random: &random))
            }
        case .subject: add(tag, [UInt8.random(in: 0...3, using: &random), 0, 0, 0])
        case .context:
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                add(
                    tag,
                    [UInt8.random(in: 0...3, using: &random), 0, 0, 0, 0, 0, 0, 0] + Self.bytes(upTo: Int(AW_CONTEXT_MAX), random: &random))
            }
        case .special:
            let kind = UInt8.random(in: 0...16, using: &random)
            add(tag, detail: kind, Self.bytes(upTo: 64, random: &random))
        case .target:
            for _ in 0..<Int.random(in: 1...70, using: &random) {
                add(tag, (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) } + [UInt8(call.args.0 & 3), 0, 0, 0, 0, 0, 0, 0])
            }
        case .step:
            for _ in 0..<Int.random(in: 1...12, using: &random) { addRandomStep(random: &random) }
        case .descriptorPair, .memoryMap: add(tag, (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }

    private mutating func addRandomStep(random: inout Random) {
        func object(_ random: inout Random) -> aw_object {
            var object = aw_object()
            object.inode = UInt64.random(in: 1...3, using: &random)
            object.flags = [0, 0, UInt16(AW_OBJECT_ABSENT.rawValue)].randomElement(using: &random)!
            return object
        }
        let kind = UInt8.random(in: 0...6, using: &random)
        switch UInt32(kind) {
        case AW_STEP_READ.rawValue:
            let step = aw_step_read(name: UInt32.random(in: 0...8, using: &random), reserved: 0)
            add(.step, detail: kind, rawBytes(of: step))
        case AW_STEP_FILE.rawValue:
            let name = UInt32.random(in: 0...20, using: &random)
            let step = aw_step_file(file: object(&random), name: name, flags: UInt32.random(in: 0...3, using: &random))
            add(.step, detail: kind, rawBytes(of: step))
        case AW_STEP_CREATE.rawValue, AW_STEP_DELETE.rawValue:
            let step = aw_step_child(parent: object(&random), child: object(&random))
            add(.step, detail: kind, rawBytes(of: step) + Self.bytes(upTo: 255, random: &random))
        default: add(.step, detail: kind, Self.bytes(upTo: 255, random: &random))
        }
    }

    /// Bytes of a few kinds: any, printable, such as try to break a line.
    package static func bytes(upTo limit: Int, random: inout Random) -> [UInt8] {
        let length = Int.random(in: 0..<6, using: &random) == 0 ? limit : Int.random(in: 0...min(limit, 40), using: &random)
        let kind = Int.random(in: 0..<3, using: &random)
        let nasty: [UInt8] = [0, 0x0a, 0x0d, 0x1d, 0x20, 0x22, 0x27, 0x3d, 0x28, 0x29, 0x7f, 0x80, 0xff, 0x2f]
        return (0..<length).map { _ in
            switch kind {
            case 0: UInt8.random(in: 0...255, using: &random)
            case 1: UInt8.random(in: 0x23...0x7e, using: &random)
            default: nasty.randomElement(using: &random)!
            }
        }
    }
}
