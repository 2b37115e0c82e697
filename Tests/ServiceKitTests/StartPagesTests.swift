import ServiceKit
import Testing

@Suite struct `Pages of the start` {
    /// Of a process on Linux 6.1, its addresses shortened.
    static let smaps = """
        5000-9000 r--p 00000000 08:01 77 /usr/bin/service
        Size:                 16 kB
        Rss:                   8 kB
        Anonymous:             0 kB
        VmFlags: rd mr mw me
        9000-a000 r-xp 00004000 08:01 77 /usr/bin/service
        Rss:                   4 kB
        Anonymous:             0 kB
        a000-b000 r--p 00005000 08:01 77 /usr/bin/service
        Rss:                   4 kB
        Anonymous:             4 kB
        b000-c000 rw-p 00006000 08:01 77 /usr/bin/service
        Rss:                   4 kB
        Anonymous:             0 kB
        c000-d000 rw-p 00000000 00:00 0 [heap]
        Rss:                   4 kB
        Anonymous:             4 kB
        d000-e000 r--s 00000000 08:01 78 /var/shared
        Rss:                   4 kB
        Anonymous:             0 kB
        """

    @Test func `are those of files that nothing can have changed`() {
        let mappings = StartPages.mappings(Self.smaps)
        #expect(mappings.map(\.isAsInFile) == [true, true, false, false, false, false])
        #expect(mappings.map(\.residentBytes) == [8192, 4096, 4096, 4096, 4096, 4096])
        #expect(mappings[1].range == 0x9000..<0xA000)
    }

    @Test func `are let go of without harm to the process`() {
        #expect(StartPages.letGo() > 0)
        #expect((0..<1000).map { String($0) }.joined().count == 2890)
    }
}
