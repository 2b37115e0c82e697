#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads files of one folder and of nothing outside it.
///
/// Links are followed, because a mounted volume is made of them, and containment is checked on what they lead to.
/// A file is opened once; whatever is hashed and parsed later are the bytes that this opening gave.
struct ContainedFolder {
    /// The most bytes that one file may have.
    static let largestFile = 4 << 30

    /// The folder as it was named.
    let path: String
    private let root: String

    /// - Throws: `.fileSystem` when there is no such folder.
    init(_ path: String) throws(MethodError) {
        guard let root = ContainedFolder.resolved(path), ContainedFolder.isFolder(root) else {
            throw MethodError(
                .fileSystem,
                "there is no folder \(path)",
                remedy: "Give the folder that vedette fit wrote"
            )
        }
        self.path = path
        self.root = root
    }

    /// The names in the folder, sorted, without the `..data` entries of a mounted volume.
    func names() throws(MethodError) -> [String] {
        guard let directory = opendir(root) else { throw unreadable(path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", !name.hasPrefix("..") { names.append(name) }
        }
        return names.sorted()
    }

    /// Returns the bytes of a file of the folder.
    ///
    /// - Throws: `.invalidArtefact` when the name or what it links to leaves the folder, or is no regular file.
    func bytes(of name: String) throws(MethodError) -> [UInt8] {
        guard ContainedFolder.isPlain(name) else {
            throw .artefact(name, "a file's name may not hold a slash, begin with a dot, or be absolute")
        }
        guard let target = ContainedFolder.resolved(root + "/" + name) else { throw .artefact(name, "it is not there") }
        guard target.hasPrefix(root + "/") else { throw .artefact(name, "it links to a file outside the folder") }
        let descriptor = open(target, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(name) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .artefact(name, "it is not a regular file")
        }
        guard status.st_size <= ContainedFolder.largestFile else {
            throw .artefact(name, "it has \(status.st_size) bytes, more than \(ContainedFolder.largestFile)")
        }
        return try read(descriptor, bytes: Int(status.st_size), name: name)
    }

    private func read(_ descriptor: Int32, bytes count: Int, name: String) throws(MethodError) -> [UInt8] {
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count, let base = buffer.baseAddress {
                let got = Self.readSome(descriptor, base + filled, count - filled)
                if got <= 0 { break }
                filled += got
            }
        }
        guard bytes.count == count else { throw unreadable(name) }
        return bytes
    }

    private static func readSome(_ descriptor: Int32, _ buffer: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.read(descriptor, buffer, count)
        #elseif canImport(Musl)
            Musl.read(descriptor, buffer, count)
        #else
            Darwin.read(descriptor, buffer, count)
        #endif
    }

    private func unreadable(_ name: String) -> MethodError {
        MethodError(
            .fileSystem,
            "\(name) of \(path) cannot be read: \(String(cString: strerror(errno)))",
            remedy: "Check that the process may read the folder"
        )
    }

    /// Whether a name stays in its folder by itself.
    static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".")
            && name.utf8.allSatisfy { $0 != UInt8(ascii: "/") && $0 > 0x20 && $0 != 0x7f }
    }

    private static func resolved(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
