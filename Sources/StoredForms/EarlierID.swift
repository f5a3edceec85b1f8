import MeteringAPI

/// How version 0.1 made up ids, which stay in what it stored: a fact without one has this.
enum EarlierID {
    /// Two products whose codes begin alike have the same.
    static func product(ofCode code: String) -> String {
        "prod-" + String(decoding: code.lowercased().utf8.prefix(13), as: UTF8.self)
    }

    static func offer(ofAgreement id: String) -> String {
        "offer-" + id.drop { $0 != "-" }.dropFirst().prefix(13)
    }
}
