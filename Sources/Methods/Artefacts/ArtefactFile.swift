import Tensors

/// One verified file of a monitor's folder, read into memory or mapped.
enum ArtefactFile: Sendable {
    /// Its bytes.
    case read([UInt8])
    /// The file of a folder that belongs to this process alone, so that nobody shortens it.
    case mapped(MappedFile)

    /// Calls `body` with the bytes; the pointer is valid during the call.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch self {
        case .read(let bytes):
            try bytes.withUnsafeBufferPointer { bytes throws(Failure) in try body(UnsafeRawBufferPointer(bytes)) }
        case .mapped(let file): try body(file.bytes)
        }
    }

    /// The array of a `.npy` file.
    func array(name: String) throws(TensorError) -> AnyTensor {
        switch self {
        case .read(let bytes): try NPY.read(bytes: bytes, name: name)
        case .mapped(let file): try NPY.map(file, name: name)
        }
    }

    /// The tensors of a `.safetensors` file.
    func tensors(name: String) throws(TensorError) -> [String: AnyTensor] {
        switch self {
        case .read(let bytes): try Safetensors.read(bytes: bytes, name: name).tensors
        case .mapped(let file): try Safetensors.map(file, name: name).tensors
        }
    }

    /// Lets the pages of a mapped file go that verifying and loading have read.
    func releasePages() {
        if case .mapped(let file) = self { file.releasePages() }
    }
}
