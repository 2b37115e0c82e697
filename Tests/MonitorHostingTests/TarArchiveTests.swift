import Foundation
import MonitorHosting
import TestSupport
import Testing

@Suite struct `Tar archive` {
    static func folder() -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        try? FileManager.default.createDirectory(atPath: directory.file("m"), withIntermediateDirectories: true)
        directory.write(Array("name = \"KSDrift\"".utf8), to: "m/config.toml")
        directory.write([UInt8](repeating: 7, count: 1300), to: "m/x_ref.npy")
        return directory
    }

    @Test(arguments: ["ustar", "pax", "gnu"])
    func `gives the files that tar put in, whichever way it wrote them`(format: String) throws {
        let directory = Self.folder()
        for name in ["m", "m/.", "."] {
            let parent = name == "." ? directory.file("m") : directory.path
            let archive = try TarArchive(parsing: TarCommand.archive(parent, name, format: format))
            #expect(archive.files.keys.sorted() == ["config.toml", "x_ref.npy"])
            #expect(archive.files["x_ref.npy"] == [UInt8](repeating: 7, count: 1300))
        }
    }

    @Test func `takes long names in the ways of pax and GNU`() throws {
        let directory = Self.folder()
        let long = String(repeating: "n", count: 180)
        directory.write([1], to: "m/\(long)")
        for format in ["pax", "gnu"] {
            let archive = try TarArchive(parsing: TarCommand.archive(directory.path, "m", format: format))
            #expect(archive.files[long] == [1])
        }
    }

    @Test func `refuses links, deep folders and archives that are cut or changed`() throws {
        let directory = Self.folder()
        let whole = try TarCommand.archive(directory.path, "m")
        #expect(throws: TarError.self) { try TarArchive(parsing: Array(whole.prefix(512 + 100))) }
        #expect(throws: TarError.self) { try TarArchive(parsing: []) }
        var changed = whole
        changed[0] ^= 1
        #expect(throws: TarError.self) { try TarArchive(parsing: changed) }
        try FileManager.default.createSymbolicLink(atPath: directory.file("m/link"), withDestinationPath: "/etc/passwd")
        #expect(throws: TarError.self) { try TarArchive(parsing: TarCommand.archive(directory.path, "m")) }
        try FileManager.default.removeItem(atPath: directory.file("m/link"))
        try FileManager.default.createDirectory(atPath: directory.file("m/deep/er"), withIntermediateDirectories: true)
        directory.write([1], to: "m/deep/er/file")
        #expect(throws: TarError.self) { try TarArchive(parsing: TarCommand.archive(directory.path, "m")) }
    }

    @Test func `says of gzip that it is to be sent uncompressed`() {
        #expect { try TarArchive(parsing: [0x1f, 0x8b, 8, 0]) } throws: { error in
            (error as? TarError)?.remedy == "Send the tar uncompressed"
        }
    }

    @Test(arguments: ["../up", "/etc/passwd", "m/../../up"])
    func `refuses names that lead out of the folder`(name: String) throws {
        #expect(throws: TarError.self) { try TarArchive(parsing: Self.archive(of: name, [1])) }
    }

    /// A ustar archive of one file, by hand.
    static func archive(of name: String, _ content: [UInt8]) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put(String(content.count, radix: 8), at: 124)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(String(sum, radix: 8) + "\0", at: 148)
        let padding = [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
        return header + content + padding + [UInt8](repeating: 0, count: 1024)
    }
}
