import Marketplace
import MeteringAPI
import Testing

@Suite("The marketplace's clock")
struct MarketplaceClockTests {
    private let real = SampleMarketplace.now

    @Test("A new clock is the real one")
    func realClock() {
        let clock = MarketplaceClock()
        #expect(clock.mode == .real)
        #expect(clock.now(real: real) == real)
        #expect(clock.speedThousandths == 1000)
    }

    @Test("A frozen clock stands still, at the time it was given or at its own")
    func frozen() throws {
        let later = real.adding(hours: 5)
        for (at, expected) in [(nil, real), (later, later)] {
            let clock = try MarketplaceClock().changed(by: .frozen(at: at), real: real)
            #expect(clock.mode == .frozen)
            #expect(clock.now(real: real) == expected)
            #expect(clock.now(real: real.adding(hours: 1000)) == expected)
        }
    }

    /// Thousandths of a second a second, and the milliseconds that pass in ten real seconds.
    private static let speeds: [(Int64, Int64)] = [
        (1000, 10_000), (1, 10), (500, 5000), (60_000, 600_000), (86_400_000, 864_000_000),
        (0, 0), (-1000, 0), (.max, 864_000_000),
    ]

    @Test(
        "A running clock keeps its pace, between standing still and a day a second",
        arguments: speeds)
    func speed(thousandths: Int64, passed: Int64) throws {
        let from = real.adding(hours: 2)
        let clock = try MarketplaceClock()
            .changed(by: .running(from: from, speedThousandths: thousandths), real: real)
        #expect(clock.mode == .running)
        #expect(clock.now(real: real) == from)
        #expect(clock.now(real: real.adding(seconds: 10)) == from.adding(milliseconds: passed))
    }

    @Test("A new pace begins at the time that it is")
    func newPace() throws {
        let fast = try MarketplaceClock()
            .changed(by: .running(from: nil, speedThousandths: 60_000), real: real)
        let later = real.adding(seconds: 60)
        let slow = try fast.changed(by: .running(from: nil, speedThousandths: 1000), real: later)
        #expect(slow.now(real: later) == real.adding(hours: 1))
        #expect(slow.now(real: later.adding(seconds: 1)) == real.adding(seconds: 3601))
    }

    @Test("An advance moves the time and keeps the pace")
    func advance() throws {
        let hour = MarketplaceClock.Change.advance(milliseconds: 3_600_000)
        let shifted = try MarketplaceClock().changed(by: hour, real: real)
        #expect(shifted.mode == .running)
        #expect(shifted.now(real: real) == real.adding(hours: 1))
        #expect(shifted.now(real: real.adding(seconds: 1)) == real.adding(seconds: 3601))
        let frozen = try MarketplaceClock().changed(by: .frozen(at: nil), real: real)
            .changed(by: hour, real: real.adding(hours: 9))
        #expect(frozen.mode == .frozen)
        #expect(frozen.now(real: real.adding(hours: 99)) == real.adding(hours: 1))
        let fast = try MarketplaceClock()
            .changed(by: .running(from: nil, speedThousandths: 2000), real: real)
            .changed(by: hour, real: real)
        #expect(fast.now(real: real.adding(seconds: 1)) == real.adding(seconds: 3602))
    }

    @Test("No change moves the marketplace's time back")
    func neverBack() throws {
        let ahead = try MarketplaceClock()
            .changed(by: .frozen(at: real.adding(hours: 24)), real: real)
        let now = real.adding(hours: 24)
        let earlier = now.adding(milliseconds: -1)
        let changes: [(MarketplaceClock.Change, Timestamp)] = [
            (.real, real), (.frozen(at: earlier), earlier),
            (.running(from: earlier, speedThousandths: 1000), earlier),
            (.advance(milliseconds: -1), earlier),
        ]
        for (change, asked) in changes {
            let contradiction = try #require(throws: ClockContradiction.self) {
                try ahead.changed(by: change, real: real)
            }
            #expect(contradiction.now == now)
            #expect(contradiction.asked == asked)
        }
        #expect(try ahead.changed(by: .real, real: now) == MarketplaceClock())
        #expect(try ahead.changed(by: .frozen(at: now), real: real).now(real: real) == now)
    }

    @Test("When the machine's clock steps back, a running one waits")
    func machineStepsBack() throws {
        let clock = try MarketplaceClock()
            .changed(by: .running(from: nil, speedThousandths: 60_000), real: real)
        #expect(clock.now(real: real.adding(seconds: -5)) == real)
    }

    @Test("A running one stops with the year 9999, where dates of four digits end")
    func endOfCalendar() throws {
        let last = Timestamp(milliseconds: 253_402_300_799_999)
        let clock = try MarketplaceClock().changed(
            by: .running(from: last.adding(seconds: -1), speedThousandths: 86_400_000), real: real)
        #expect(clock.now(real: real.adding(hours: 1)) == last)
        #expect(last.iso8601 == "9999-12-31T23:59:59.999Z")
    }

    @Test("Whatever is asked of it, the time only grows, and ends where numbers do")
    func anySequence() {
        var generator = SeededGenerator(seed: 9)
        var clock = MarketplaceClock()
        var moment = real
        var latest = moment
        for _ in 0..<3000 {
            moment = moment.adding(milliseconds: Int64.random(in: 0...5000, using: &generator))
            let offset = Int64.random(in: -50_000...100_000, using: &generator)
            let changes: [MarketplaceClock.Change] = [
                .real, .frozen(at: nil), .frozen(at: latest.adding(milliseconds: offset)),
                .running(
                    from: nil, speedThousandths: Int64.random(in: 0...5000, using: &generator)),
                .running(from: latest.adding(milliseconds: offset), speedThousandths: 10),
                .advance(milliseconds: offset),
            ]
            if let change = changes.randomElement(using: &generator) {
                clock = (try? clock.changed(by: change, real: moment)) ?? clock
            }
            let now = clock.now(real: moment)
            #expect(now >= latest)
            latest = now
        }
        let last = try? clock.changed(by: .advance(milliseconds: .max), real: moment)
        #expect(last?.now(real: moment.adding(hours: 1)) == Timestamp(milliseconds: .max))
    }
}
