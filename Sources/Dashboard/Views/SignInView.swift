/// The page on which people sign in with a token.
package struct SignInView: Sendable {
    let title = "Sign in"
    let next: String
    let problem: String?

    /// - Parameters:
    ///   - next: The path to go on to.
    ///   - problem: Why they were not let in.
    package init(next: String, problem: String?) {
        self.next = next
        self.problem = problem
    }
}

extension Dashboard {
    package func page(_ view: SignInView) -> String { render(view, with: "login") }
}
