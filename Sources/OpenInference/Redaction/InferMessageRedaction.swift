import Tensors

/// `ModelInferRequest` and `ModelInferResponse` written anew without what rules take.
///
/// Fields that no rule is about keep their order and their values; those that the protocol does not know are left out, as
/// nobody can say what is in them.
struct InferMessageRedaction {
    let role: Payload.Role
    let limits: PayloadLimits

    /// Which field has the raw contents.
    private var rawField: Int { role == .request ? 7 : 6 }

    func redacted(_ message: UnsafeRawBufferPointer, _ pass: inout TensorPass) throws -> [UInt8] {
        var fields: [(number: Int, value: ProtobufReader.Value)] = []
        var reader = ProtobufReader(message, place: "the message")
        while let field = try reader.next() { fields.append(field) }
        let raw = fields.filter { $0.number == rawField }.count
        let tensors = fields.filter { $0.number == 5 }.count
        guard raw == 0 || raw == tensors, tensors > 0 else { throw RedactionRefusal.unreadable }

        // The contents of a tensor may stand before it, so what happens to each is settled first.
        var descriptions: [InferTensor] = []
        var plans: [TensorPass.Plan] = []
        for field in fields where field.number == 5 {
            let tensor = try InferTensor(field.value, kind: "tensor", index: plans.count, limits)
            descriptions.append(tensor)
            plans.append(pass.plan(for: tensor.description.name))
            let width = try TensorPass.width(of: tensor.description.shape ?? [])
            pass.noteUnnamedColumns(of: tensor.description.name, width)
        }
        try pass.checkLocated()

        var writer = ProtobufWriter()
        var (tensor, content) = (0, 0)
        for field in fields {
            switch field.number {
            case 5:
                try write(field.value, plans[tensor], descriptions[tensor], isRaw: raw > 0, &pass, to: &writer)
                tensor += 1
            case rawField:
                try writeRaw(field.value, plans[content], descriptions[content], &pass, to: &writer)
                content += 1
            case 1...6: writer.write(field.number, field.value)
            default: break
            }
        }
        return writer.bytes
    }

    private func drops(_ plan: TensorPass.Plan, _ pass: TensorPass) -> Bool {
        plan.whole.map { pass.rules[$0].action == .drop } ?? false
    }

    private func writeRaw(
        _ value: ProtobufReader.Value,
        _ plan: TensorPass.Plan,
        _ tensor: InferTensor,
        _ pass: inout TensorPass,
        to writer: inout ProtobufWriter
    ) throws {
        guard !drops(plan, pass) else { return }
        guard !plan.isEmpty else { return writer.write(rawField, value) }
        guard case .bytes(let bytes) = value, let datatype = tensor.description.datatype,
            let shape = tensor.description.shape
        else { throw RedactionRefusal.unreadable }
        writer.write(rawField, try pass.redacted(bytes, plan, datatype, shape))
    }

    /// Writes a tensor, its typed contents redacted.
    private func write(
        _ value: ProtobufReader.Value,
        _ plan: TensorPass.Plan,
        _ tensor: InferTensor,
        isRaw: Bool,
        _ pass: inout TensorPass,
        to writer: inout ProtobufWriter
    ) throws {
        if let rule = plan.whole, drops(plan, pass) {
            pass.counts[rule] += 1
            return
        }
        guard !plan.isEmpty, !isRaw else { return writer.write(5, value) }
        guard let datatype = tensor.description.datatype, let shape = tensor.description.shape else {
            throw RedactionRefusal.unreadable
        }
        var message = ProtobufWriter()
        var contents = try TypedContentsRedaction(plan: plan, datatype: datatype, shape: shape)
        var reader = try ProtobufReader.message(value, "the tensor")
        while let (number, value) = try reader.next() {
            switch number {
            case 1...4: message.write(number, value)
            case 5: message.write(5, try contents.redacted(value, &pass))
            default: break
            }
        }
        guard contents.index == (try Shape.count(shape)) else { throw RedactionRefusal.unreadable }
        writer.write(5, message.bytes)
    }
}

/// `InferTensorContents` with some of its elements replaced.
private struct TypedContentsRedaction {
    let plan: TensorPass.Plan
    let datatype: ElementType
    let width: Int
    /// The element that comes next.
    private(set) var index = 0

    init(plan: TensorPass.Plan, datatype: ElementType, shape: [Int]) throws {
        self.plan = plan
        self.datatype = datatype
        width = try TensorPass.width(of: shape)
    }

    private mutating func nextRule() -> Int? {
        defer { index += 1 }
        return plan.whole ?? plan.columns[index % width]
    }

    mutating func redacted(_ value: ProtobufReader.Value, _ pass: inout TensorPass) throws -> [UInt8] {
        var writer = ProtobufWriter()
        var reader = try ProtobufReader.message(value, "contents")
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (1...5, .varint(let bits)): writer.write(number, .varint(varint(bits, &pass)))
            case (1...5, .bytes(let packed)):
                var numbers = ProtobufReader(packed, place: "contents")
                var list = ProtobufWriter()
                while !numbers.isAtEnd { list.varint(varint(try numbers.readVarint(), &pass)) }
                writer.write(number, list.bytes)
            case (6, .fixed32(let bits)):
                let element = try fixed([UInt8](withUnsafeBytes(of: bits.littleEndian) { [UInt8]($0) }), 4, &pass)
                writer.write(number, element)
            case (7, .fixed64(let bits)):
                let element = try fixed([UInt8](withUnsafeBytes(of: bits.littleEndian) { [UInt8]($0) }), 8, &pass)
                writer.write(number, element)
            case (6, .bytes(let packed)): writer.write(number, try fixed([UInt8](packed), 4, &pass))
            case (7, .bytes(let packed)): writer.write(number, try fixed([UInt8](packed), 8, &pass))
            case (8, .bytes(let element)): writer.write(number, pass.redacted([UInt8](element), nextRule()))
            default: throw RedactionRefusal.unreadable
            }
        }
        return writer.bytes
    }

    private mutating func varint(_ bits: UInt64, _ pass: inout TensorPass) -> UInt64 {
        guard let rule = nextRule() else { return bits }
        pass.counts[rule] += 1
        return pass.standIn(rule).varint(bits, datatype)
    }

    private mutating func fixed(_ packed: [UInt8], _ size: Int, _ pass: inout TensorPass) throws -> [UInt8] {
        guard packed.count.isMultiple(of: size), datatype.byteWidth == size else { throw RedactionRefusal.unreadable }
        var packed = packed
        packed.withUnsafeMutableBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: size) {
                guard let rule = nextRule() else { continue }
                pass.counts[rule] += 1
                let element = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + size])
                let number = CanonicalNumber(UnsafeRawBufferPointer(element), datatype)
                pass.standIn(rule).write(number, datatype, to: element)
            }
        }
        return packed
    }
}

extension ProtobufWriter {
    /// Writes a field that was read.
    fileprivate mutating func write(_ number: Int, _ value: ProtobufReader.Value) {
        switch value {
        case .varint(let bits): always(number, unsigned: bits)
        case .fixed64(let bits): always(number, double: Double(bitPattern: bits))
        case .fixed32(let bits): always(number, fixed32: bits)
        case .bytes(let content): message(number, bytes: content)
        }
    }

    /// Writes bytes.
    fileprivate mutating func write(_ number: Int, _ content: [UInt8]) { message(number, bytes: content) }
}
