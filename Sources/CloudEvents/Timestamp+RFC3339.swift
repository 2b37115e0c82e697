extension Timestamp {
    /// Reads `2026-11-25T08:00:00.5+01:00`.
    ///
    /// Letters may be lower case; digits beyond the ninth of a fraction are cut; a leap second, `23:59:60` in UTC, is
    /// the first moment of the next day.
    ///
    /// - Throws: `.attributeValue` naming what is wrong.
    ///
    /// Source: RFC 3339, section 5.6.
    public init(rfc3339 text: String) throws(CloudEventError) {
        guard let moment = Timestamp.parse(Array(text.utf8)) else {
            throw CloudEventError(
                .attributeValue,
                "\"\(text.prefix(64))\" is no time",
                remedy: "Write times as RFC 3339, 2026-11-25T08:00:00Z, between the years 1678 and 2261"
            )
        }
        self = moment
    }

    /// The text in UTC, with as many digits of the second's fraction as it takes: none, 3, 6 or 9.
    public var rfc3339: String {
        let (days, inDay) = nanoseconds.flooringQuotientAndRemainder(by: 86_400_000_000_000)
        let date = CivilDate(daysSince1970: days)
        let (second, fraction) = inDay.quotientAndRemainder(dividingBy: 1_000_000_000)
        var text: [UInt8] = []
        text.reserveCapacity(30)
        text.append(digits: date.year, 4)
        text.append(UInt8(ascii: "-"))
        text.append(digits: date.month, 2)
        text.append(UInt8(ascii: "-"))
        text.append(digits: date.day, 2)
        text.append(UInt8(ascii: "T"))
        text.append(digits: second / 3600, 2)
        text.append(UInt8(ascii: ":"))
        text.append(digits: second / 60 % 60, 2)
        text.append(UInt8(ascii: ":"))
        text.append(digits: second % 60, 2)
        if fraction != 0 {
            text.append(UInt8(ascii: "."))
            if fraction % 1_000_000 == 0 {
                text.append(digits: fraction / 1_000_000, 3)
            } else if fraction % 1_000 == 0 {
                text.append(digits: fraction / 1_000, 6)
            } else {
                text.append(digits: fraction, 9)
            }
        }
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    private static func parse(_ text: [UInt8]) -> Timestamp? {
        var cursor = Cursor(text: text)
        guard
            let year = cursor.number(digits: 4), cursor.pass("-"),
            let month = cursor.number(digits: 2), (1...12).contains(month), cursor.pass("-"),
            let day = cursor.number(digits: 2), day >= 1, day <= CivilDate.days(inMonth: month, of: year),
            cursor.pass("T", or: "t"),
            let hour = cursor.number(digits: 2), hour < 24, cursor.pass(":"),
            let minute = cursor.number(digits: 2), minute < 60, cursor.pass(":"),
            let second = cursor.number(digits: 2), second <= 60,
            let fraction = cursor.fraction(),
            let offset = cursor.offset(),
            cursor.isAtEnd
        else { return nil }
        let seconds =
            CivilDate(year: year, month: month, day: day).daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second
            - offset
        if second == 60, seconds % 86_400 != 0 { return nil }  // leap seconds come at the end of a day in UTC
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowsToo) = whole.addingReportingOverflow(fraction)
        return overflows || overflowsToo ? nil : Timestamp(nanoseconds: sum)
    }

    private struct Cursor {
        let text: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == text.count }

        mutating func pass(_ letter: Unicode.Scalar, or other: Unicode.Scalar? = nil) -> Bool {
            guard position < text.count else { return false }
            let byte = Unicode.Scalar(text[position])
            guard byte == letter || byte == other else { return false }
            position += 1
            return true
        }

        mutating func digit() -> Int64? {
            guard position < text.count, case let digit = text[position] &- UInt8(ascii: "0"), digit < 10 else {
                return nil
            }
            position += 1
            return Int64(digit)
        }

        mutating func number(digits: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<digits {
                guard let digit = digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        /// Nanoseconds, 0 where there is no point; nil where no digit follows it.
        mutating func fraction() -> Int64? {
            guard pass(".") else { return 0 }
            var value: Int64 = 0
            var count = 0
            while let digit = digit() {
                if count < 9 { value = value * 10 + digit }
                count += 1
            }
            guard count > 0 else { return nil }
            for _ in min(count, 9)..<9 { value *= 10 }
            return value
        }

        /// Seconds east of UTC.
        mutating func offset() -> Int64? {
            if pass("Z", or: "z") { return 0 }
            let isWest = pass("-")
            guard isWest || pass("+"),
                let hours = number(digits: 2), hours < 24, pass(":"),
                let minutes = number(digits: 2), minutes < 60
            else { return nil }
            return (isWest ? -1 : 1) * (hours * 3600 + minutes * 60)
        }
    }
}

/// A day of the proleptic Gregorian calendar.
///
/// Source of both conversions: H. Hinnant, "chrono-compatible low-level date algorithms", which count years from March,
/// so that the leap day comes last.
private struct CivilDate {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(daysSince1970 days: Int64) {
        let (era, dayOfEra) = (days + 719_468).flooringQuotientAndRemainder(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = yearFromMarch.flooringQuotientAndRemainder(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int64 {
    fileprivate func flooringQuotientAndRemainder(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension [UInt8] {
    fileprivate mutating func append(digits value: Int64, _ count: Int) {
        var divisor: Int64 = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
