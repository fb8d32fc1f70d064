// SPDX-License-Identifier: MIT
import AuditEnrichment
import Foundation
import Testing

/// The loader that a program file names: real programs beside readelf's reading of them, and files made to mislead (elf(5)).
@Suite struct ELFTests {
    // MARK: Real programs

    static let programs = [
        "/bin/true", "/bin/ls", "/bin/sh", "/sbin/ldconfig", "/usr/bin/env", "/usr/bin/readelf", "/lib64/ld-linux-x86-64.so.2",
        "/proc/self/exe", "/etc/hostname", "/usr/bin/ldd",
    ]

    @Test(arguments: programs) func loadersAreThoseThatReadelfNames(_ name: String) throws {
        let readelf = "/usr/bin/readelf"
        // What /proc/self/exe stands for is found by whoever opens it.
        let path = name == "/proc/self/exe" ? try FileManager.default.destinationOfSymbolicLink(atPath: name) : name
        guard FileManager.default.fileExists(atPath: path), FileManager.default.fileExists(atPath: readelf) else {
            print("skipped: no \(path) or \(readelf) on this machine")
            return
        }
        let marker = "[Requesting program interpreter: "
        let line = try TestFiles.run(readelf, ["-lW", path]).split(separator: "\n").first { $0.contains(marker) }
        let expected = line.map { String($0.components(separatedBy: marker)[1].dropLast()) }
        let loader = try TestFiles.look(path).loader
        #expect(loader.map { String(decoding: $0.name, as: UTF8.self) } == expected)
        if let expected { #expect(loader?.facts == (try TestFiles.facts(expected))) }
    }

    @Test func programsOf32BitsAndStaticOnes() throws {
        let files = try TestFiles()
        defer { files.remove() }
        let compiler = "/usr/bin/gcc"
        guard FileManager.default.fileExists(atPath: compiler) else {
            print("skipped: no \(compiler) on this machine")
            return
        }
        try files.write("a.c", Array("void _start(void) { for (;;); }".utf8))
        // The loader's name is chosen, since a loader for 32 bits need not be here.
        let loader = try files.write("loader", [])
        for (options, isDynamic) in [
            (["-m32", "-pie", "-fpie", "-Wl,--dynamic-linker=\(loader)"], true), (["-m32", "-static"], false),
            (["-pie", "-fpie", "-Wl,--dynamic-linker=\(loader)"], true), (["-static"], false),
        ] {
            _ = try TestFiles.run(compiler, ["-nostdlib", "-nostartfiles"] + options + ["-o", files.path("a"), files.path("a.c")])
            guard FileManager.default.fileExists(atPath: files.path("a")) else {
                print("skipped: \(compiler) cannot do \(options.joined(separator: " "))")
                continue
            }
            let found = try TestFiles.look(files.path("a")).loader
            #expect(found?.name == (isDynamic ? Array(loader.utf8) : nil), "\(options)")
            #expect(found?.facts == (isDynamic ? try TestFiles.facts(loader) : nil))
            try FileManager.default.removeItem(atPath: files.path("a"))
        }
    }

    // MARK: Made files

    /// An ELF file with its program headers behind its head and the loader's name behind these.
    struct Image {
        var isWide = true
        var machineOrder: UInt8 = 1
        var headerOffset: UInt64?
        var headerSize: UInt64?
        var headerCount: UInt64?
        /// PT_INTERP (3) and others, in order.
        var types: [UInt64] = [6, 3, 1]
        var text: [UInt8]
        var textOffset: UInt64?
        var textSize: UInt64?

        init(_ loader: String) { text = Array(loader.utf8) + [0] }

        private func number(_ value: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
        }

        var bytes: [UInt8] {
            let word = isWide ? 8 : 4
            let (head, entry): (UInt64, UInt64) = isWide ? (64, 56) : (52, 32)
            var all: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, isWide ? 2 : 1, machineOrder, 1] + [UInt8](repeating: 0, count: 9)
            all += number(3, 2) + number(isWide ? 62 : 3, 2) + number(1, 4) + number(0, word)
            all += number(headerOffset ?? head, word) + number(0, word) + number(0, 4) + number(head, 2)
            all += number(headerSize ?? entry, 2) + number(headerCount ?? UInt64(types.count), 2) + number(0, 6)
            let start = head + entry * UInt64(types.count)
            for type in types {
                let (offset, size) = (number(textOffset ?? start, word), number(textSize ?? UInt64(text.count), word))
                all += number(type, 4) + (isWide ? number(4, 4) : []) + offset + number(0, word) + number(0, word) + size + size
                all += (isWide ? [] : number(4, 4)) + number(1, word)
            }
            return all + text
        }
    }

    /// The loader's name that is read from the file.
    private func loader(_ bytes: [UInt8]) throws -> String? {
        let files = try TestFiles()
        defer { files.remove() }
        return try TestFiles.look(files.write("program", bytes)).loader.map { String(decoding: $0.name, as: UTF8.self) }
    }

