/// The bytes behind tensors: memory of our own, or a part of a mapped file.
///
/// `@unchecked Sendable`: the bytes are written only while the storage is being made, or by
/// `Tensor.withUnsafeMutableBufferPointer`, which first makes sure that exactly one tensor refers to it.
@usableFromInline final class TensorStorage: @unchecked Sendable {
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let byteCount: Int
    /// Who keeps the bytes alive when they are not ours; such bytes are never written.
    @usableFromInline let owner: MappedFile?

    /// Vector units and cache lines like it; nothing depends on it.
    static let alignment = 64

    /// Memory of our own, not yet initialised.
    @usableFromInline init(byteCount: Int) {
        self.byteCount = byteCount
        base = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 1), alignment: Self.alignment)
        owner = nil
    }

    /// A part of a mapped file, which the caller has checked to lie within it.
    init(mapping file: MappedFile, byteOffset: Int, byteCount: Int) {
        self.byteCount = byteCount
        base = UnsafeMutableRawPointer(mutating: file.base + byteOffset)
        owner = file
    }

    deinit {
        if owner == nil { base.deallocate() }
    }
}
