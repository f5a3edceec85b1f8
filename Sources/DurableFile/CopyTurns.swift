import Synchronization

/// Lets one copy at a time be made and read.
final class CopyTurns: Sendable {
    private let isTaken = Mutex(false)

    /// The turn, which ends with the last reference to it; nil while somebody else has it.
    func take() -> Turn? {
        isTaken.withLock { isTaken in
            if isTaken { return nil }
            isTaken = true
            return Turn(turns: self)
        }
    }

    final class Turn: Sendable {
        private let turns: CopyTurns

        fileprivate init(turns: CopyTurns) {
            self.turns = turns
        }

        deinit { turns.isTaken.withLock { $0 = false } }
    }
}
