import AWSWire
import Marketplace
import MeteringAPI
import Synchronization

/// The text of a part of a list, made piece by piece as the client takes it.
///
/// So what a slow client holds is a piece, and the items that other readers share or that the
/// store bounded.
final class ListText<Item: Sendable>: Sendable {
    typealias Write = @Sendable (inout JSONWriter, Item) -> Void
    typealias Cursor = @Sendable (Item) -> String

    private let page: ReportPage<Item>
    /// What leads on from an item, where the list may end with any.
    private let cursor: Cursor?
    private let write: Write
    private let place = Mutex(Place())

    private struct Place {
        var index = 0
        var bytes = 0
        var isOver = false
    }

    init(_ page: ReportPage<Item>, cursor: Cursor?, _ write: @escaping Write) {
        self.page = page
        self.cursor = cursor
        self.write = write
    }

    var isOver: Bool { place.withLock(\.isOver) }

    /// The next piece; nil behind the last.
    func nextPiece() -> [UInt8]? {
        place.withLock { place in
            if place.isOver { return nil }
            var piece: [UInt8] = place.index == 0 ? Array(#"{"items":["#.utf8) : []
            while !isEnd(place) {
                if piece.count >= ControlLimits.pieceBytes { return piece }
                if place.index > 0 { piece.append(UInt8(ascii: ",")) }
                var writer = JSONWriter()
                writer.object { write(&$0, page.items[place.index]) }
                piece += writer.bytes
                place.index += 1
                place.bytes += writer.bytes.count
            }
            place.isOver = true
            return piece + end(place)
        }
    }

    private func isEnd(_ place: Place) -> Bool {
        place.index == page.items.count
            || cursor != nil && place.index > 0 && place.bytes >= ControlLimits.pageBytes
    }

    private func end(_ place: Place) -> [UInt8] {
        var next = page.nextCursor
        if place.index < page.items.count, let cursor {
            next = cursor(page.items[place.index - 1])
        }
        var writer = JSONWriter()
        if let next { writer.string(next) } else { writer.literal("null") }
        return Array(#"],"nextCursor":"#.utf8) + writer.bytes + [UInt8(ascii: "}")]
    }
}

extension ControlResult {
    /// A part of a list, which is sent in pieces where it is long.
    ///
    /// With `cursor` it ends where it gets long; without, whoever made the page saw to it.
    init<Item, Value>(
        _ page: ReportPage<Item>, cursor: ListText<Item>.Cursor? = nil, _ shape: Shape<Value>,
        shown: @escaping @Sendable (Item) -> Value
    ) {
        let text = ListText(page, cursor: cursor) { shape.write(shown($1), to: &$0) }
        let first = text.nextPiece() ?? []
        guard !text.isOver else {
            self.init(first)
            return
        }
        self.init([])
        let begun = Mutex(false)
        nextPart = {
            let isFirst = begun.withLock { begun in
                defer { begun = true }
                return !begun
            }
            return isFirst ? first : text.nextPiece()
        }
    }

    /// A part of a list of what is shown as it is.
    init<Item>(
        _ page: ReportPage<Item>, cursor: ListText<Item>.Cursor? = nil, _ shape: Shape<Item>
    ) {
        self.init(page, cursor: cursor, shape, shown: { $0 })
    }
}

extension ControlRequest {
    /// The items behind the cursor with the least keys, in the order of these.
    ///
    /// All are looked at and none but these sorted: a list of a million has ten thousand parts.
    private func first<Item>(
        _ count: Int, of items: some Sequence<Item>, key: (Item) -> String
    ) -> [(key: ExactText, item: Item)] {
        let after = query["cursor"].map(ExactText.init)
        var found: [(key: ExactText, item: Item)] = []
        for item in items {
            let key = ExactText(key(item))
            if let after, key <= after { continue }
            if found.count == count, let last = found.last, key >= last.key { continue }
            let place = found.frontCount { $0.key <= key }
            found.insert((key, item), at: place)
            if found.count > count { found.removeLast() }
        }
        return found
    }

    /// The part of a list, sorted by key, that was asked for.
    func list<Item: Sendable, Value>(
        _ items: some Sequence<Item>, key: @escaping @Sendable (Item) -> String,
        _ shape: Shape<Value>,
        shown: @escaping @Sendable (Item) -> Value
    ) -> ControlResult {
        let first = first(limit + 1, of: items, key: key)
        let page = ReportPage(
            items: first.prefix(limit).map(\.item),
            nextCursor: first.count > limit ? first[limit - 1].key.text : nil)
        return ControlResult(page, cursor: key, shape, shown: shown)
    }

    /// The part of a list of what is shown as it is.
    func list<Item: Sendable>(
        _ items: some Sequence<Item>, key: @escaping @Sendable (Item) -> String,
        _ shape: Shape<Item>
    ) -> ControlResult {
        list(items, key: key, shape, shown: { $0 })
    }

    /// Part of a list of the facts that are looked up; `shown` gives nil for those of other kinds,
    /// of which there are none.
    func list<Value: Sendable>(
        _ kind: CatalogFact.Kind, in store: any MarketplaceStore, _ shape: Shape<Value>,
        shown: @escaping @Sendable (CatalogFact) -> Value?
    ) async throws -> ControlResult {
        let found = try await store.facts(.all(kind, after: query["cursor"], limit: limit + 1))
        let items = found.prefix(limit).compactMap { fact in shown(fact).map { (fact.key.id, $0) } }
        let page = ReportPage(
            items: items, nextCursor: found.count > limit ? found[limit - 1].key.id : nil)
        return ControlResult(page, cursor: \.0, shape, shown: \.1)
    }

    /// The bounds of a part of a list.
    var bounds: PageBounds { PageBounds(items: limit, bytes: ControlLimits.pageBytes) }
}
