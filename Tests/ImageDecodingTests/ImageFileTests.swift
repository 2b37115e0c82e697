import CloudEvents
import ImageDecoding
import JSON
import OpenInference
import Tensors
import TestSupport
import Testing

@Suite struct `Pictures` {
    static let references = (try? ReferenceValues.read("pictures")) ?? .null

    static func bytes(_ value: JSONValue?) throws -> [UInt8] {
        let text = try #require(value?.string)
        return try #require(Base64.decode(Array(text.utf8)))
    }

    @Test(arguments: 0..<9)
    func `decode to the pixels that Pillow reads`(index: Int) throws {
        // scripts/reference/payload_bodies.py, Pillow 13.0.0.
        let reference = try #require(Self.references["pictures"]?[index])
        let name = try #require(reference["name"]?.string)
        let picture = try ImageFile.decode(Self.bytes(reference["file"]), limit: 1 << 20)
        #expect(picture.shape == reference["shape"]?.array?.compactMap(\.int), "\(name)")
        let pixels = try #require(reference["pixels"]?.array)
        let expected = pixels.compactMap(\.int)
        let worst = zip(picture.elements, expected).map { abs(Int($0) - $1) }.max() ?? 0
        // JPEG's inverse transform is fixed only up to rounding, and Pillow brings a libjpeg of its own.
        #expect(worst <= (name.hasPrefix("JPEG") ? 1 : 0), "\(name): \(worst)")
    }

    @Test func `become tensors where they are in payloads, in every wrapping`() throws {
        let file = try Self.bytes(Self.references["pictures"]?[0]?["file"])
        let pixels = try ImageFile.decode(file, limit: 1 << 20)
        let text = Base64.encode(file)
        for value in [file, Array(text.utf8), Array("data:image/png;base64,\(text)".utf8)] {
            for shape in [[2], [2, 1]] {
                let payload = Payload(
                    dialect: .openInference,
                    role: .request,
                    tensors: [
                        NamedTensor(name: "x", tensor: .bytes(shape: shape, values: [value, value])),
                        NamedTensor(name: "y", tensor: .bytes(shape: [1], values: [Array("plain".utf8)])),
                    ]
                )
                let decoded = try payload.decodingImages()
                #expect(decoded.tensors[0].tensor.shape == [2, 24, 32, 3])
                #expect(decoded.tensors[0].tensor.rows(1..<2) == .uint8(pixels.withShape([1, 24, 32, 3])))
                #expect(decoded.tensors[1] == payload.tensors[1])
            }
        }
        let request = try PayloadDecoder().decode(Self.bytes(Self.references["mlserver"])).decodingImages()
        #expect(request["picture"]?.shape == [2, 24, 32, 3])
        let rest = try PayloadDecoder().decode(Array(#"{"instances":[{"b64":"\#(text)"}]}"#.utf8)).decodingImages()
        #expect(rest["instances"] == .uint8(pixels.withShape([1, 24, 32, 3])))
        let plain = try PayloadDecoder().decode(file, PayloadHints(contentType: "image/png")).decodingImages()
        #expect(plain["image"] == .uint8(pixels.withShape([1, 24, 32, 3])))
    }

    @Test func `are refused by name when they are broken, too large, uneven or in CMYK`() throws {
        let files = try (0..<9).map { try Self.bytes(Self.references["pictures"]?[$0]?["file"]) }
        func code(_ bytes: [UInt8], limit: Int = 1 << 20) -> OpenInferenceError.Code? {
            do {
                _ = try ImageFile.decode(bytes, limit: limit)
                return nil
            } catch {
                return error.code
            }
        }
        for file in files {
            #expect(code(Array(file.dropLast(file.count / 2))) == .image)
            #expect(code(file, limit: 20) == .tooLarge)
        }
        #expect(code(try Self.bytes(Self.references["cmyk"])) == .image)
        #expect(code([1, 2, 3]) == .image)
        func payload(_ values: [[UInt8]]) -> Payload {
            let tensor = AnyTensor.bytes(shape: [values.count], values: values)
            return Payload(dialect: .json, role: .request, tensors: [NamedTensor(name: "x", tensor: tensor)])
        }
        let uneven = try #require(throws: OpenInferenceError.self) {
            try payload([files[0], files[1]]).decodingImages()
        }
        #expect(uneven.code == .shapeMismatch)
        let mixed = try #require(throws: OpenInferenceError.self) { try payload([files[0], [1]]).decodingImages() }
        #expect(mixed.code == .image)
    }

    @Test(arguments: [true, false])
    func `never crash on changed bytes`(isPNG: Bool) throws {
        let files = try (0..<9).filter { Self.references["pictures"]?[$0]?["name"]?.string?.hasPrefix("PNG") == isPNG }
            .map { try Self.bytes(Self.references["pictures"]?[$0]?["file"]) }
        #expect(files.count > 1)
        var read = 0
        let slow = FuzzCases.each(
            of: files,
            seed: 31,
            or: 6000,
            change: { file, generator in
                // What fails a checksum is read no further.
                isPNG && Int.random(in: 0..<4, using: &generator) > 0
                    ? PNGChunks(file).changed(using: &generator)
                    : FuzzCases.changed(file, among: files, using: &generator)
            }
        ) { file in
            do throws(OpenInferenceError) {
                let picture = try ImageFile.decode(file, limit: 1 << 20)
                read += 1
                if picture.count > 1 << 20 { Issue.record("\(picture.shape) is beyond the limit") }
            } catch {
                if error.message.isEmpty || error.remedy.isEmpty { Issue.record("\(error)") }
            }
        }
        #expect(read > 0)
        #expect(slow.isEmpty)
    }
}
