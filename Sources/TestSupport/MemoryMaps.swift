import Foundation

/// What a process has mapped, a line of `/proc/PROCESS/maps` each; such a file has no size, so it is read to its end.
package func memoryMaps(ofProcess process: String) -> [String] {
    let bytes = FileHandle(forReadingAtPath: "/proc/\(process)/maps")?.readDataToEndOfFile() ?? Data()
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}
