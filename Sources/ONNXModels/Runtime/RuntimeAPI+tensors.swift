extension RuntimeAPI {
    /// A value over memory of the caller, which must outlive it; the runtime reads it and does not write.
    func tensor(
        _ memory: OpaquePointer,
        over bytes: UnsafeRawBufferPointer,
        shape: [Int64],
        type: GraphElement
    ) throws(RuntimeFailure) -> OpaquePointer {
        typealias Create =
            @convention(c) (
                OpaquePointer, UnsafeMutableRawPointer?, Int, UnsafePointer<Int64>, Int, Int32,
                UnsafeMutablePointer<OpaquePointer?>
            ) -> Status
        return try made("tensor") { result in
            function(.createTensorWithDataAsOrtValue, Create.self)(
                memory,
                UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                bytes.count,
                shape,
                shape.count,
                type.rawValue,
                result
            )
        }
    }

    /// A value that holds texts of its own.
    func textTensor(_ texts: [String], shape: [Int64]) throws(RuntimeFailure) -> OpaquePointer {
        typealias Create =
            @convention(c) (
                OpaquePointer, UnsafePointer<Int64>, Int, Int32, UnsafeMutablePointer<OpaquePointer?>
            ) -> Status
        typealias Fill = @convention(c) (OpaquePointer, Names, Int) -> Status
        let allocator = try allocator()
        let value = try made("tensor") { result in
            function(.createTensorAsOrtValue, Create.self)(
                allocator,
                shape,
                shape.count,
                GraphElement.text.rawValue,
                result
            )
        }
        do throws(RuntimeFailure) {
            let names = CStrings(texts)
            try check(function(.fillStringTensor, Fill.self)(value, names.pointers, texts.count))
            withExtendedLifetime(names) {}
        } catch {
            release(value, .releaseValue)
            throw error
        }
        return value
    }

    /// Where the elements of a value are that holds no texts.
    func elements(of value: OpaquePointer) throws(RuntimeFailure) -> UnsafeRawPointer {
        typealias Get = @convention(c) (OpaquePointer, UnsafeMutablePointer<UnsafeMutableRawPointer?>) -> Status
        var address: UnsafeMutableRawPointer?
        try check(function(.getTensorMutableData, Get.self)(value, &address))
        guard let address else { throw RuntimeFailure(message: "a tensor has no elements") }
        return UnsafeRawPointer(address)
    }

    /// The texts of a value.
    func texts(of value: OpaquePointer, count: Int) throws(RuntimeFailure) -> [String] {
        typealias Length = @convention(c) (OpaquePointer, UnsafeMutablePointer<Int>) -> Status
        typealias Content =
            @convention(c) (OpaquePointer, UnsafeMutableRawPointer, Int, UnsafeMutablePointer<Int>, Int) -> Status
        guard count > 0 else { return [] }
        var length = 0
        try check(function(.getStringTensorDataLength, Length.self)(value, &length))
        var bytes = [UInt8](repeating: 0, count: length + 1)  // never empty, so that it has an address
        var starts = [Int](repeating: 0, count: count)
        try check(function(.getStringTensorContent, Content.self)(value, &bytes, length, &starts, count))
        return starts.indices.map { index in
            let end = index + 1 < count ? starts[index + 1] : length
            return String(decoding: bytes[starts[index]..<max(end, starts[index])], as: UTF8.self)
        }
    }

    /// The element type and shape of a value.
    func typeAndShape(of value: OpaquePointer) throws(RuntimeFailure) -> (type: Int32, shape: [Int]) {
        typealias Get = @convention(c) (OpaquePointer, UnsafeMutablePointer<OpaquePointer?>) -> Status
        let info = try made("shape") { function(.getTensorTypeAndShape, Get.self)(value, $0) }
        defer { release(info, .releaseTensorTypeAndShapeInfo) }
        return (try elementType(of: info), try shape(of: info))
    }

    /// The element type of a tensor's description, by `ONNXTensorElementDataType`.
    func elementType(of info: OpaquePointer) throws(RuntimeFailure) -> Int32 {
        typealias Get = @convention(c) (OpaquePointer, UnsafeMutablePointer<Int32>) -> Status
        var type: Int32 = 0
        try check(function(.getTensorElementType, Get.self)(info, &type))
        return type
    }

    /// The sizes of a tensor's description; −1 where a size is free.
    func shape(of info: OpaquePointer) throws(RuntimeFailure) -> [Int] {
        typealias Count = @convention(c) (OpaquePointer, UnsafeMutablePointer<Int>) -> Status
        typealias Get = @convention(c) (OpaquePointer, UnsafeMutablePointer<Int64>, Int) -> Status
        var count = 0
        try check(function(.getDimensionsCount, Count.self)(info, &count))
        guard count > 0 else { return [] }
        var sizes = [Int64](repeating: 0, count: count)
        try check(function(.getDimensions, Get.self)(info, &sizes, count))
        return sizes.map { Int($0) }
    }
}
