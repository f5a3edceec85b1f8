package import Marketplace
package import MeteringAPI
import ServiceLifecycle
import Synchronization
package import Waiting

/// Lets requests meet the faults of a plan.
package final class FaultInjector: Sendable {
    private let state = Mutex(FaultState(FaultPlan()))
    /// Asked for each request, without a lock.
    private let active = Atomic(false)
    private let sleep: @Sendable (Duration) async -> Void
    /// Rings when there is another plan.
    private let plans = Bell()

    /// Waits end early when the server stops.
    package init(
        sleep: @escaping @Sendable (Duration) async -> Void = { duration in
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: duration) }
        }
    ) {
        self.sleep = sleep
    }

    package var isActive: Bool { active.load(ordering: .relaxed) }

    /// The plan and what has fired of it.
    package var current: FaultState { state.withLock { $0 } }

    /// Replaces the plan, and lets go of what the old one holds back.
    package func set(_ plan: FaultPlan) {
        change { $0 = plan }
    }

    /// Changes the plan, of which all begins to count anew; changes at once come one by one.
    @discardableResult
    package func change(_ body: (inout FaultPlan) -> Void) -> FaultState {
        let changed = state.withLock { state in
            var plan = state.plan
            body(&plan)
            state = FaultState(plan)
            // Within the lock, so that the last plan is the one that this tells of.
            active.store(!plan.isEmpty, ordering: .relaxed)
            return state
        }
        plans.announce()
        return changed
    }

    /// By how many seconds the server's clock seems to be off, for a caller that is only named yet.
    package func clockSkew(_ call: FaultCall) -> (seconds: Int64, notes: [String]) {
        let firings = state.withLock { $0.fire(on: call, skewsClock: true) }
        var seconds: Int64 = 0
        for case .clockSkew(let more) in firings.map(\.effect) {
            seconds = seconds.addingReportingOverflow(more).partialValue
        }
        return (seconds, firings.map(\.note))
    }

    /// What a request gets instead of what it asked for, with what the explanation says.
    package enum Instead: Sendable {
        case refusal(Refusal)
        /// Nothing: the connection is cut.
        case silence(String)
        /// A text that is no JSON.
        case noJSON(String)
        /// A page of a proxy that has no server behind it.
        case proxyPage(String)
    }

    /// What happens to a request.
    package struct Verdict: Sendable {
        /// Answered instead of doing anything; nil lets the work be done.
        package fileprivate(set) var answer: Instead?
        /// Records that are left out, and come back unprocessed.
        package fileprivate(set) var unprocessed: Set<Int> = []
        /// Whether the connection is cut instead of answering.
        package fileprivate(set) var isCut = false
        package fileprivate(set) var notes: [String] = []
        /// For how long the request is kept before anything else, time after time.
        package fileprivate(set) var delays: [Delay] = []
        /// Which plan it was.
        fileprivate var rings = 0
    }

    /// A time for which a request is kept.
    package enum Delay: Sendable {
        case latency(Duration)
        /// Nothing is answered after it, so it ends when the client has gone.
        case stall
    }

    /// Fires the rules that a request meets.
    package func judge(_ call: FaultCall, real: Timestamp) -> Verdict {
        let rings = plans.rings
        let (isOverQuota, firings) = state.withLock { state in
            let isOverQuota = state.exceedsQuota(call, real: real)
            return (isOverQuota, isOverQuota ? [] : state.fire(on: call, skewsClock: false))
        }
        var verdict = Verdict()
        verdict.rings = rings
        if isOverQuota {
            verdict.answer = .refusal(
                Refusal(
                    .throttling, .fault,
                    "the account is over AWS's quota of requests a second for the operation"))
        }
        for firing in firings {
            switch firing.effect {
            case .latency(let milliseconds):
                verdict.delays.append(.latency(.milliseconds(milliseconds)))
            case .stall where verdict.answer == nil: verdict.delays.append(.stall)
            default: break
            }
            if verdict.answer == nil { verdict.answer = Self.answer(to: firing) }
        }
        // Where nothing is done, nothing else can become of it.
        if verdict.answer == nil {
            for firing in firings {
                if case .unprocessed = firing.effect {
                    verdict.unprocessed.formUnion(firing.records)
                }
            }
            verdict.isCut = firings.contains { $0.effect == .cutAfterCommit }
        } else {
            if case .silence = verdict.answer { verdict.isCut = true }
        }
        verdict.notes = firings.filter { verdict.answer == nil || !$0.effect.wantsWork }.map(\.note)
        return verdict
    }

    /// Keeps a request as long as a verdict wants, but no longer than the plan holds, and a stalled
    /// one only as long as its client is there.
    package func delay(_ verdict: Verdict, departure: Bell?) async {
        for delay in verdict.delays {
            switch delay {
            case .latency(let duration):
                await wait(duration, past: verdict.rings, departure: nil)
            case .stall: await wait(HostLimits.stall, past: verdict.rings, departure: departure)
            }
        }
    }

    private func wait(_ duration: Duration, past rings: Int, departure: Bell?) async {
        await withTaskGroup { group in
            group.addTask { await self.sleep(duration) }
            group.addTask { await self.plans.wait(past: rings) }
            if let departure { group.addTask { await departure.wait(past: 0) } }
            await group.next()
            group.cancelAll()
        }
    }

    /// What is answered instead of doing anything; nil where the work is done.
    private static func answer(to firing: FaultState.Firing) -> Instead? {
        switch firing.effect {
        case .error(let exception): .refusal(Refusal(exception, .fault, firing.note))
        case .stall, .cutBeforeWork: .silence(firing.note)
        case .noJSON: .noJSON(firing.note)
        case .proxyError: .proxyPage(firing.note)
        case .latency, .cutAfterCommit, .unprocessed, .clockSkew: nil
        }
    }
}

extension FaultState.Firing {
    /// What the explanation says.
    package var note: String { "fault \(index + 1) of the plan: \(effect.sentence)" }
}

extension FaultRule.Effect {
    /// Whether it only means something where the work is done.
    fileprivate var wantsWork: Bool { self == .cutAfterCommit || self == .unprocessed }

    fileprivate var sentence: String {
        switch self {
        case .error(let exception): "answered \(exception.name)"
        case .latency(let milliseconds): "waited for \(milliseconds) ms"
        case .stall: "never answered"
        case .cutBeforeWork: "the connection was cut before anything was done"
        case .cutAfterCommit: "the connection was cut after all was done"
        case .unprocessed: "records were left unprocessed"
        case .noJSON: "answered HTTP 500 without JSON"
        case .proxyError: "answered HTTP 503 as a proxy"
        case .clockSkew(let seconds): "the server's clock seemed \(seconds) s ahead"
        }
    }
}
