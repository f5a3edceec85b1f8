import Histogram

/// What a run measured.
struct Measurement {
    private var latencies = Histogram<UInt64>(
        highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
    private var statuses: [Int: Int] = [:]
    private var nanoseconds: UInt64 = 0

    mutating func count(_ answer: Answer, at now: UInt64, since start: UInt64) {
        latencies.record(now - answer.begin)
        statuses[answer.status, default: 0] += 1
        nanoseconds = now - start
    }

    /// One line, such as `{"requests":10,"seconds":1.0,…,"p50":0.41,"statuses":{"200":10}}`.
    ///
    /// Latencies are in milliseconds. The time ends with the last answer.
    func json(cpuSeconds: Double, recordsPerRequest: Int) -> String {
        let seconds = Double(nanoseconds) / 1e9
        let good = Double(statuses[200] ?? 0)
        let percentiles = [50, 90, 99, 99.9].map { percentile in
            let value = Double(latencies.valueAtPercentile(percentile)) / 1e6
            return "\"p\(percentile.formatted)\":\(value)"
        }
        let counts = statuses.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        return """
            {"requests":\(Int(good)),"seconds":\(seconds),"requestsPerSecond":\(good / seconds),\
            "recordsPerSecond":\(good / seconds * Double(recordsPerRequest)),\
            \(percentiles.joined(separator: ",")),"max":\(Double(latencies.max) / 1e6),\
            "cpuSeconds":\(cpuSeconds),"statuses":{\(counts.joined(separator: ","))}}
            """
    }
}

extension Double {
    fileprivate var formatted: String { self == rounded() ? String(Int(self)) : String(self) }
}
