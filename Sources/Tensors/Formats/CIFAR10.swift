/// CIFAR-10 in its binary version: per image one label byte, then the red, the green and the blue plane.
///
/// Source: A. Krizhevsky (2009), "Learning multiple layers of features from tiny images"; the layout at
/// https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
public enum CIFAR10 {
    /// Images and what they show.
    public struct LabelledImages: Sendable, Equatable {
        /// Channels-last, red, green, blue in 0...255, shape `[n, 32, 32, 3]`.
        public var images: Tensor<UInt8>
        /// The class of each image, in 0...9.
        public var labels: [Int]
    }

    /// What a folder holds of the data set.
    public struct Folder: Sendable {
        /// `data_batch_1.bin` and those that follow it, under each other; `nil` when there is none.
        public var training: LabelledImages?
        /// How many batches `training` was read from.
        public var batches: Int
        /// `test_batch.bin`; `nil` when it is not there.
        public var test: LabelledImages?
        /// The names of the classes, from `batches.meta.txt`; the numbers as texts where that is missing.
        public var classes: [String]
    }

    /// Pixels along each side.
    public static let side = 32
    /// Red, green and blue.
    public static let channels = 3
    /// The number of classes.
    public static let classCount = 10

    private static let plane = side * side
    private static let recordBytes = 1 + channels * plane

    /// Reads one file.
    ///
    /// - Throws: `.fileFailed`; `.malformed` when the size is not a whole number of records or a label is above 9.
    public static func read(path: String) throws(TensorError) -> LabelledImages {
        let file = try MappedFile(path: path)
        return try read(file.bytes, name: path)
    }

    /// Reads the bytes of a file.
    ///
    /// - Throws: `.malformed`.
    public static func read(bytes: [UInt8], name: String = "cifar10") throws(TensorError) -> LabelledImages {
        try bytes.withUnsafeBufferPointer { buffer throws(TensorError) in
            try read(UnsafeRawBufferPointer(buffer), name: name)
        }
    }

    /// Reads a folder with `data_batch_1.bin` (up to 5), `test_batch.bin` and `batches.meta.txt`.
    ///
    /// - Throws: As `read`; `.fileFailed` when there is neither a first batch nor a test batch, or a batch is missing
    ///   between others.
    public static func read(folder: String) throws(TensorError) -> Folder {
        func path(_ batch: Int) -> String { "\(folder)/data_batch_\(batch).bin" }
        let present = (1...5).filter { ByteFile.exists(path($0)) }
        if let last = present.last, let missing = (1...last).first(where: { !present.contains($0) }) {
            throw TensorError(
                .fileFailed,
                "\(path(missing)) is missing, and \(path(last)) is there",
                remedy: "Copy the missing batch too, or number the batches from 1"
            )
        }
        let hasTest = ByteFile.exists("\(folder)/test_batch.bin")
        guard hasTest || !present.isEmpty else {
            throw TensorError(
                .fileFailed,
                "\(folder) holds neither data_batch_1.bin nor test_batch.bin",
                remedy: "Give a folder in the layout of CIFAR-10's binary version"
            )
        }
        var parts: [LabelledImages] = []
        for batch in present { parts.append(try read(path: path(batch))) }
        return Folder(
            training: parts.isEmpty
                ? nil
                : LabelledImages(
                    images: try Tensor.concatenatingRows(parts.map(\.images)),
                    labels: parts.flatMap(\.labels)
                ),
            batches: parts.count,
            test: hasTest ? try read(path: "\(folder)/test_batch.bin") : nil,
            classes: try classNames("\(folder)/batches.meta.txt")
        )
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, name: String) throws(TensorError) -> LabelledImages {
        guard !bytes.isEmpty, bytes.count.isMultiple(of: recordBytes) else {
            throw TensorError(
                .malformed,
                "\(name): \(bytes.count) bytes are not a whole number of records of \(recordBytes) bytes",
                remedy: "Give a file of CIFAR-10's binary version"
            )
        }
        let count = bytes.count / recordBytes
        let labels = (0..<count).map { Int(bytes[$0 * recordBytes]) }
        if let image = labels.firstIndex(where: { $0 >= classCount }) {
            throw TensorError(
                .malformed,
                "\(name): the label of image \(image) is \(labels[image])",
                remedy: "Labels are 0 to 9; give a file of CIFAR-10's binary version"
            )
        }
        let images = Tensor<UInt8>(shape: [count, side, side, channels]) { target in
            for image in 0..<count {
                let source = image * recordBytes + 1
                let start = image * plane * channels
                for channel in 0..<channels {
                    for pixel in 0..<plane {
                        target[start + pixel * channels + channel] = bytes[source + channel * plane + pixel]
                    }
                }
            }
        }
        return LabelledImages(images: images, labels: labels)
    }

    private static func classNames(_ path: String) throws(TensorError) -> [String] {
        guard ByteFile.exists(path) else { return (0..<classCount).map(String.init) }
        let text = String(decoding: try ByteFile.read(path), as: UTF8.self)
        let names = text.split(whereSeparator: \.isNewline).map(String.init)
        guard names.count == classCount else {
            throw TensorError(
                .malformed,
                "\(path): \(names.count) class names",
                remedy: "Give \(classCount) names, one a line, the first for label 0"
            )
        }
        return names
    }
}
