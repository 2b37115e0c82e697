import JSON
package import LinearAlgebra
import Methods
package import Tensors

/// What two rows are compared by: a kernel with at most 1 at equal rows, or the mean of several with different widths.
package struct SimilarityKernel: Sendable, Equatable {
    /// What the kernel makes of two rows.
    package let form: KernelForm
    /// The widths σ, each positive, in the unit of the features.
    package let sigmas: [Float]

    /// Creates a kernel; `sigmas` holds at least one positive width.
    package init(_ form: KernelForm = .gaussian, sigmas: [Float]) {
        precondition(!sigmas.isEmpty && sigmas.allSatisfy { $0 > 0 && $0.isFinite }, "a width is positive")
        self.form = form
        self.sigmas = sigmas
    }

    /// A Gaussian kernel.
    package init(_ kernel: GaussianKernel) { self.init(.gaussian, sigmas: kernel.sigmas) }

    /// The γ of `KernelMatrix`: `1 / 2σ²`, or `1 / σ` for the Laplacian kernel.
    var gammas: [Float] {
        switch form {
        case .gaussian, .rationalQuadratic: sigmas.map { 1 / (2 * $0 * $0) }
        case .laplacian: sigmas.map { 1 / $0 }
        }
    }

    /// The width that the median distance of reference rows gives, as ``MedianDistance`` has it: `2σ²` is the median squared
    /// distance, or σ the median sum of magnitudes for the Laplacian kernel.
    package init(_ form: KernelForm, medianOf rows: Tensor<Float>, seed: UInt64) {
        guard form == .laplacian else {
            self.init(form, sigmas: GaussianKernel(medianOf: rows, seed: seed).sigmas)
            return
        }
        let scale = MedianDistance.of(rows, seed: seed) { abs($0) }
        self.init(form, sigmas: [scale > 0 ? scale : 1])
    }
}

extension SimilarityKernel {
    /// The keys that say which kernel a test compares rows by.
    static let parameters: [Parameter] = [
        Parameter(
            "kernel",
            .choice(["gaussian", "rational-quadratic", "laplacian"]),
            default: "gaussian",
            "What two rows are compared by."
        ),
        Parameter(
            "sigma",
            .numbers,
            "Widths of the kernel, whose mean is taken; the median heuristic on the reference where absent."
        ),
        Parameter(
            "alpha",
            .number(0.001...1000),
            default: 1,
            "Shape of the rational quadratic kernel; small is heavy-tailed."
        ),
    ]

    /// What the keys say of the kernel's form.
    static func form(_ parameters: Parameters) -> KernelForm {
        switch parameters.text("kernel") {
        case "rational-quadratic": .rationalQuadratic(alpha: Float(parameters.number("alpha")))
        case "laplacian": .laplacian
        default: .gaussian
        }
    }

    /// The widths that were given, checked.
    ///
    /// - Throws: `.invalidConfiguration` for a width that is not positive.
    static func givenSigmas(_ parameters: Parameters, _ key: String = "sigma") throws(MethodError) -> [Float]? {
        guard let given = parameters.optionalNumbers(key) else { return nil }
        let sigmas = given.map { Float($0) }
        guard !sigmas.isEmpty, sigmas.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw MethodError(
                .invalidConfiguration,
                "\(key) is \(given)",
                remedy: "Give positive widths, or leave \(key) out for the median heuristic"
            )
        }
        return sigmas
    }

    /// The kernel that the keys ask for, its width from reference rows where none is given.
    init(_ parameters: Parameters, reference: Tensor<Float>, seed: UInt64) throws(MethodError) {
        let form = Self.form(parameters)
        if let sigmas = try Self.givenSigmas(parameters) {
            self.init(form, sigmas: sigmas)
        } else {
            self.init(form, medianOf: reference, seed: seed)
        }
    }

    /// The kernel of an artefact, whose widths are kept in `sigma.npy`.
    init(_ artefact: Artefact) throws(MethodError) {
        self.init(Self.form(artefact.configuration.parameters), sigmas: try Self.storedSigmas(artefact, "sigma"))
    }

    /// Widths that an artefact keeps, checked.
    static func storedSigmas(_ artefact: Artefact, _ name: String) throws(MethodError) -> [Float] {
        let sigmas = try artefact.floats(name).elements
        guard !sigmas.isEmpty, sigmas.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw MethodError.artefact("\(name).npy", "it holds \(sigmas), and a width is positive")
        }
        return sigmas
    }
}

extension GaussianKernel {
    /// The kernel whose widths the key `sigma` gives, or rows by the median heuristic where it is absent.
    init(_ parameters: Parameters, medianOf rows: Tensor<Float>, seed: UInt64) throws(MethodError) {
        if let sigmas = try SimilarityKernel.givenSigmas(parameters) {
            self.init(sigmas: sigmas)
        } else {
            self.init(medianOf: rows, seed: seed)
        }
    }
}
