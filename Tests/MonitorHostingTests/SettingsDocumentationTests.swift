import Foundation
import MonitorHosting
import ServiceKit
import Testing

@Suite struct `The pages of the detectors` {
    @Test(arguments: ["drift", "outlier", "adversarial"])
    func `list the settings as the code has them`(kind: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/\(kind)-detector.md"), encoding: .utf8)
        for setting in DetectorSettings.keys {
            let cell = setting.defaultText.isEmpty ? " " : " \(setting.defaultText) "
            let line = "| `\(setting.name)` |\(cell)| \(setting.meaning) |"
            #expect(page.contains(line), "\(line)")
        }
    }
}
