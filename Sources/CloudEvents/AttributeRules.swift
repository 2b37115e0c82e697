/// What CloudEvents 1.0.2 demands of names and values of attributes.
enum AttributeRules {
    /// The names that the specification itself gives meaning, which no extension may take.
    static let reserved: Set<String> = [
        "id", "source", "specversion", "type", "datacontenttype", "dataschema", "subject", "time", "data",
        "data_base64",
    ]

    /// Section "Naming conventions": lower-case letters and digits; `data` is taken.
    static func checkExtensionName(_ name: String) throws(CloudEventError) {
        guard isPlainName(name) else {
            throw CloudEventError(
                .attributeName,
                "the attribute name \"\(name.prefix(64))\"",
                remedy: "Names of attributes are lower-case letters a to z and digits"
            )
        }
        guard !reserved.contains(name) else {
            throw CloudEventError(
                .attributeName,
                "the extension \"\(name)\"",
                remedy: "That name belongs to CloudEvents itself"
            )
        }
    }

    /// Whether a text could name an attribute: lower-case letters and digits.
    static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z"))
                    || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
            }
    }

    /// A required or optional attribute of the specification, which must not be empty.
    static func checkNonEmpty(_ value: String, as name: String) throws(CloudEventError) {
        guard !value.isEmpty else {
            throw CloudEventError(
                .missingAttribute,
                "\(name) is empty",
                remedy: "Give \(name) a value of at least one character"
            )
        }
    }

    /// Section "Type system", String: no control characters, no noncharacters.
    static func checkString(_ value: String, as name: String) throws(CloudEventError) {
        let isPlainASCII = value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        guard !isPlainASCII else { return }
        for scalar in value.unicodeScalars {
            let code = scalar.value
            let isControl = code <= 0x1F || (0x7F...0x9F).contains(code)
            let isNoncharacter = (0xFDD0...0xFDEF).contains(code) || code & 0xFFFE == 0xFFFE
            guard !isControl, !isNoncharacter else {
                throw CloudEventError(
                    .attributeValue,
                    "\(name) holds U+\(String(code, radix: 16, uppercase: true))",
                    remedy: "Text in attributes has no control characters and no noncharacters"
                )
            }
        }
    }

    /// Section "Type system", URI-reference: RFC 3986, section 4.1.
    static func checkURIReference(_ value: String, as name: String) throws(CloudEventError) {
        guard URIReference(value) != nil else {
            throw CloudEventError(
                .attributeValue,
                "\(name) is \"\(value.prefix(128))\"",
                remedy: "\(name) is a URI reference, as RFC 3986 defines it"
            )
        }
    }

    /// Section "Type system", URI: RFC 3986, section 4.3.
    static func checkURI(_ value: String, as name: String) throws(CloudEventError) {
        guard let reference = URIReference(value), reference.scheme != nil, !reference.hasFragment else {
            throw CloudEventError(
                .attributeValue,
                "\(name) is \"\(value.prefix(128))\"",
                remedy: "\(name) is an absolute URI: it has a scheme and no fragment"
            )
        }
    }

    /// RFC 2046: `type/subtype`, then parameters.
    static func checkMediaType(_ value: String, as name: String) throws(CloudEventError) {
        guard MediaType.isWellFormed(value) else {
            throw CloudEventError(
                .attributeValue,
                "\(name) is \"\(value.prefix(128))\"",
                remedy: "\(name) is a media type such as application/json"
            )
        }
    }
}
