// SPDX-License-Identifier: MIT
package import CAuditWire

/// Groups of path hooks, `ash_hooks` in `shape.h`: what calls need to be told with the files that the kernel found for them.
package struct HookGroups: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Calls that look up names of files.
    package static let look = HookGroups(rawValue: ASH_HOOK_LOOK.rawValue)
    /// Calls that make, remove or rename files.
    package static let change = HookGroups(rawValue: ASH_HOOK_CHANGE.rawValue)
    /// Calls that open files by name.
    package static let open = HookGroups(rawValue: ASH_HOOK_OPEN.rawValue)
    /// Calls that signal processes.
    package static let signal = HookGroups(rawValue: ASH_HOOK_SIGNAL.rawValue)
    /// All of them.
    package static let all: HookGroups = [.look, .change, .open, .signal]

    /// The groups that a call of this shape needs.
    package init(needsOf shape: ash_shape) {
        self.init(rawValue: UInt32(shape.flags) >> ASH_HOOKS_SHIFT.rawValue & ASH_HOOKS.rawValue)
    }

    /// Their names, for messages.
    package var names: [String] {
        [("look", HookGroups.look), ("change", .change), ("open", .open), ("signal", .signal)].filter { contains($0.1) }
            .map(\.0)
    }
}

/// Ways to attach a hook.
package struct HookWays: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// By trampoline (5.5); the cheaper way.
    package static let fentry = HookWays(rawValue: 1 << 0)
    /// By breakpoint.
    package static let kprobe = HookWays(rawValue: 1 << 1)
}

/// What became of one hook.
package struct HookReport: Sendable {
    /// Whether and how it is attached.
    package enum State: Sendable {
        /// No call that the rules select goes through the function.
        case unneeded
        case fentry, kprobe
        /// This kernel has no such function, or permits no way to attach to it.
        case lacking
        /// The kernel refuses it; the text says why.
        case refused(String)
    }

    /// The kernel's function.
    package let function: String
    package let state: State

    package init(function: String, state: State) {
        self.function = function
        self.state = state
    }

    /// It is needed and not there.
    package var isMissing: Bool {
        switch state {
        case .lacking, .refused: true
        case .unneeded, .fentry, .kprobe: false
        }
    }

    /// It is there.
    package var isAttached: Bool {
        switch state {
        case .fentry, .kprobe: true
        case .unneeded, .lacking, .refused: false
        }
    }

    /// "fentry", "not there", or why it is refused.
    package var answer: String {
        switch state {
        case .unneeded: "not needed"
        case .fentry: "fentry"
        case .kprobe: "kprobe"
        case .lacking: "nothing to attach to"
        case .refused(let reason): "refused: \(reason)"
        }
    }
}

/// What became of all hooks.
package struct HooksReport: Sendable {
    /// Groups that were asked for.
    package let wanted: HookGroups
    /// Groups of which every hook is attached: their calls are told with files.
    package let complete: HookGroups
    /// Every hook.
    package let hooks: [HookReport]

    package init(wanted: HookGroups, complete: HookGroups, hooks: [HookReport]) {
        self.wanted = wanted
        self.complete = complete
        self.hooks = hooks
    }

    /// How the hooks are attached: "fentry", "kprobe", "fentry+kprobe" or "none".
    package var way: String {
        var ways: [String] = []
        for hook in hooks {
            switch hook.state {
            case .fentry: if !ways.contains("fentry") { ways.append("fentry") }
            case .kprobe: if !ways.contains("kprobe") { ways.append("kprobe") }
            case .unneeded, .lacking, .refused: break
            }
        }
        return ways.isEmpty ? "none" : ways.sorted().joined(separator: "+")
    }

    /// Hooks that are needed and not there.
    package var missing: [HookReport] { hooks.filter(\.isMissing) }

    /// One sentence for the operator, said at the start; nil when everything wanted is there.
    package var shortcoming: String? {
        let incomplete = wanted.subtracting(complete)
        guard !incomplete.isEmpty else { return nil }
        if way == "none" {
            return "this kernel permits no path hooks: files are told as far as descriptors lead to them, other PATH records by name only"
        }
        return
            "path hooks are missing (\(missing.map(\.function).joined(separator: ", "))): calls that \(incomplete.names.joined(separator: " or ")) are told without them"
    }
}
