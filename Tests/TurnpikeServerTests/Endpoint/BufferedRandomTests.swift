import MeteringAPI
import Testing

@testable import MarketplaceHost
@testable import TurnpikeServer

@Suite("Random numbers that are fetched many at a time")
struct BufferedRandomTests {
    @Test("Ids never come twice, also where more are drawn than were asked for")
    func distinct() {
        var random = BufferedRandom(ids: 3)
        let ids = (0..<1000).map { _ in MeteringRecordID.random(using: &random) }
        #expect(Set(ids).count == 1000)
    }
}
