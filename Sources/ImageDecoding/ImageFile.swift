import CImageFiles
import JSON
public import OpenInference
public import Tensors

/// PNG and JPEG files as pixels.
public enum ImageFile {
    /// Decodes a file.
    ///
    /// The pixels are those that the file holds: sixteen bits become eight, a palette becomes colours, transparency a
    /// channel of its own; gamma, colour profiles and orientation tags are not applied.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - limit: The most bytes that the pixels may take; the file's header is looked at before any is allocated.
    ///   - place: What it is, for messages.
    /// - Returns: Shape `[height, width, channels]`, 1 to 4 channels, 0 to 255.
    /// - Throws: `.image` for what is neither, is damaged, or is a JPEG in CMYK; `.tooLarge` beyond the limit.
    public static func decode(
        _ bytes: [UInt8],
        limit: Int,
        place: String = "the picture"
    ) throws(OpenInferenceError) -> Tensor<UInt8> {
        let format = try format(of: bytes, place)
        let shape = try shape(of: bytes, format, limit, place)
        return try Tensor(shape: shape) { pixels throws(OpenInferenceError) in
            _ = try read(bytes, format, into: pixels.baseAddress, place)
        }
    }

    private static func format(of bytes: [UInt8], _ place: String) throws(OpenInferenceError) -> ImageFormat {
        guard let format = ImageFormat(bytes) else {
            throw OpenInferenceError(.image, "\(place) is neither PNG nor JPEG", remedy: "Send PNG or JPEG")
        }
        return format
    }

    private static func shape(
        of bytes: [UInt8],
        _ format: ImageFormat,
        _ limit: Int,
        _ place: String
    ) throws(OpenInferenceError) -> [Int] {
        let size = try read(bytes, format, into: nil, place)
        let shape = [Int(size.height), Int(size.width), Int(size.channels)]
        // Each of the sizes fits 31 bits, so the first product fits 62.
        let (count, overflows) = (shape[0] * shape[1]).multipliedReportingOverflow(by: shape[2])
        guard !overflows, count <= limit else {
            throw OpenInferenceError(
                .tooLarge,
                "\(place) has \(shape[1]) by \(shape[0]) pixels of \(shape[2]) channels",
                remedy: "Send pictures that take at most \(limit) bytes"
            )
        }
        return shape
    }

    private static func read(
        _ bytes: [UInt8],
        _ format: ImageFormat,
        into pixels: UnsafeMutablePointer<UInt8>?,
        _ place: String
    ) throws(OpenInferenceError) -> image_size {
        var size = image_size()
        var message = [CChar](repeating: 0, count: Int(IMAGE_MESSAGE_SIZE))
        let isRead = bytes.withRawBytes { file in
            let start = file.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return switch format {
            case .png: image_png_read(start, file.count, &size, pixels, &message)
            case .jpeg: image_jpeg_read(start, file.count, &size, pixels, &message)
            }
        }
        guard isRead else {
            let reason = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw OpenInferenceError(
                .image,
                "\(place): \(String(decoding: reason, as: UTF8.self))",
                remedy: "Send the whole file, as it was written"
            )
        }
        return size
    }
}
