/// The page for what is not there or went wrong.
package struct ProblemView: Sendable {
    let title: String
    let heading: String
    let text: String

    package init(heading: String, text: String) {
        title = heading
        self.heading = heading
        self.text = text
    }
}

extension Dashboard {
    package func page(_ view: ProblemView) -> String { render(view, with: "problem") }
}
