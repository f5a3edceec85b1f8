import NIOCore

/// Runs tasks on an event loop.
///
/// Requests are answered on the thread of their connection by it. Each step from socket to answer
/// would otherwise cross to Swift's shared threads and back, which costs more than most of the
/// steps. What would hold the other connections up (disk, RSA keys) is done elsewhere.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