    private func loader(_ change: (inout Image) -> Void) throws -> String? {
        var image = Image("/bin/sh")
        change(&image)
        return try loader(image.bytes)
    }

    @Test func soundFilesAreRead() throws {
        #expect(try loader { _ in } == "/bin/sh")
        #expect(try loader { $0.isWide = false } == "/bin/sh")
        #expect(try loader { $0.types = [3] } == "/bin/sh")
        #expect(try loader { $0.types = [3, 3] } == "/bin/sh")
        #expect(try loader { $0.types = [1, 2, 4] } == nil)
        // Read up to the first NUL, as open_exec() does.
        #expect(try loader { $0.text = Array("/bin/sh\0/bin/true\0".utf8) } == "/bin/sh")
        // 64 KiB of program headers are the most that load_elf_phdrs() (fs/binfmt_elf.c) takes.
        #expect(try loader { $0.types = [UInt64](repeating: 1, count: 1169) + [3] } == "/bin/sh")
        #expect(try loader { $0.types = [UInt64](repeating: 1, count: 1170) + [3] } == nil)
        #expect(try loader { ($0.isWide, $0.types) = (false, [UInt64](repeating: 1, count: 2047) + [3]) } == "/bin/sh")
        #expect(try loader { ($0.isWide, $0.types) = (false, [UInt64](repeating: 1, count: 2048) + [3]) } == nil)
    }

    @Test func hostileFilesNameNoLoader() throws {
        let far: [UInt64] = [1 << 20, 1 << 40, UInt64(Int64.max) - 8, UInt64(Int64.max), 1 << 63, .max]
        for offset in far {
            #expect(try loader { $0.headerOffset = offset } == nil, "headers at \(offset)")
            #expect(try loader { $0.textOffset = offset } == nil, "text at \(offset)")
            #expect(try loader { ($0.isWide, $0.headerOffset) = (false, offset) } == nil)
            #expect(try loader { ($0.isWide, $0.textOffset) = (false, offset) } == nil)
            #expect(try loader { $0.textSize = offset } == nil, "\(offset) bytes of text")
        }
        for count: UInt64 in [0, 1, 1171, 65535] { #expect(try loader { $0.headerCount = count } == nil, "\(count) headers") }
        for size: UInt64 in [0, 1, 32, 55, 57, 64, 65535] { #expect(try loader { $0.headerSize = size } == nil, "of \(size)") }
        // load_elf_binary() takes 2 … PATH_MAX bytes, the last of which ends the text.
        for size: UInt64 in [0, 1, 4097, 1 << 32 + 8] { #expect(try loader { $0.textSize = size } == nil, "\(size) bytes of text") }
        #expect(try loader { $0.text = Array("/bin/sh".utf8) } == nil, "no NUL")
        #expect(try loader { $0.text = [0] } == nil)
        #expect(try loader { $0.text = [0, 0] } == nil, "an empty name")
        #expect(try loader { $0.text = Array("/no/such/loader\0".utf8) } == nil, "no such file")
        #expect(try loader { $0.text = Array("bin/sh\0".utf8) } == nil, "relative to nobody knows what")
        #expect(try loader { $0.machineOrder = 2 } == nil, "of another byte order")
        let long = "/bin/" + String(repeating: "./", count: 2044) + "sh"
        #expect(long.utf8.count == 4095)
        #expect(try loader { $0.text = Array((long + "\0").utf8) } == long, "4096 bytes, the most")
        #expect(try loader { $0.text = Array((long + "/.\0").utf8) } == nil)
    }

    @Test func cutFilesNameNoLoader() throws {
        for isWide in [true, false] {
            var image = Image("/bin/sh")
            image.isWide = isWide
            let whole = image.bytes
            let files = try TestFiles()
            defer { files.remove() }
            for length in 0..<whole.count {
                try files.write("program", Array(whole.prefix(length)))
                #expect(try TestFiles.look(files.path("program")).loader == nil, "\(length) of \(whole.count) bytes")
            }
            try files.write("program", whole)
            #expect(try TestFiles.look(files.path("program")).loader != nil)
        }
        for other in ["#!/bin/sh\n", "", "\u{7f}ELF", "MZ" + String(repeating: "x", count: 200)] {
            #expect(try loader(Array(other.utf8)) == nil)
        }
    }

    /// Whatever the bytes are, looking at them ends.
    @Test func mutatedFilesNeverTrap() throws {
        let files = try TestFiles()
        defer { files.remove() }
        var state: UInt64 = 5
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var named = 0
        for round in 0..<1500 {
            var image = Image("/bin/sh")
            image.isWide = round % 2 == 0
            var bytes = image.bytes
            for _ in 0...random(3) { bytes[random(bytes.count)] = [0, 1, 0x7f, 0x80, 0xff, UInt8(random(256))][random(6)] }
            try files.write("program", bytes)
            if try TestFiles.look(files.path("program")).loader != nil { named += 1 }
        }
        #expect(named > 100)
        #expect(named < 1400)
    }
}
