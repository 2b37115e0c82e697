import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads files of one folder and of nothing outside it.
///
/// Links are followed, because a mounted volume is made of them, and containment is checked on what they lead to: within
/// the folder, or within the root under which it was mounted. A file is opened once; whatever is hashed and parsed later
/// are the bytes that this opening gave.
struct ContainedFolder {
    /// The most bytes that one file may have.
    static let largestFile = 4 << 30

    /// The folder as it was named.
    let path: String
    private let root: String
    /// What no link may lead out of, resolved; the folder itself where nothing wider was named.
    private let bounds: String

    /// - Parameter mount: The root under which the folder was mounted, and within which links may lead.
    /// - Throws: `.fileSystem` when there is no such folder; `.invalidArtefact` when it is a link out of the root.
    init(_ path: String, within mount: String? = nil) throws(MethodError) {
        guard let root = ContainedFolder.resolved(path), ContainedFolder.isFolder(root) else {
            throw MethodError(
                .fileSystem,
                "there is no folder \(path)",
                remedy: "Give the folder that vedette fit wrote"
            )
        }
        let bounds = mount.flatMap(ContainedFolder.resolved) ?? root
        guard root == bounds || root.hasPrefix(ContainedFolder.prefix(of: bounds)) else {
            throw .artefact(path, "it links to a folder outside \(mount ?? path)")
        }
        self.path = path
        self.root = root
        self.bounds = bounds
    }

    /// What the paths within a folder begin with.
    private static func prefix(of folder: String) -> String { folder == "/" ? folder : folder + "/" }

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
        let (descriptor, size) = try opened(name)
        defer { close(descriptor) }
        return try read(descriptor, bytes: size, name: name)
    }

    /// Maps a file of the folder, or reads it where it is smaller than what mapping costs.
    ///
    /// - Throws: As ``bytes(of:)``.
    func content(of name: String) throws(MethodError) -> ArtefactFile {
        let (descriptor, size) = try opened(name)
        defer { close(descriptor) }
        guard size >= Self.smallestMapping else { return .read(try read(descriptor, bytes: size, name: name)) }
        do { return .mapped(try MappedFile(descriptor: descriptor, path: name)) } catch {
            throw MethodError(.fileSystem, error.message, remedy: error.remedy, cause: error)
        }
    }

    /// Four pages: a mapping is page by page, and its entry in the kernel's table is not free either.
    private static let smallestMapping = 16 << 10

    /// Opens a file of the folder; the caller closes it.
    private func opened(_ name: String) throws(MethodError) -> (descriptor: Int32, size: Int) {
        guard ContainedFolder.isPlain(name) else {
            throw .artefact(name, "a file's name may not hold a slash, begin with a dot, or be absolute")
        }
        guard let target = ContainedFolder.resolved(root + "/" + name) else { throw .artefact(name, "it is not there") }
        guard target.hasPrefix(ContainedFolder.prefix(of: bounds)) else {
            throw .artefact(name, "it links to a file outside the folder")
        }
        let descriptor = open(target, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(name) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .artefact(name, "it is not a regular file")
        }
        guard status.st_size <= ContainedFolder.largestFile else {
            close(descriptor)
            throw .artefact(name, "it has \(status.st_size) bytes, more than \(ContainedFolder.largestFile)")
        }
        return (descriptor, Int(status.st_size))
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
