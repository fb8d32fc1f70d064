// SPDX-License-Identifier: MIT
package import CAuditWire

/// A file or name that an event is about: one of audit's `audit_names`, of which PATH records are made, as rules look at it.
package struct NamedFile: BitwiseCopyable, Sendable {
    /// The file. Zeros while it is not known, which is what the kernel compares then, too (`audit_alloc_name()`).
    package var object: aw_object
    /// ``object`` tells of the file.
    package var isKnown: Bool
    /// A look-up has found the file, or the directory that it was to be in.
    package var isFound: Bool
    /// The call has made or removed it.
    package var isChanged: Bool
    /// Where its name is in the sections of the event: a directory part for the entry of a directory. -1: it has none.
    package var nameOffset: Int32
    package var nameCount: Int32
    /// A relative name begins at the working directory.
    package var isBelowWorkingDirectory: Bool {
        directoryArgument < 0
    }
    /// The argument that is the descriptor of the directory where a relative name begins, or -1.
    package var directoryArgument: Int8

    package init(
        object: aw_object?, isFound: Bool, isChanged: Bool = false, nameOffset: Int32, nameCount: Int32, directoryArgument: Int8 = -1
    ) {
        self.object = object ?? aw_object()
        isKnown = object != nil
        self.isFound = isFound
        self.isChanged = isChanged
        self.nameOffset = nameOffset
        self.nameCount = nameCount
        self.directoryArgument = directoryArgument
    }
}

/// The files of one event.
package struct NamedFiles: Sendable {
    /// As many as there can be PATH records.
    package static let capacity = 24

    private var files = InlineArray<24, NamedFile>(
        repeating: NamedFile(object: nil, isFound: false, nameOffset: 0, nameCount: -1))
    package private(set) var count = 0

    /// None.
    package init() {}

    /// Adds one; what is more than ``capacity`` is left out.
    package mutating func append(_ file: NamedFile) {
        guard count < Self.capacity else { return }
        files[count] = file
        count += 1
    }

    /// All of them. To look at one by the array's own subscript copies all first (Swift 6.3, also where this is inlined, which it is not from
    /// other modules).
    package var view: Span<NamedFile> {
        @_lifetime(borrow self) get { files.span.extracting(first: count) }
    }

    /// File number `position`, below ``count``.
    package subscript(position: Int) -> NamedFile { files[position] }
}
