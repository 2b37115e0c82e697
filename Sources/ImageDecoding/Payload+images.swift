import CloudEvents
public import OpenInference
import Tensors

extension Payload {
    /// The payload with its pictures as pixels: each BYTES tensor whose elements are PNG or JPEG files becomes UINT8.
    ///
    /// Files are told by their first bytes; they may be in base64, alone or as a `data:` URL, as V2's JSON and Seldon's
    /// `strData` carry them. A tensor of shape `[n]` or `[n, 1]` becomes `[n, height, width, channels]`. Tensors whose
    /// first element is no picture stay as they are.
    ///
    /// - Throws: `.image` for a broken file and for an element among pictures that is none; `.shapeMismatch` for pictures of
    ///   different sizes; `.tooLarge` beyond the limits.
    public func decodingImages(limits: PayloadLimits = .standard) throws(OpenInferenceError) -> Payload {
        var payload = self
        var bytesLeft = limits.tensorBytes
        for (index, named) in tensors.enumerated() {
            guard case .bytes(let shape, let values) = named.tensor, let first = values.first,
                Self.file(in: first) != nil
            else { continue }
            let pixels = try Self.pixels(values, of: named.name, bytesLeft)
            bytesLeft -= pixels.count
            var batch = shape
            while batch.count > 1, batch.last == 1 { batch.removeLast() }
            payload.tensors[index].tensor = .uint8(pixels.withShape(batch + pixels.shape.dropFirst()))
        }
        return payload
    }

    /// All pictures of a tensor, shape `[pictures, height, width, channels]`.
    private static func pixels(
        _ values: [[UInt8]],
        of name: String,
        _ limit: Int
    ) throws(OpenInferenceError) -> Tensor<UInt8> {
        var bytesLeft = limit
        var pictures: [Tensor<UInt8>] = []
        for (index, value) in values.enumerated() {
            let place = "\"\(name)\", element \(index)"
            guard let file = file(in: value) else {
                throw OpenInferenceError(.image, "\(place) is no picture among pictures", remedy: "Send PNG or JPEG")
            }
            let picture = try ImageFile.decode(file, limit: bytesLeft, place: place)
            let shape = pictures.first.map { Array($0.shape.dropFirst()) } ?? picture.shape
            guard picture.shape == shape else {
                throw OpenInferenceError(
                    .shapeMismatch,
                    "\(place): a picture of shape \(picture.shape) beside those of \(shape)",
                    remedy: "Send pictures of one size in a batch"
                )
            }
            bytesLeft -= picture.count
            pictures.append(picture.withShape([1] + picture.shape))
        }
        do throws(TensorError) { return try Tensor.concatenatingRows(pictures) } catch {
            throw OpenInferenceError(.image, "\"\(name)\": \(error.message)", remedy: error.remedy, cause: error)
        }
    }

    /// The picture's file, taken out of base64 where it is in it; nil for what begins as no picture.
    private static func file(in value: [UInt8]) -> [UInt8]? {
        if ImageFormat(value) != nil { return value }
        var text = value[...]
        for type in ["png", "jpeg", "jpg"] {
            let start = Array("data:image/\(type);base64,".utf8)
            if text.starts(with: start) { text = text.dropFirst(start.count) }
        }
        // The first bytes of PNG and JPEG in base64.
        guard text.starts(with: "iVBORw0KGgo".utf8) || text.starts(with: "/9j/".utf8) else { return nil }
        return Base64.decode(Array(text)).flatMap { ImageFormat($0) == nil ? nil : $0 }
    }
}
