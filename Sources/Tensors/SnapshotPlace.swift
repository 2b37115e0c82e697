/// Where a private copy of a file lies that is read as long as the process needs it.
public enum SnapshotPlace: Sendable, Hashable {
    /// In memory.
    case memory
    /// In a file without a name in this folder, which has to be on a disk for its pages not to be memory.
    case folder(String)
}
