import Testing

/// What a rule has to say about one line: what is wrong, and the way out.
struct Finding: Equatable {
    /// The line's number, from 1.
    var line: Int
    var message: String
}

/// Records each finding as a failure of the running test, in the form that editors can jump to.
func report(
    _ findings: [Finding], in path: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    for finding in findings {
        Issue.record(
            "\(path):\(finding.line): \(finding.message)", sourceLocation: sourceLocation)
    }
}
