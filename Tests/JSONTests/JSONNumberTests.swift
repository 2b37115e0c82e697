import Foundation
import JSON
import TestSupport
import Testing

@Suite struct `JSON numbers` {
    /// Reads one number by the cursor, as a double and as a float.
    static func read(_ text: String) throws -> (double: Double, float: Float) {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            var again = reader
            let double = try reader.readDouble()
            try reader.finish()
            return (double, try again.readFloat())
        }
    }

    static func check(_ text: String) throws {
        let (double, float) = try read(text)
        // The C library is correctly rounded, so it says what is right.
        #expect(double.bitPattern == strtod(text, nil).bitPattern, "\(text)")
        #expect(float.bitPattern == strtof(text, nil).bitPattern, "\(text)")
    }

    static let hard = [
        "0", "-0", "0.0", "-0.0", "0e999999999", "1", "-1", "0.1", "0.3", "1e22", "1e23", "9007199254740993",
        "9007199254740992.5",
        "9007199254740993.0000000000000000000000001", "1.7976931348623157e308", "1.7976931348623159e308", "1e309",
        "-1e400",
        "4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "1e-400", "123456789012345678901234567890", "0.000000000000000000000000000000000000000000001",
        "0.00012345678901234567", "18446744073709551615", "18446744073709551616", "9999999999999999999",
        "99999999999999999999",
        "8.5", "1.00000017881393432617187499", "1.00000017881393432617187500", "1.00000017881393432617187501",
        "16777217", "16777217.0000001", "3.4028235677973366e38", "3.4028235677973365e38", "1.1754943508222875e-38",
        "1.4e-45", "7.006492321624085e-46", "7.006492321624086e-46", "5e-324", "1E5", "1e+5", "1e-5", "123456789e-27",
        "12345678901234567e-27", "1234567890123456789e27", "1e27", "1e-27", "1e28", "1e-28", "6929495644600919.5",
        "3.7455744005952583e15",
    ]

    @Test(arguments: hard)
    func `are correctly rounded where it is hard`(text: String) throws {
        try Self.check(text)
    }

    @Test func `are correctly rounded for random doubles in every notation`() throws {
        var generator = SplitMix(seed: 1)
        for _ in 0..<40_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            try Self.check("\(value)")
            try Self.check(String(format: "%.17g", value))
            try Self.check(String(format: "%.8e", value))
        }
    }

    @Test func `are correctly rounded for the magnitudes that payloads have`() throws {
        var generator = SplitMix(seed: 2)
        for _ in 0..<40_000 {
            let value = Double.random(in: -1000...1000, using: &generator)
            try Self.check("\(value)")
            try Self.check("\(Float(value))")
            try Self.check(String(format: "%.19f", value))
            try Self.check(String(format: "%.6f", value))
            try Self.check("\(value * 1e-12)")
            try Self.check(
                "\(UInt64.random(in: 0 ... .max, using: &generator) >> 12).\(UInt64.random(in: 0...999, using: &generator))"
            )
        }
    }

    @Test func `are correctly rounded on and beside the ties between floats`() throws {
        var generator = SplitMix(seed: 3)
        for _ in 0..<20_000 {
            let exponent = UInt32.random(in: 100...150, using: &generator)
            let low = Float(bitPattern: exponent << 23 | UInt32(truncatingIfNeeded: generator.next()) & 0x7F_FFFF)
            let tie = (Double(low) + Double(low.nextUp)) / 2
            for value in [tie, tie.nextUp, tie.nextDown] { try Self.check(String(format: "%.17e", value)) }
            try Self.check(String(format: "%.40f", tie))
        }
    }

    @Test func `are integers where an integer is asked for`() throws {
        func integer<Integer: FixedWidthInteger>(_ text: String, as: Integer.Type) throws -> Integer {
            try Array(text.utf8).withUnsafeBytes { bytes in
                var reader = JSONReader(bytes)
                return try reader.readInteger(as: Integer.self)
            }
        }
        #expect(try integer("-128", as: Int8.self) == -128)
        #expect(try integer("255", as: UInt8.self) == 255)
        #expect(try integer("18446744073709551615", as: UInt64.self) == .max)
        #expect(try integer("-9223372036854775808", as: Int64.self) == .min)
        #expect(try integer("2.0", as: Int32.self) == 2)
        #expect(try integer("1e3", as: Int32.self) == 1000)
        #expect(try integer("-0", as: UInt8.self) == 0)
        for (text, type) in [
            ("256", 0), ("-1", 0), ("1.5", 0), ("NaN", 0), ("18446744073709551616", 1), ("-9223372036854775809", 2),
        ] {
            let error = try #require(throws: JSONError.self) {
                switch type {
                case 0: _ = try integer(text, as: UInt8.self)
                case 1: _ = try integer(text, as: UInt64.self)
                default: _ = try integer(text, as: Int64.self)
                }
            }
            #expect(error.code == .numberOutOfRange, "\(text)")
        }
    }

    @Test func `are written as the shortest text that reads back`() throws {
        var generator = SplitMix(seed: 4)
        for index in 0..<400_000 {
            // Every second one from the magnitudes that have a path of their own.
            let bits = UInt32(truncatingIfNeeded: generator.next())
            let value =
                index % 2 == 0
                ? Float(bitPattern: bits)
                : Float(bitPattern: UInt32.random(in: 0x3900_0000...0x4B80_0000, using: &generator))
            guard value.isFinite else { continue }
            var writer = JSONWriter()
            writer.value(value)
            #expect(String(decoding: writer.bytes, as: UTF8.self) == "\(value)")
        }
    }

    @Test func `are written shortest at powers of two and beside them, where the gaps differ`() {
        for exponent in -14...25 {
            let power = Float(sign: .plus, exponent: exponent, significand: 1)
            for value in [power, power.nextUp, power.nextDown, -power, power * 1.5] {
                var writer = JSONWriter()
                writer.value(value)
                #expect(String(decoding: writer.bytes, as: UTF8.self) == "\(value)")
            }
        }
    }

    @Test func `are written as integers to the last digit`() {
        var writer = JSONWriter()
        writer.beginArray()
        writer.value(Int64.min)
        writer.value(UInt64.max)
        writer.value(0)
        writer.value(Int8(-1))
        writer.value(Int128.max)
        writer.endArray()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == "[-9223372036854775808,18446744073709551615,0,-1,170141183460469231731687303715884105727]"
        )
    }
}
