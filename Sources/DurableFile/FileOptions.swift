/// What can be chosen when a durable file is opened.
package struct FileOptions: Sendable {
    package var limits = QueueLimits()
    /// Called on the writer's queue before it takes the next calls: only for tests, which hold the
    /// writer with it to fill the queue.
    package var beforeEachGroup: (@Sendable () -> Void)?
    /// Called with a sentence for the log when opening a file takes longer than people expect.
    package var notify: @Sendable (String) -> Void = { _ in }

    package init() {}
}
