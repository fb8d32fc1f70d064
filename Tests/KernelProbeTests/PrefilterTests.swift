// SPDX-License-Identifier: MIT
import AuditRules
import AuditTestSupport
import CAuditWire
import Testing

extension KernelProbeTests {
    /// The prefilter as this kernel runs it, against its description in Swift and against the exact decision.
    @Suite("prefilter")
    struct Prefilter {
        @Test("random rules over random events: the kernel's verdict is the model's and loses nothing", arguments: 1...8)
        func agrees(_ seed: UInt64) throws {
            let kernel = try KernelPrefilter()
            var random = Random(seed: seed &* 0x51_7cc1)
            var (refusedAtEntry, refusedAtExit, selected) = (0, 0, 0)
            for _ in 0..<60 {
                let rules = (0..<Int.random(in: 1...12, using: &random)).map { _ in RandomRule(&random) }
                let text = rules.map(\.text).joined(separator: "\n")
                // Two rules may come out alike, which is an error in a file.
                guard let set = try? RuleSet.compile(Array(text.utf8), named: "random.rules") else { continue }
                let image = MapImage(set)
                let model = PrefilterModel(image)
                let evaluator = Evaluator(set)
                // The other half keeps what an earlier round left there.
                let generation = UInt32.random(in: 0...9, using: &random)
                try kernel.write(image, generation: generation)
                for _ in 0..<60 {
                    let event = RandomRule.event(&random)
                    guard [EventBytes.native, EventBytes.compat].contains(event.call.arch) else { continue }
                    let entry = try kernel.accepts(event, atExit: false, generation: generation)
                    let exit = try kernel.accepts(event, atExit: true, generation: generation)
                    try event.withView { view in
                        let (modelEntry, modelAll) = (model.acceptsEntry(view), model.accepts(view))
                        let isSelected = evaluator.decide(view, files: event.files) != .reject
                        if entry != modelEntry { Issue.record("entry: kernel \(entry), model \(modelEntry)\n\(text)\n\(event)") }
                        if (entry && exit) != modelAll {
                            Issue.record("exit: kernel \(entry && exit), model \(modelAll)\n\(text)\n\(event)")
                        }
                        if isSelected, !(entry && exit) { Issue.record("lost by the kernel:\n\(text)\n\(event)") }
                        if isSelected { selected += 1 }
                        if !entry { refusedAtEntry += 1 } else if !exit { refusedAtExit += 1 }
                    }
                }
            }
            // The property means something only while all of it happens.
            #expect(selected > 100)
            #expect(refusedAtEntry > 100)
            #expect(refusedAtExit > 20)
        }

        @Test("a call that a never rule refuses is counted for the rule that decides it, and no other is", arguments: 1...4)
        func refusals(_ seed: UInt64) throws {
            let kernel = try KernelPrefilter()
            var random = Random(seed: seed &* 0x2_545f)
            var (counted, unmatched) = (0, 0)
            for generation in UInt32(0)..<80 {
                // Something to select comes last, so that every never rule refuses what would be selected.
                let rules = (0..<Int.random(in: 1...8, using: &random)).map { _ in RandomRule(&random).text }
                let last = ["b64", "b32"].map { "-a always,exit -F arch=\($0) -S all" }
                let text = (rules + last).joined(separator: "\n")
                guard let set = try? RuleSet.compile(Array(text.utf8), named: "random.rules") else { continue }
                let image = MapImage(set)
                let evaluator = Evaluator(set)
                try kernel.write(image, generation: generation)
                for _ in 0..<40 {
                    let event = RandomRule.event(&random)
                    guard [EventBytes.native, EventBytes.compat].contains(event.call.arch), event.call.nr < 2048 else { continue }
                    let before = try kernel.refusals(generation: generation)
                    var accepted = try kernel.accepts(event, atExit: false, generation: generation)
                    if accepted { accepted = try kernel.accepts(event, atExit: true, generation: generation) }
                    let after = try kernel.refusals(generation: generation)
                    let rose = after.indices.filter { after[$0] != before[$0] }
                    let verdict = try event.withView { evaluator.judge($0, files: event.files) }
                    guard !accepted else {
                        #expect(rose == [], "accepted: \(rules)\n\(event)")
                        unmatched += 1
                        continue
                    }
                    #expect(verdict.decision == .reject)
                    #expect(rose.map { after[$0] - before[$0] } == (verdict.rule == nil || verdict.isMoot ? [] : [1]), "\(rules)\n\(event)")
                    guard let counter = rose.first else { continue }
                    let rule = try #require(image.counters[counter])
                    counted += 1
                    guard rule != verdict.rule else { continue }
                    // Another never rule, which the kernel side cannot judge or not yet, comes first. This one decides where that is not there.
                    let alone = try RuleSet.compile(Array(([rules[rule]] + last).joined(separator: "\n").utf8), named: "random.rules")
                    let other = try event.withView { Evaluator(alone).judge($0, files: event.files) }
                    #expect(rule > verdict.rule ?? rule && other.decision == .reject && other.rule == 0, "\(rules)\n\(event)")
                }
            }
            // The property means something only while both happen.
            #expect(counted > 20)
            #expect(unmatched > 50)
        }

        /// Verdicts of kernel and model, entry and exit together.
        private func verdicts(_ text: String, _ events: [EventBytes]) throws -> (kernel: [Bool], model: [Bool]) {
            let kernel = try KernelPrefilter()
            let image = MapImage(try RuleSet.compile(Array(text.utf8), named: "test.rules"))
            let model = PrefilterModel(image)
            try kernel.write(image, generation: 1)
            return try (
                events.map { event in
                    try kernel.accepts(event, atExit: false, generation: 1) && kernel.accepts(event, atExit: true, generation: 1)
                },
                events.map { event in try event.withView { model.accepts($0) } }
            )
        }

        @Test("a range of the greatest length is looked through to its end, and no further", arguments: [1, 2, 63, 64])
        func longRange(_ count: Int) throws {
            let text = (0..<count).map { "-a always,exit -S 1 -F a0=\($0) -F uid=\($0)" }.joined(separator: "\n")
            let events = (0...count).map { number in
                var event = EventBytes(1, UInt64(number))
                event.call.uid = UInt32(number)
                return event
            }
            let (kernel, model) = try verdicts(text, events)
            #expect(kernel == Array(repeating: true, count: count) + [false])
            #expect(model == kernel)
        }

        @Test("a clause of the greatest length: every one of its tests counts", arguments: 0..<7)
        func longClause(_ wrong: Int) throws {
            let text = "-a always,exit -S 1 -F a0=1 -F a1=2 -F a2=3 -F a3=4 -F pid=5 -F ppid=6 -F uid=7"
            var right = EventBytes(1, 1, 2, 3, 4)
            (right.call.pid, right.call.ppid, right.call.uid) = (5, 6, 7)
            var other = right
            switch wrong {
            case 0...3: other.setArgument(wrong, 99)
            case 4: other.call.pid = 99
            case 5: other.call.ppid = 99
            default: other.call.uid = 99
            }
            let (kernel, model) = try verdicts(text, [right, other])
            #expect(kernel == [true, false])
            #expect(model == kernel)
        }
    }
}
