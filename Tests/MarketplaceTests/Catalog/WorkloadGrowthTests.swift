import Foundation
import Marketplace
import MeteringAPI
import Testing

@Suite("Many workloads", .serialized)
struct WorkloadGrowthTests {
    private static let noon = SampleMarketplace.now.hour.start

    private static func task(_ number: Int) -> RegisteredWorkload {
        RegisteredWorkload(
            productCode: "container", accountID: SampleMarketplace.buyer,
            resourceID: "task-\(number)", region: "us-east-1")
    }

    private static func catalog(_ workloads: Int) -> Catalog {
        var edit = CatalogEdit(catalog: SampleMarketplace().catalog, now: noon, realNow: noon)
        for number in 0..<workloads { edit.start(task(number), isFree: false) }
        _ = edit.settle()
        return edit.catalog
    }

    /// The processor's time that work takes on its thread, in milliseconds.
    ///
    /// What other tests do meanwhile does not count; it is the shortest of three, because what else
    /// happens only adds to it.
    private static func cost(_ work: () -> Void) -> Double {
        (0..<3).map { _ in
            let start = processorTime()
            work()
            return processorTime() - start
        }.min() ?? 0
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
    }

    /// A hundred registrations, each an edit of its own beside a catalog that others read.
    private static func register(in catalog: Catalog) {
        var current = catalog
        for number in 0..<100 {
            var edit = CatalogEdit(catalog: current, now: noon, realNow: noon)
            _ = edit.settle()
            edit.start(task(1_000_000 + number), isFree: false)
            _ = edit.settle()
            current = edit.catalog
            #expect(current.nextMoment != nil)
        }
    }

    private static func forgetAll(in catalog: Catalog) {
        var edit = CatalogEdit(catalog: catalog, now: noon, realNow: noon)
        for workload in catalog.registeredWorkloads {
            edit.remove(CatalogFact.registeredWorkload(workload).key)
        }
        #expect(edit.catalog.registeredWorkloads.isEmpty)
    }

    @Test("Registering beside sixteen times as many costs about the same")
    func registering() {
        let (few, many) = (Self.catalog(500), Self.catalog(8000))
        let ratio = Self.cost { Self.register(in: many) } / Self.cost { Self.register(in: few) }
        #expect(ratio < 4, "16 where each edit walks all of them")
    }

    @Test("Forgetting eight times as many costs about eight times as much")
    func forgetting() {
        let (few, many) = (Self.catalog(500), Self.catalog(4000))
        let ratio = Self.cost { Self.forgetAll(in: many) } / Self.cost { Self.forgetAll(in: few) }
        #expect(ratio < 24, "64 where each is looked for among all of them")
    }
}
