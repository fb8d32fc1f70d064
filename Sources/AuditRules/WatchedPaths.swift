// SPDX-License-Identifier: MIT
internal import CAuditWire

/// The files and directories that rules name, to be found by path and by inode: so what an event touches is looked up once, however many rules
/// there are.
struct WatchedPaths: Sendable {
    private struct TextKey: Sendable {
        let hash: UInt64
        let number: UInt32
    }

    private struct InodeKey: Sendable {
        let inode: UInt64
        let major: UInt32
        let minor: UInt32
        let number: UInt32
    }

    /// Each in ascending order.
    private var directoryTexts: [TextKey] = []
    private var fileTexts: [TextKey] = []
    private var inodes: [InodeKey] = []

    /// The paths of `paths` by their numbers there.
    init(_ paths: [RulePath] = []) {
        for (place, path) in paths.enumerated() {
            let number = UInt32(place)
            let key = TextKey(hash: PathHash(path.resolved[..<PathText.length(of: path.resolved)]).value, number: number)
            switch path.use {
            case .program: break
            case .file: fileTexts.append(key)
            case .directory:
                // A link is watched as itself, not as what it leads to.
                if path.identity?.isDirectory != false { directoryTexts.append(key) }
                for identity in [path.identity].compactMap({ $0 }) + path.mounts {
                    inodes.append(
                        InodeKey(inode: identity.inode, major: identity.major, minor: identity.minor, number: number))
                }
            }
        }
        directoryTexts.sort { $0.hash < $1.hash }
        fileTexts.sort { $0.hash < $1.hash }
        inodes.sort { $0.inode < $1.inode }
    }

    /// Notes the directories among the watched ones that have this inode.
    func find(inode: UInt64, on object: aw_object, _ touched: inout TouchedPaths) {
        var at = Self.first(inodes.count) { inodes[$0].inode < inode }
        while at < inodes.count, inodes[at].inode == inode {
            if inodes[at].major == object.dev_major, inodes[at].minor == object.dev_minor { touched.add(inodes[at].number, file: nil) }
            at += 1
        }
    }

    /// Notes the directories whose paths have this hash, if `isPath` says that they are meant.
    func findDirectory(_ hash: PathHash, _ touched: inout TouchedPaths, _ isPath: (UInt32) -> Bool) {
        Self.find(directoryTexts, hash) { if isPath($0) { touched.add($0, file: nil) } }
    }

    /// The same for files; it is the name of file number `file` of the event.
    func findFile(_ hash: PathHash, _ file: Int, _ touched: inout TouchedPaths, _ isPath: (UInt32) -> Bool) {
        Self.find(fileTexts, hash) { if isPath($0) { touched.add($0, file: file) } }
    }

    @inline(__always)
    private static func find(_ keys: [TextKey], _ hash: PathHash, _ found: (UInt32) -> Void) {
        var at = first(keys.count) { keys[$0].hash < hash.value }
        while at < keys.count, keys[at].hash == hash.value {
            found(keys[at].number)
            at += 1
        }
    }

    /// The first place that does not come before the wanted one.
    @inline(__always)
    private static func first(_ count: Int, comesBefore: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if comesBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// FNV-1a over the bytes of a path without slashes at its end.
struct PathHash: Sendable {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    init() {}

    init(_ bytes: ArraySlice<UInt8>) { for byte in bytes { add(byte) } }

    @inline(__always)
    mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
}

/// Which of the paths of rules one event has to do with.
struct TouchedPaths {
    /// They have been looked for.
    var isGathered = false
    /// There are more than fit.
    private(set) var isOverfull = false
    /// The only one that is looked for, or nil for all.
    let only: UInt32?
    private var count = 0
    private var numbers = InlineArray<32, UInt32>(repeating: 0)
    /// Of which file of the event; 255 for the event as a whole.
    private var files = InlineArray<32, UInt8>(repeating: 0)

    init(only: UInt32? = nil) { self.only = only }

    /// Adds the path with this number.
    ///
    /// - Parameter file: which file of the event it is, or nil where that does not matter.
    mutating func add(_ number: UInt32, file: Int?) {
        if let only, only != number { return }
        if has(number, file: file) { return }
        guard count < 32 else {
            isOverfull = true
            return
        }
        numbers[count] = number
        files[count] = UInt8(truncatingIfNeeded: file ?? 255)
        count += 1
    }

    func has(_ number: UInt32, file: Int?) -> Bool {
        for at in 0..<count where numbers[at] == number && files[at] == UInt8(truncatingIfNeeded: file ?? 255) { return true }
        return false
    }
}
