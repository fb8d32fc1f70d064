// SPDX-License-Identifier: MIT
internal import ArgumentParser

/// `ebpf-audit replay`: make records of captured calls.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Make audit records of what `ebpf-audit run --capture` has kept. Needs neither root nor a kernel.",
        discussion: """
            The rules are asked again, so fewer or other keys may be given to what was captured, and no call that the rules of that
            time did not select. Times and serials are those of that time. What only this program knew then is not in a capture:
            its own records, and of an exec the loader's item and file capabilities.
            """)

    @OptionGroup var records: RecordOptions

    @Argument(help: ArgumentHelp("Capture files, read in order.", valueName: "file"))
    var files: [String]

    func run() throws {
        do throws(Failure) {
            let settings = try records.settings(isPlugin: false)
            var replay = try Replay(settings, rules: try RecordOptions.load(settings))
            if let failure = try replay.run(files) { throw failure }
        } catch {
            throw error.end(silent: records.silent)
        }
    }
}
