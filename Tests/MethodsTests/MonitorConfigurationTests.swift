import Methods
import Testing

@Suite struct `Monitor configuration` {
    static let complete = """
        name = "WindowMean"
        x_ref = "x_ref.npy"
        p_val = 0.01
        seed = 7

        [preprocess]
        method = "pca"
        n_components = 3

        [split]
        features = 0.3
        calibration = 0.2
        reference = 0.5

        [monitor]
        namespace = "vision"
        model = "digits"
        version = "2"
        endpoint = "default"
        component = "transformer"
        event = "exchange"
        input = "image"
        output = "probabilities"
        columns = ["a", "b"]
        window = { size = 200, every = 100, at_most = "5m", min_size = 50, lateness = "10s" }
        join_within = "90s"
        accept_versions = ["1", "2"]

        [alert]
        budget = "2 per 7d"
        min_effect = 0.1
        owner = "vision-team"
        runbook_url = "https://example.org/runbook"
        max_silence = "10m"
        """

    static func parse(_ text: String) throws -> MonitorConfiguration {
        try MonitorConfiguration(parsing: text, catalog: RowMeanFactory.catalog)
    }

    @Test func `reads every key`() throws {
        let configuration = try Self.parse(Self.complete)
        #expect(configuration.method == "WindowMean")
        #expect(configuration.parameters.number("p_val") == 0.01)
        #expect(configuration.seed == 7)
        #expect(configuration.preprocess.method == .pca)
        #expect(configuration.preprocess.parameters.integer("n_components") == 3)
        #expect(configuration.split == .disjoint(features: 0.3, calibration: 0.2, reference: 0.5))
        let monitor = try #require(configuration.monitor)
        #expect(monitor.namespace == "vision" && monitor.model == "digits" && monitor.version == "2")
        #expect(monitor.endpoint == "default" && monitor.component == "transformer" && monitor.event == .exchange)
        #expect(monitor.input == "image" && monitor.output == "probabilities" && monitor.columns == ["a", "b"])
        #expect(
            monitor.window
                == WindowConfiguration(
                    size: 200,
                    every: 100,
                    atMost: .seconds(300),
                    minSize: 50,
                    lateness: .seconds(10)
                )
        )
        #expect(monitor.joinWithin == .seconds(90) && monitor.acceptVersions == ["1", "2"])
        #expect(configuration.alert.budget == AlarmBudget(count: 2, period: .seconds(7 * 86_400)))
        #expect(configuration.alert.minEffect == 0.1 && configuration.alert.owner == "vision-team")
        #expect(configuration.alert.runbookURL == "https://example.org/runbook")
        #expect(configuration.alert.maxSilence == .after(.seconds(600)))
    }

    @Test func `fills in what is not said`() throws {
        let configuration = try Self.parse("name = \"WindowMean\"\n[monitor]\nmodel = \"digits\"")
        #expect(configuration.parameters.number("p_val") == 0.05)
        #expect(configuration.preprocess.method == .none)
        #expect(configuration.split == .disjoint(features: 0.3, calibration: 0.2, reference: 0.5))
        #expect(configuration.alert.budget == .standard)
        let monitor = try #require(configuration.monitor)
        #expect(monitor.namespace == "default" && monitor.component == "predictor" && monitor.version == nil)
        #expect(monitor.window == WindowConfiguration(size: 200, every: 200, minSize: 100))
        #expect(monitor.joinWithin == .seconds(60))
    }

    static let events: [(preprocess: String, keys: String, expected: MonitorSelection.Event)] = [
        ("none", "", .request),
        ("none", "input = \"x\"", .request),
        ("none", "input = \"x\"\noutput = \"y\"", .exchange),
        ("none", "output = \"y\"", .exchange),
        ("model-output", "", .response),
        ("model-output", "output = \"y\"", .response),
        ("model-output", "input = \"x\"", .exchange),
    ]

    @Test(arguments: events)
    func `what starts a monitor follows from what it reads`(
        preprocess: String,
        keys: String,
        expected: MonitorSelection.Event
    ) throws {
        let text = "name = \"WindowMean\"\n[preprocess]\nmethod = \"\(preprocess)\"\n[monitor]\nmodel = \"m\"\n\(keys)"
        #expect(try Self.parse(text).monitor?.event == expected)
    }

    static let unknownKeys: [(text: String, key: String, known: String)] = [
        ("name = \"WindowMean\"\nthreshold = 1", "threshold", "p_val"),
        ("name = \"WindowMean\"\n[preprocess]\nmethod = \"pca\"\nlayer = \"x\"", "layer", "n_components"),
        ("name = \"WindowMean\"\n[split]\ntest = 0.1", "test", "calibration"),
        ("name = \"WindowMean\"\n[monitor]\nmodel = \"m\"\nmodell = \"n\"", "modell", "accept_versions"),
        ("name = \"WindowMean\"\n[monitor]\nmodel = \"m\"\nwindow = { length = 3 }", "length", "min_size"),
        ("name = \"WindowMean\"\n[alert]\nbudgets = \"1 per 1d\"", "budgets", "budget"),
    ]

    @Test(arguments: unknownKeys)
    func `an unknown key is an error that lists the known ones`(text: String, key: String, known: String) throws {
        let error = try #require(throws: MethodError.self) { try Self.parse(text) }
        #expect(error.code == .unknownKey)
        #expect(error.message.contains(key))
        #expect(error.remedy.contains(known))
    }

    static let wrongValues: [(text: String, key: String)] = [
        ("name = \"WindowMean\"\np_val = 1.5", "p_val"),
        ("name = \"WindowMean\"\np_val = \"small\"", "p_val"),
        ("name = \"WindowMean\"\nx_ref = \"../../etc/passwd\"", "x_ref"),
        ("name = \"WindowMean\"\nseed = -1", "seed"),
        ("name = \"WindowMean\"\nsplit = \"some\"", "split"),
        ("name = \"WindowMean\"\n[split]\nfeatures = 0.6\nreference = 0.6", "split"),
        ("name = \"WindowMean\"\n[preprocess]\nmethod = \"umap\"", "method"),
        ("name = \"WindowMean\"\n[monitor]\nwindow = { size = 10 }", "model"),
        ("name = \"WindowMean\"\n[monitor]\nmodel = \"m\"\nwindow = { size = 10, every = 20 }", "every"),
        ("name = \"WindowMean\"\n[monitor]\nmodel = \"m\"\nwindow = { at_most = \"soon\" }", "at_most"),
        ("name = \"WindowMean\"\n[monitor]\nmodel = \"m\"\nevent = \"response\"", "event"),
        ("name = \"WindowMean\"\n[alert]\nbudget = \"one a month\"", "budget"),
        ("name = \"WindowMean\"\n[alert]\nmax_silence = \"long\"", "max_silence"),
        ("name = \"WindowMean\"\n[alert]\nmin_effect = -1", "min_effect"),
    ]

    @Test(arguments: wrongValues)
    func `a value that cannot be meant is an error that names its key`(text: String, key: String) throws {
        let error = try #require(throws: MethodError.self) { try Self.parse(text) }
        #expect(error.code == .invalidConfiguration)
        #expect(error.description.contains(key))
    }

    @Test func `an unknown method is an error that lists the methods`() throws {
        let error = try #require(throws: MethodError.self) { try Self.parse("name = \"CVMDrift\"") }
        #expect(error.code == .unknownMethod)
        #expect(error.remedy.contains("RowMean") && error.remedy.contains("WindowMean"))
    }

    @Test func `text that is not TOML is an error with its place`() throws {
        let error = try #require(throws: MethodError.self) { try Self.parse("name = \"WindowMean\"\np_val == 3") }
        #expect(error.code == .invalidConfiguration)
        #expect(error.message.contains("line 2"))
    }

    @Test func `alibi-detect's text None counts as absent`() throws {
        let text = "name = \"WindowMean\"\nbackend = \"None\"\ninput_shape = \"None\"\np_val = \"None\""
        #expect(try Self.parse(text).parameters.number("p_val") == 0.05)
    }

    @Test func `only what decides verdicts is in the canonical spelling`() throws {
        let original = try Self.parse(Self.complete).canonical
        func replaced(_ old: String, _ new: String) throws -> Bool {
            let text = Self.complete.replacing(old, with: new)
            #expect(text != Self.complete)
            return try Self.parse(text).canonical == original
        }
        #expect(try replaced("vision-team", "data-team"))
        #expect(try replaced("https://example.org/runbook", "https://example.org/other"))
        #expect(try replaced("p_val = 0.01", "p_val = 0.01  # one in a hundred"))
        #expect(try !replaced("p_val = 0.01", "p_val = 0.02"))
        #expect(try !replaced("seed = 7", "seed = 8"))
        #expect(try !replaced("n_components = 3", "n_components = 4"))
        #expect(try !replaced("size = 200", "size = 300"))
        #expect(try !replaced("2 per 7d", "1 per 7d"))
        #expect(try !replaced("reference = 0.5", "reference = 0.4"))
    }
}

@Suite struct `Alarm budget` {
    @Test(arguments: [("1 per 30d", 1.0, 2_592_000.0), ("0.5 per 1h", 0.5, 3_600), ("3 per 90s", 3, 90)])
    func `reads a count per duration`(text: String, count: Double, seconds: Double) throws {
        let budget = try #require(AlarmBudget(text))
        #expect(budget.count == count)
        #expect(budget.period.inSeconds == seconds)
    }

    @Test(arguments: ["", "1", "1 per", "1 in 30d", "0 per 30d", "-1 per 30d", "1 per 0s", "inf per 1d", "1 per day"])
    func `refuses anything else`(text: String) {
        #expect(AlarmBudget(text) == nil)
    }

    @Test func `levels of a period's looks add up to the count`() throws {
        let budget = try #require(AlarmBudget("2 per 10h"))
        let levels = (0..<120).map { _ in budget.level(after: .seconds(300)) }
        #expect(abs(levels.reduce(0, +) - 2) < 1e-12)  // rounding of 120 sums
        #expect(budget.level(after: .seconds(10 * 86_400)) == 1)
        #expect(budget.level(after: .seconds(-5)) == 0)
    }
}
