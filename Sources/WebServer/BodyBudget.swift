import Synchronization

/// How many bytes of bodies all connections together may hold.
final class BodyBudget: Sendable {
    private let left: Mutex<Int>

    init(bytes: Int) {
        left = Mutex(bytes)
    }

    /// One request's part.
    ///
    /// It is given back by a call: an object may end with its last use, before the answer is out.
    final class Share: Sendable {
        private let budget: BodyBudget
        private let taken = Mutex(0)

        init(of budget: BodyBudget) {
            self.budget = budget
        }

        /// To be called once, when the request has been answered.
        func giveBack() {
            let bytes = taken.withLock { taken in
                defer { taken = 0 }
                return taken
            }
            budget.left.withLock { $0 += bytes }
        }

        /// False when there is no room for so many more.
        func take(_ bytes: Int) -> Bool {
            let fits = budget.left.withLock { left in
                guard left >= bytes else { return false }
                left -= bytes
                return true
            }
            if fits { taken.withLock { $0 += bytes } }
            return fits
        }
    }
}
