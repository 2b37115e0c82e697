// swift-tools-version: 6.2
import PackageDescription

// Every target is held to the same rules; the C targets have none of them.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A library that the executables share; nothing of it is promised to other packages.
func room(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    exclude: [String] = [],
    resources: [Resource] = [],
    linkerSettings: [LinkerSetting] = []
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        exclude: exclude,
        resources: resources,
        swiftSettings: strict,
        linkerSettings: linkerSettings
    )
}

/// An executable: its name, and one call into its library.
func executable(_ name: String, _ library: Target.Dependency) -> Target {
    .executableTarget(name: name, dependencies: [library, "ServiceKit"], swiftSettings: strict)
}

/// The tests of one library, in the folder that mirrors it.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name), "TestSupport"] + dependencies,
        exclude: exclude,
        swiftSettings: strict
    )
}

// What other people make, by the product that we use of it.
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

let package = Package(
    name: "vedette",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "model-server", targets: ["model-server"]),
        .executable(name: "payload-tap", targets: ["payload-tap"]),
        .executable(name: "request-logger", targets: ["request-logger"]),
        .executable(name: "drift-detector", targets: ["drift-detector"]),
        .executable(name: "outlier-detector", targets: ["outlier-detector"]),
        .executable(name: "adversarial-detector", targets: ["adversarial-detector"]),
        .executable(name: "explainer", targets: ["explainer"]),
        .executable(name: "vedette", targets: ["vedette"]),
        .executable(name: "vedette-bench", targets: ["vedette-bench"]),
    ],
    dependencies: [
        .package(
            url: "https://github.com/hummingbird-project/hummingbird.git",
            exact: "2.28.1",
            traits: ["ConfigurationSupport"]  // without full Foundation: 45 MB less in a static executable
        ),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", exact: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
        // Without its JSON file reader, which brings all of Foundation.
        .package(url: "https://github.com/apple/swift-configuration.git", exact: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
        .package(url: "https://github.com/vapor/jwt-kit.git", exact: "5.7.1"),
    ],
    targets: [
        // Formats and messages.
        .target(name: "CTextKernels", path: "Sources/JSON/CTextKernels"),
        room("JSON", ["CTextKernels"], exclude: ["CTextKernels"]),
        room("TOML"),
        room("CloudEvents", ["JSON"], exclude: ["Schemas"]),
        .systemLibrary(name: "CZlib", path: "Sources/Tensors/CZlib", providers: [.apt(["zlib1g-dev"])]),
        room("Tensors", ["JSON", "CZlib"], exclude: ["CZlib"]),
        room("OpenInference", ["JSON", "CloudEvents", "Tensors", "CZlib"]),
        .target(
            name: "CImageFiles",
            path: "Sources/ImageDecoding/CImageFiles",
            linkerSettings: [
                .linkedLibrary(":libpng16.a"), .linkedLibrary(":libjpeg.a"), .linkedLibrary("z"), .linkedLibrary("m"),
            ]
        ),
        room(
            "ImageDecoding",
            ["CImageFiles", "CloudEvents", "JSON", "OpenInference", "Tensors"],
            exclude: ["CImageFiles"]
        ),

        // Numbers.
        .target(name: "CKernels", path: "Sources/LinearAlgebra/CKernels"),
        .systemLibrary(
            name: "COpenBLAS",
            path: "Sources/LinearAlgebra/COpenBLAS",
            providers: [.apt(["libopenblas-pthread-dev"])]
        ),
        room(
            "LinearAlgebra",
            ["Tensors", "CKernels", "COpenBLAS"],
            exclude: ["CKernels", "COpenBLAS"],
            linkerSettings: [
                .linkedLibrary(":libopenblas.a"), .linkedLibrary("m"),
            ]
        ),
        room("Statistics"),
        .target(name: "CLayerKernels", dependencies: ["CKernels"], path: "Sources/NeuralNetworks/CLayerKernels"),
        room(
            "NeuralNetworks",
            ["JSON", "Tensors", "LinearAlgebra", "CKernels", "CLayerKernels", "Statistics"],
            exclude: ["CLayerKernels"]
        ),

        // Models.
        room("Prediction", ["Tensors", "TOML"]),
        room("NativeModels", ["Prediction", "NeuralNetworks", "Tensors", "LinearAlgebra", "Statistics", "TOML"]),
        .target(name: "CTreeKernels", path: "Sources/TreeModels/CTreeKernels"),
        room("TreeModels", ["CTreeKernels", "Prediction", "Tensors", "JSON", "TOML"], exclude: ["CTreeKernels"]),
        room("ONNXModels", ["Prediction", "Tensors", "LinearAlgebra", "TOML"]),

        // Methods.
        room(
            "Methods",
            ["JSON", "Tensors", "LinearAlgebra", "Statistics", "NeuralNetworks", "Prediction", "TOML", crypto]
        ),
        room(
            "DriftDetection",
            ["JSON", "Methods", "Prediction", "Tensors", "LinearAlgebra", "Statistics", "NeuralNetworks"]
        ),
        room("OutlierDetection", ["JSON", "Methods", "Prediction", "Tensors"]),
        room("AdversarialDetection", ["JSON", "Methods", "Prediction", "Tensors", "Statistics", "NeuralNetworks"]),
        room("Explanations", ["JSON", "Methods", "Prediction", "Tensors", "TOML"]),
        room("PerformanceMetrics", ["Tensors", "Statistics"]),

        // The way of an event.
        room("Journal"),
        room("HTTPMessages", [nioCore]),
        room("NATSTransport", ["JSON"]),
        room("PayloadPaths", ["OpenInference", "Prediction", "ServiceKit"]),
        room(
            "PayloadCapture",
            [
                "HTTPMessages", "ServiceKit", "CloudEvents", "Journal", "JSON", "OpenInference", "Tensors", "TOML",
                nioCore,
                crypto,
                logging, lifecycle,
            ]
        ),
        room(
            "ServiceKit",
            [
                "HTTPMessages", "NATSTransport", "JSON", "CloudEvents", "Journal", hummingbird, httpClient, nioCore,
                nioPosix, nioHTTP1, nioSSL,
                nioHTTPTypes, httpTypes, configuration, logging, metrics, coreMetrics, lifecycle, unixSignals, crypto,
            ]
        ),
        room("IdentityTokens", ["ServiceKit", "Journal", "CloudEvents", "JSON", jwt, logging]),
        room(
            "GRPC",
            [
                "HTTPMessages", "ServiceKit", "CloudEvents", "JSON", "OpenInference", httpTypes, nioCore, nioPosix,
                nioHTTP2, nioHPACK, logging, lifecycle,
            ]
        ),
        room(
            "Monitoring",
            [
                "JSON", "CloudEvents", "OpenInference", "ImageDecoding", "Tensors", "Statistics", "Methods",
                "Prediction",
                crypto,
            ]
        ),
        room(
            "MonitorHosting",
            [
                "Monitoring", "Methods", "ServiceKit", "Journal", "JSON", "CloudEvents", "OpenInference",
                "PayloadPaths", "Prediction", "Tensors", crypto, hummingbird, httpClient, httpTypes, nioCore, nioHTTP1,
                logging,
                lifecycle,
            ]
        ),
        room(
            "RemoteModels",
            [
                "Prediction", "Tensors", "JSON", "CloudEvents", "OpenInference", "PayloadPaths", "ServiceKit",
                httpClient, nioCore, nioHTTP1, nioPosix,
            ]
        ),
        room("ModelHosting", ["Prediction", "NativeModels", "TreeModels", "ONNXModels", "RemoteModels", "ServiceKit"]),
        .target(name: "CSMTP", path: "Sources/SMTP/CSMTP"),
        room("SMTP", ["CSMTP", "CloudEvents"], exclude: ["CSMTP"]),
        .systemLibrary(name: "CZstd", path: "Sources/EventStore/CZstd", providers: [.apt(["libzstd-dev"])]),
        room(
            "EventStore",
            ["JSON", "CloudEvents", "CZstd", crypto],
            exclude: ["CZstd"],
            linkerSettings: [.linkedLibrary(":libzstd.a")]
        ),
        room("SQLiteEventStore", ["EventStore", "JSON", "CloudEvents", crypto, grdb]),
        room("PostgreSQLEventStore", ["EventStore", "JSON", "CloudEvents"]),
        room(
            "Dashboard",
            ["EventStore", "JSON", "CloudEvents", "OpenInference", "ImageDecoding", "Tensors", mustache],
            resources: [.embedInCode("Pages")]
        ),

        // Services.
        room(
            "PayloadTapService",
            [
                "HTTPMessages", "PayloadCapture", "PayloadPaths", "ServiceKit", "CloudEvents", "Journal", "JSON",
                hummingbird, nioCore, nioPosix, nioTLS, nioSSL, logging, lifecycle,
            ]
        ),
        room(
            "ModelServerService",
            [
                "PayloadCapture", "HTTPMessages", "ServiceKit", "GRPC", "CloudEvents", "JSON", "OpenInference",
                "Prediction", "ModelHosting", "Tensors", "Journal", "TOML", hummingbird, httpTypes, nioCore, nioPosix,
                crypto, logging, lifecycle,
            ]
        ),
        room(
            "RequestLoggerService",
            [
                "ServiceKit", "CloudEvents", "Journal", "JSON", "OpenInference", "PayloadPaths", "ImageDecoding",
                "Tensors", "EventStore", "SQLiteEventStore", "PostgreSQLEventStore", "Dashboard", "SMTP",
                "IdentityTokens", hummingbird,
                httpClient, httpTypes, nioCore, nioHTTP1, nioPosix, crypto, logging, lifecycle, yaml,
            ]
        ),
        room(
            "DriftDetectorService",
            [
                "MonitorHosting", "Monitoring", "DriftDetection", "Prediction", "NativeModels", "TreeModels",
                "ServiceKit", lifecycle,
            ]
        ),
        room(
            "OutlierDetectorService",
            [
                "MonitorHosting", "Monitoring", "OutlierDetection", "Prediction", "NativeModels", "TreeModels",
                "ServiceKit", lifecycle,
            ]
        ),
        room(
            "AdversarialDetectorService",
            [
                "MonitorHosting", "ModelHosting", "Monitoring", "AdversarialDetection", "ServiceKit", lifecycle,
            ]
        ),
        room(
            "ExplainerService",
            [
                "MonitorHosting", "Monitoring", "Explanations", "ServiceKit", "CloudEvents", "JSON", "OpenInference",
                "ImageDecoding",
                "Journal", "Prediction", "ModelHosting", "Tensors", "Methods", hummingbird, httpTypes, nioCore, logging,
                lifecycle,
            ]
        ),
        room(
            "VedetteCommands",
            [
                "JSON", "CloudEvents", "OpenInference", "Tensors", "Statistics", "NeuralNetworks", "Prediction",
                "NativeModels", "TreeModels", "ONNXModels", "RemoteModels", "Methods", "DriftDetection",
                "OutlierDetection",
                "AdversarialDetection", "Explanations", "Journal", "PerformanceMetrics", "Monitoring", "ServiceKit",
                "TOML", arguments, httpClient, nioCore, nioHTTP1, nioSSL,
                unixSignals,
                yaml, logging,
            ],
            resources: [.copy("DemoData")]
        ),

        // Executables.
        executable("model-server", "ModelServerService"),
        executable("payload-tap", "PayloadTapService"),
        executable("request-logger", "RequestLoggerService"),
        executable("drift-detector", "DriftDetectorService"),
        executable("outlier-detector", "OutlierDetectorService"),
        executable("adversarial-detector", "AdversarialDetectorService"),
        executable("explainer", "ExplainerService"),
        executable("vedette", "VedetteCommands"),
        .executableTarget(
            name: "vedette-bench",
            dependencies: [
                "CloudEvents", "JSON", "Journal", "OpenInference", "Tensors", "LinearAlgebra", "CKernels", "Statistics",
                "NeuralNetworks", "CLayerKernels", "NativeModels", "Prediction", "TreeModels", "Methods",
                "DriftDetection",
            ],
            swiftSettings: strict
        ),

        // Tests.
        room("TestSupport", ["Tensors", "JSON"]),
        tests("JSON"),
        tests("TOML", ["JSON"], exclude: ["References"]),
        tests("CloudEvents", ["JSON"]),
        tests("Tensors", ["JSON"], exclude: ["References"]),
        tests("OpenInference", ["JSON", "CloudEvents", "Tensors"], exclude: ["References"]),
        tests("ImageDecoding", ["CloudEvents", "JSON", "OpenInference", "Tensors"], exclude: ["References"]),
        tests("LinearAlgebra", ["CKernels", "Tensors", "Statistics", "JSON"], exclude: ["References"]),
        tests("Statistics", ["JSON"], exclude: ["References"]),
        .target(name: "CAllocationCount", path: "Tests/AllocationCount"),
        .executableTarget(
            name: "training-probe",
            dependencies: ["CAllocationCount", "NeuralNetworks", "Statistics", "Tensors"],
            path: "Tests/TrainingProbe",
            swiftSettings: strict
        ),
        tests(
            "NeuralNetworks",
            ["training-probe", "Tensors", "Statistics", "LinearAlgebra", "JSON"],
            exclude: ["References"]
        ),
        tests("Prediction", ["Tensors", "TOML"]),
        .executableTarget(
            name: "allocation-probe",
            dependencies: [
                "NativeModels", "NeuralNetworks", "Prediction", "Statistics", "Tensors", "CAllocationCount",
            ],
            path: "Tests/AllocationProbe",
            swiftSettings: strict
        ),
        tests("NativeModels", ["allocation-probe", "Prediction", "NeuralNetworks", "Tensors", "Statistics"]),
        tests(
            "TreeModels",
            ["CTreeKernels", "Prediction", "Tensors", "JSON", "model-server", httpClient, nioCore, nioHTTP1],
            exclude: ["References"]
        ),
        tests("ONNXModels", ["Prediction", "Tensors", "Statistics", "JSON"], exclude: ["References"]),
        tests("Methods", ["Tensors", "Statistics", "Prediction", "NeuralNetworks", "JSON"], exclude: ["References"]),
        tests(
            "DriftDetection",
            ["Methods", "Tensors", "LinearAlgebra", "Statistics", "JSON"],
            exclude: ["References"]
        ),
        tests("OutlierDetection", ["Methods", "Tensors", "Statistics", "NeuralNetworks"]),
        tests(
            "AdversarialDetection",
            ["Methods", "Tensors", "Statistics", "NeuralNetworks", "Prediction", "NativeModels"]
        ),
        tests(
            "Explanations",
            ["JSON", "Methods", "Tensors", "Statistics", "NeuralNetworks", "Prediction", "NativeModels"],
            exclude: ["References"]
        ),
        tests("PerformanceMetrics", ["Tensors", "Statistics", "JSON"], exclude: ["References"]),
        .executableTarget(
            name: "journal-probe",
            dependencies: ["Journal"],
            path: "Tests/JournalProbe",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "sidecar-probe",
            dependencies: ["ServiceKit", "CloudEvents", "Journal", "JSON", hummingbird],
            path: "Tests/SidecarProbe",
            swiftSettings: strict
        ),
        tests("Journal", ["journal-probe"]),
        tests(
            "ServiceKit",
            [
                "sidecar-probe", "NATSTransport", "JSON", "CloudEvents", "Journal", nioCore, nioPosix, nioHTTP1,
                hummingbird, httpClient, httpTypes, crypto,
                logging, lifecycle,
            ]
        ),
        tests(
            "Monitoring",
            [
                "JSON", "CloudEvents", "OpenInference", "Tensors", "Statistics", "Methods", "DriftDetection",
                "OutlierDetection",
            ]
        ),
        tests(
            "MonitorHosting",
            [
                "drift-detector", "outlier-detector", "adversarial-detector", "request-logger", "model-server",
                "payload-tap", "explainer", "vedette", "JSON",
                "CloudEvents", "OpenInference",
                "Tensors", "Statistics", "Methods", "Monitoring", "DriftDetection", "OutlierDetection",
                "AdversarialDetection", "NativeModels", "NeuralNetworks", "Prediction", "ServiceKit", httpClient,
                crypto, nioCore, nioPosix, nioHTTP1, httpTypes, logging, lifecycle,
            ]
        ),
        tests(
            "RemoteModels",
            [
                "Prediction", "Tensors", "JSON", "OpenInference", "ServiceKit", httpClient, httpTypes, nioCore,
                nioPosix,
                logging, lifecycle,
            ]
        ),
        tests("EventStore", ["SQLiteEventStore", "PostgreSQLEventStore", "JSON", "CloudEvents", crypto, grdb]),
        tests("SMTP", ["CloudEvents"]),
        tests(
            "IdentityTokens",
            ["ServiceKit", "CloudEvents", "JSON", nioPosix, httpClient, logging],
            exclude: ["References"]
        ),
        tests("Dashboard", ["EventStore", "JSON", "CloudEvents"]),
        tests("HTTPMessages", ["JSON", nioCore], exclude: ["HTTP2/References"]),
        tests(
            "GRPC",
            [
                "HTTPMessages", "OpenInference", "ServiceKit", httpClient, httpTypes, nioCore, nioPosix, nioHTTP2,
                nioHPACK, logging, lifecycle,
            ]
        ),
        tests(
            "PayloadCapture",
            [
                "HTTPMessages", "CloudEvents", "JSON", "Journal", "OpenInference", "ServiceKit", "Tensors", nioCore,
                logging,
            ],
            exclude: ["References"]
        ),
        tests(
            "PayloadTapService",
            [
                "payload-tap", "HTTPMessages", "PayloadCapture", "ServiceKit", "CloudEvents", "JSON", "Journal",
                nioCore, nioPosix, nioHTTP1, nioEmbedded, httpClient, logging,
            ]
        ),
        tests(
            "ModelServerService",
            [
                "model-server", "ONNXModels", "RemoteModels", httpClient, "ServiceKit", "CloudEvents", "JSON",
                "OpenInference", "Tensors", "NativeModels",
                "NeuralNetworks", "Prediction", "Statistics", "HTTPMessages", "PayloadCapture", httpTypes, nioCore,
                nioPosix, logging,
            ],
            exclude: ["References"]
        ),
        tests(
            "RequestLoggerService",
            [
                "ServiceKit", "CloudEvents", "JSON", "EventStore", "request-logger", grdb, httpClient, httpTypes,
                nioCore,
                nioHTTP1, nioPosix, logging, lifecycle,
            ]
        ),
        tests(
            "ExplainerService",
            [
                "explainer", "JSON", "OpenInference", "Tensors", "Statistics", "NativeModels", "NeuralNetworks",
                "Prediction", httpClient, nioCore, nioHTTP1,
            ]
        ),
        tests(
            "VedetteCommands",
            [
                "vedette", "request-logger", "JSON", "TOML", "Tensors", "CloudEvents", "Methods", "NativeModels",
                "NeuralNetworks", "Statistics", arguments, unixSignals,
            ],
            exclude: ["AlibiDetect", "References"]
        ),
    ]
)
