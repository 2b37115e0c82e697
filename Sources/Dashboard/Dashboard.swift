import Mustache

/// The pages that request-logger serves: values in, HTML out; it reads no store and knows no HTTP.
///
/// Templates, style and script are in `Pages` and embedded into the binary. Every value is escaped by `HTMLText`; only
/// pictures that this module draws go in as they are.
package struct Dashboard: Sendable {
    private let library: MustacheLibrary

    /// - Throws: A parser error when an embedded template is broken, which the tests would have found.
    package init() throws {
        var library = MustacheLibrary()
        for (name, bytes) in Self.templates {
            let text = "{{% CONTENT_TYPE: \(HTMLText.name)}}" + String(decoding: bytes, as: UTF8.self)
            try library.register(text, named: name)
        }
        self.library = library
    }

    /// A file that pages refer to, by its name under `/assets/`, and its media type.
    package static func asset(_ name: String) -> (contentType: String, bytes: [UInt8])? {
        switch name {
        case "style.css": ("text/css; charset=utf-8", PackageResources.style_css)
        case "vedette.js": ("text/javascript; charset=utf-8", PackageResources.vedette_js)
        case "icon.svg": ("image/svg+xml", PackageResources.icon_svg)
        default: nil
        }
    }

    /// What a browser may do with a page: load our own assets and pictures inside the page, nothing else.
    package static let contentSecurityPolicy = """
        default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
        form-action 'self'; base-uri 'none'; frame-ancestors 'none'
        """

    func render(_ view: Any, with template: String) -> String {
        library.render(view, withTemplate: template) ?? ""
    }

    private static let templates: [(String, [UInt8])] = {
        // A template's content type is its own; the library is asked for it when the template is parsed.
        MustacheContentTypes.register(HTMLText(), named: HTMLText.name)
        return [
            ("layout", PackageResources.layout_mustache),
            ("value", PackageResources.value_mustache),
            ("tile", PackageResources.tile_mustache),
            ("overview", PackageResources.overview_mustache),
            ("model", PackageResources.model_mustache),
            ("health", PackageResources.health_mustache),
            ("alerts", PackageResources.alerts_mustache),
            ("alert", PackageResources.alert_mustache),
            ("exchanges", PackageResources.exchanges_mustache),
            ("request", PackageResources.request_mustache),
            ("models", PackageResources.models_mustache),
            ("audit", PackageResources.audit_mustache),
            ("login", PackageResources.login_mustache),
            ("problem", PackageResources.problem_mustache),
        ]
    }()
}
