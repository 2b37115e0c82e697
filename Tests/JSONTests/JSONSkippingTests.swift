import JSON
import TestSupport
import Testing

@Suite struct `Skipping lists of numbers` {
    private func skips(_ text: [UInt8]) -> Bool {
        text.withRawBytes { bytes in
            var reader = JSONReader(bytes)
            do {
                try reader.skipValue()
                try reader.finish()
                return true
            } catch {
                return false
            }
        }
    }

    /// Reading into a tree takes each number apart, so it tells what is right.
    @Test func `passes what reading takes and refuses what it refuses`() {
        var generator = SplitMix(seed: 64)
        let alphabet = Array(",, --..0123456789]eE+\"[".utf8)
        var refused = 0
        for _ in 0..<FuzzCases.count(or: 20_000) {
            var text = [UInt8(ascii: "[")]
            for index in 0..<Int.random(in: 1...60, using: &generator) {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                if Int.random(in: 0..<3, using: &generator) == 0 { text.append(UInt8(ascii: " ")) }
                let scales: [Double] = [1, 1e3, 1e9]
                let scale = scales.randomElement(using: &generator) ?? 1
                let number = Double.random(in: -scale...scale, using: &generator)
                text += Bool.random(using: &generator) ? "\(Int(number))".utf8 : "\(Float(number))".utf8
            }
            text.append(UInt8(ascii: "]"))
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let place = Int.random(in: 1..<text.count, using: &generator)
                text[place] = alphabet.randomElement(using: &generator) ?? 0
            }
            let isRead = (try? JSONValue(parsing: text)) != nil
            refused += isRead ? 0 : 1
            guard skips(text) != isRead else { continue }
            Issue.record("\(String(decoding: text, as: UTF8.self)) is \(isRead ? "" : "no ")JSON")
            return
        }
        #expect(refused > 1000, "faults are among them")
    }

    @Test(arguments: [1, 62, 63, 64, 65, 200])
    func `passes numbers of any length`(digits: Int) {
        let number = "1" + String(repeating: "0", count: digits - 1)
        let list = "[" + Array(repeating: number, count: 20).joined(separator: ",") + "]"
        #expect(skips(Array(list.utf8)))
        #expect(!skips(Array("[\(number),0\(number)]".utf8)))
        #expect(!skips(Array("[\(number),\(number).]".utf8)))
    }
}
