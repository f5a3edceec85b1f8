import Dispatch
import Marketplace
import Synchronization

/// A catalog that is read from a data file.
///
/// One thread reads the rows and turns them into facts, another puts those into the catalog: each
/// takes a good part of the time, and with millions of facts a start is mostly that.
final class CatalogLoading: Sendable {
    private let catalog: Mutex<Catalog>
    private let putting = DispatchQueue(label: "CatalogLoading")
    /// Bounds what is read and not yet put.
    private let room = DispatchSemaphore(value: StoreLimits.partsInMemory)

    init(_ revision: CatalogRevision) {
        var catalog = Catalog()
        catalog.revision = revision
        self.catalog = Mutex(catalog)
    }

    /// The whole, once all is put.
    func finish() -> Catalog {
        putting.sync {}
        return catalog.withLock(\.self)
    }

    /// Puts facts into the catalog, on the other thread.
    func put(_ facts: [CatalogFact]) {
        room.wait()
        putting.async { [self] in
            catalog.withLock { catalog in
                for fact in facts { catalog.put(fact) }
            }
            room.signal()
        }
    }
}
