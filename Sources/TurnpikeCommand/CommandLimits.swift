import NIOCore

/// Every bound of the command line, as a client.
enum CommandLimits {
    /// How long a server may take until it sends a backup: it copies its file before.
    static let backupPreparation = Duration.seconds(3600)
    /// Bytes of a refusal to send a backup that are read.
    static let refusalBytes = 65_536
    /// Seconds by which `turnpike clock` moves at most: the calendar has no more.
    static let clockSeconds: Int64 = 10_000 * 366 * 86_400
    /// Milliseconds between two looks at the clock for a program that `clock run` has started.
    static let clockPollMilliseconds = 100
    /// Megabytes of an answer of the control API: a part of a list takes less.
    static let answerMegabytes = 64
    /// How long a move of the clock may take: past a million moments it takes a minute or more.
    static let clockMove = Duration.seconds(600)
    /// How long a stream of events may be silent: the server says every 15 seconds that it lives.
    static let streamSilence = TimeAmount.seconds(45)
    /// Bytes of an event in a stream.
    static let eventBytes = 16 * 1_048_576
    /// Seconds that a step of a scenario may last: ten years.
    static let scenarioSeconds: Int64 = 10 * 366 * 86_400
    /// Bytes of a seller's site's answer that are read.
    static let siteAnswerBytes = 1_048_576
    /// Redirects of a seller's site that are followed, to show where a browser would end.
    static let siteRedirects = 5
    /// Seconds for a post to a seller's site and its redirects.
    static let siteSeconds = 10
    /// Milliseconds between two looks for the seller's ResolveCustomer.
    static let resolutionPollMilliseconds = 250
    /// How long `turnpike trail --follow` waits where nothing new has come.
    static let trailPause = Duration.milliseconds(500)
}
