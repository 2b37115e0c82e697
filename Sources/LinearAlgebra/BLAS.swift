import COpenBLAS

/// Products of matrices and vectors by OpenBLAS, on the calling thread.
///
/// OpenBLAS' own threads spin while cores are busy; work is split over cores by `Parallel`, which knows the rows.
public enum BLAS {
    /// Whether a matrix takes part as it is or transposed.
    public enum Operation: Sendable {
        case plain
        case transposed

        var cblas: CBLAS_TRANSPOSE { self == .plain ? CblasNoTrans : CblasTrans }
    }

    /// Read before each call: the first read, once per process, tells OpenBLAS to stay on the caller's thread.
    static let isSingleThreaded: Bool = {
        openblas_set_num_threads(1)
        return true
    }()

    /// A size or stride as BLAS takes it.
    ///
    /// - Precondition: It fits into 32 bits, which bounds one axis of one matrix at 2 billion.
    static func size(_ value: Int) -> blasint { blasint(value) }
}
