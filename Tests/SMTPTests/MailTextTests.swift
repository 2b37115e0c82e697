import CloudEvents
import Foundation
import SMTP
import Testing

@Suite struct `Mail text` {
    func text(subject: String = "s", body: String = "t") -> String {
        let mail = Mail(
            from: "vedette@example.org",
            to: ["a@example.org", "b@example.org"],
            subject: subject,
            date: Timestamp(seconds: 1_795_944_602),
            id: "alert-1-1@example.org",
            thread: "alert-1@example.org",
            text: body
        )
        return String(decoding: MailText(mail).bytes, as: UTF8.self)
    }

    @Test func `has the headers of RFC 5322`() {
        let lines = text().components(separatedBy: "\r\n")
        // `date -u -R -d @1795944602`
        #expect(lines[0] == "Date: Sun, 29 Nov 2026 09:30:02 +0000")
        #expect(lines.contains("Message-ID: <alert-1-1@example.org>"))
        #expect(lines.contains("References: <alert-1@example.org>"))
        #expect(lines.contains("Subject: s"))
    }

    @Test(arguments: ["a\r\nBcc: x@evil.example", "a\nb", "größe \u{1F600} 日本", "=?utf-8?B?eA==?=", "<b>\0"])
    func `nothing in a subject begins a header`(subject: String) throws {
        let head = try #require(text(subject: subject).components(separatedBy: "\r\n\r\n").first)
        #expect(!head.contains("Bcc"))
        let unfolded = head.replacingOccurrences(of: "\r\n ", with: " ")
        #expect(unfolded.components(separatedBy: "\r\n").count == 10)
        #expect(head.utf8.allSatisfy { $0 < 0x7F && ($0 >= 0x20 || $0 == 0x0D || $0 == 0x0A) })
        #expect(head.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 78 })
    }

    @Test func `the text arrives as it was, whatever it holds`() throws {
        let body = "a\n.\nQUIT\r\n日本 \u{0} " + String(repeating: "x", count: 3000)
        let encoded = try #require(text(body: body).components(separatedBy: "\r\n\r\n").last)
        let data = try #require(Data(base64Encoded: encoded, options: .ignoreUnknownCharacters))
        #expect(String(decoding: data, as: UTF8.self) == body)
        #expect(encoded.components(separatedBy: "\r\n").allSatisfy { $0.count <= 76 })
    }

    @Test func `says that nobody is there where nobody is`() {
        guard MailSubmission.isPossible else { return }
        let reply = MailSubmission(
            server: "smtp://127.0.0.1:9",
            demandsTLS: false,
            timeout: .seconds(2),
            from: "a@example.org",
            recipients: ["b@example.org"],
            message: []
        ).send()
        #expect(reply.code == 0 && !reply.text.isEmpty)
    }
}
