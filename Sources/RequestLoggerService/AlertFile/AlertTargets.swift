import ServiceKit

/// Where routes may lead: hosts that whoever runs the process allows, whatever the file of rules says.
///
/// Loopback is always allowed. A file of rules may be written by many; the settings are not.
package struct AlertTargets: Sendable {
    /// `hooks.example.com`, `*.example.com`, or either with `:443`.
    package var allowed: [String]

    package init(allowed: [String] = []) { self.allowed = allowed.map { $0.lowercased() } }

    /// Whether a route may lead there.
    package func allows(host: String, port: Int) -> Bool {
        let host = host.lowercased()
        if ["127.0.0.1", "::1", "localhost"].contains(host) { return true }
        return allowed.contains { pattern in
            var name = pattern[...]
            // An address of IPv6 has colons of its own, and a port behind brackets.
            if let colon = name.lastIndex(of: ":"), name[..<colon].last == "]" || !name[..<colon].contains(":") {
                guard Int(name[name.index(after: colon)...]) == port else { return false }
                name = name[..<colon]
            }
            if name.first == "[", name.last == "]" { name = name.dropFirst().dropLast() }
            guard name.hasPrefix("*.") else { return name == host }
            return host.hasSuffix(name.dropFirst()) && host.utf8.count > name.utf8.count - 1
        }
    }

    /// Refuses an address that routes may not lead to.
    func check(_ address: RouteAddress, at place: YAMLPlace) throws {
        guard !allows(host: address.host, port: address.port) else { return }
        throw place.fault(
            "alerts may not be sent to \(address.host):\(address.port)",
            remedy: "Add \(address.host) to alerts.targets.allow, among the settings of the process"
        )
    }
}

/// An address that a route leads to, taken apart: scheme, host, port and whatever follows.
struct RouteAddress: Sendable, Hashable {
    let text: String
    let scheme: String
    let host: String
    let port: Int

    private static let ports = ["http": 80, "https": 443, "smtp": 25, "smtps": 465]

    /// Nil for a text that is no address of one of these schemes, or that holds a name or password before its host:
    /// those belong into files.
    init?(_ text: String, schemes: [String]) {
        guard let colon = text.range(of: "://"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        scheme = text[..<colon.lowerBound].lowercased()
        guard schemes.contains(scheme), let usual = Self.ports[scheme] else { return nil }
        let rest = text[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.isEmpty, !authority.contains("@"), !authority.contains("\\") else { return nil }
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            let tail = authority[authority.index(after: end)...]
            guard tail.isEmpty || (tail.first == ":" && Int(tail.dropFirst()) != nil) else { return nil }
            port = tail.isEmpty ? usual : Int(tail.dropFirst()) ?? usual
        } else {
            let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2, let name = parts.first, !name.isEmpty else { return nil }
            host = String(name)
            guard parts.count == 1 || Int(parts[1]) != nil else { return nil }
            port = parts.count == 2 ? Int(parts[1]) ?? usual : usual
        }
        guard !host.isEmpty, (1...65535).contains(port) else { return nil }
        self.text = text
    }
}

extension String {
    /// Where a text first stands.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
