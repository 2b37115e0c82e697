import CloudEvents
import Foundation

/// A message as RFC 5322 has it.
///
/// The text travels as base64 and the subject as encoded words (RFC 2047), so nothing in them can end a line, begin a
/// header or end the message.
package struct MailText: Sendable {
    package let bytes: [UInt8]

    package init(_ mail: Mail) {
        let lines = [
            "Date: \(Self.date(mail.date))",
            "From: \(Self.bare(mail.from))",
            "To: \(mail.to.map(Self.bare).joined(separator: ",\r\n "))",
            "Subject: \(Self.words(mail.subject))",
            "Message-ID: <\(Self.bare(mail.id))>",
            "References: <\(Self.bare(mail.thread))>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            "",
            Self.base64(mail.text),
        ]
        bytes = Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
    }

    /// `Sun, 29 Nov 2026 10:00:00 +0000`: RFC 5322, section 3.3.
    private static func date(_ time: Timestamp) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]  // 1970 began on a Thursday
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let text = time.rfc3339
        let (year, month, day) = (text.prefix(4), Int(text.dropFirst(5).prefix(2)) ?? 1, text.dropFirst(8).prefix(2))
        let seconds = time.nanoseconds / 1_000_000_000
        let number = Int((seconds / 86_400) % 7)
        return "\(days[max(0, number)]), \(day) \(months[month - 1]) \(year) \(text.dropFirst(11).prefix(8)) +0000"
    }

    /// Without anything that could end a header or a bracket.
    private static func bare(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 > 0x20 && $0 < 0x7F && $0 != 0x3C && $0 != 0x3E }, as: UTF8.self)
    }

    /// Encoded words of at most 75 characters, cut between characters, folded onto lines of their own.
    private static func words(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && text.utf8.count < 60 && !text.contains("=?")
        if isPlain { return text }
        var words: [String] = []
        var run: [UInt8] = []
        func close() {
            if !run.isEmpty { words.append("=?utf-8?B?\(Data(run).base64EncodedString())?=") }
            run = []
        }
        for scalar in text.prefix(200).unicodeScalars {
            // Control characters mean nothing in a subject.
            let bytes = Array(String(scalar.value < 0x20 || scalar.value == 0x7F ? " " : Character(scalar)).utf8)
            if run.count + bytes.count > 45 { close() }
            run += bytes
        }
        close()
        return words.joined(separator: "\r\n ")
    }

    private static func base64(_ text: String) -> String {
        Data(text.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
    }
}
