/// How a process of the mesh ends, after sysexits.h.
package enum ExitCode: Int32, Sendable {
    /// It stopped as asked.
    case stopped = 0
    /// The command line is none.
    case usage = 64
    /// Something that it needs is not there: a port, a store, a folder.
    case unavailable = 69
    /// Our fault.
    case software = 70
    /// A setting, or a file that a setting names, is wrong.
    case configuration = 78
}
