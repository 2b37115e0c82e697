import CloudEvents
import Foundation
import TestSupport
import Testing

@Suite struct `Timestamps` {
    static let texts: [(text: String, nanoseconds: Int64, written: String, provenance: String)] = [
        ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z", "the epoch"),
        ("1985-04-12T23:20:50.52Z", 482_196_050_520_000_000, "1985-04-12T23:20:50.520Z", "RFC 3339, 5.8, example 1"),
        ("1996-12-19T16:39:57-08:00", 851_042_397_000_000_000, "1996-12-20T00:39:57Z", "RFC 3339, 5.8, example 2"),
        (
            "1990-12-31T23:59:60Z", 662_688_000_000_000_000, "1991-01-01T00:00:00Z",
            "RFC 3339, 5.8, example 3, a leap second"
        ),
        ("1990-12-31T15:59:60-08:00", 662_688_000_000_000_000, "1991-01-01T00:00:00Z", "RFC 3339, 5.8, the same"),
        (
            "1937-01-01T12:00:27.87+00:20", -1_041_337_172_130_000_000, "1937-01-01T11:40:27.870Z",
            "RFC 3339, 5.8, example 5"
        ),
        (
            "2020-02-29t00:00:00.1234567891z", 1_582_934_400_123_456_789, "2020-02-29T00:00:00.123456789Z",
            "lower case, a tenth digit"
        ),
        (
            "1969-12-31T23:59:59.999999Z", -1_000, "1969-12-31T23:59:59.999999Z",
            "by hand: a microsecond before the epoch"
        ),
    ]

    @Test(arguments: texts)
    func `are read and written as RFC 3339`(text: String, nanoseconds: Int64, written: String, provenance: String)
        throws
    {
        let moment = try Timestamp(rfc3339: text)
        #expect(moment.nanoseconds == nanoseconds, "\(provenance)")
        #expect(moment.rfc3339 == written, "\(provenance)")
    }

    @Test(arguments: [
        "", "2020", "2020-02-30T00:00:00Z", "2019-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2020-13-01T00:00:00Z",
        "2020-00-01T00:00:00Z",
        "2020-01-01T24:00:00Z", "2020-01-01T00:60:00Z", "2020-01-01T00:00:61Z", "2020-01-01T12:00:60Z",
        "2020-01-01T00:00:00",
        "2020-01-01 00:00:00Z", "2020-01-01T00:00:00.Z", "2020-01-01T00:00:00+24:00", "2020-01-01T00:00:00+0100",
        "2020-01-01T00:00:00Zx", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "２020-01-01T00:00:00Z",
    ])
    func `refuse what is no time`(text: String) {
        #expect(throws: CloudEventError.self) { try Timestamp(rfc3339: text) }
    }

    @Test func `agree with Foundation's calendar on random days`() throws {
        var generator = SplitMix(seed: 12)
        let formatter = ISO8601DateFormatter()
        for _ in 0..<2_000 {
            let seconds = Int64.random(in: -9_000_000_000...9_000_000_000, using: &generator)
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(Timestamp(nanoseconds: seconds * 1_000_000_000).rfc3339 == text)
            #expect(try Timestamp(rfc3339: text).nanoseconds == seconds * 1_000_000_000)
        }
    }

    @Test func `move by durations and clamp at the ends`() {
        let moment = Timestamp(nanoseconds: 1_000)
        #expect((moment + .microseconds(2)).nanoseconds == 3_000)
        #expect((moment - .seconds(1)).nanoseconds == -999_999_000)
        #expect(moment - Timestamp(nanoseconds: 400) == .nanoseconds(600))
        #expect(Timestamp(nanoseconds: .max) + .seconds(1) == Timestamp(nanoseconds: .max))
        #expect(Timestamp(nanoseconds: .min) - .seconds(1_000_000_000_000) == Timestamp(nanoseconds: .min))
        #expect(Timestamp(nanoseconds: 0) < moment)
    }

    @Test func `tell the present`() {
        #expect(abs(Timestamp.now().seconds - Date().timeIntervalSince1970) < 60)
    }
}
