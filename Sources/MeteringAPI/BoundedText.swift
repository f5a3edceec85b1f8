extension StringProtocol {
    /// The text, cut after so many bytes of UTF-8.
    ///
    /// Characters are no bound: one may have any number of combining marks.
    package func cut(toBytes limit: Int) -> String {
        utf8.count <= limit ? String(self) : String(decoding: utf8.prefix(limit), as: UTF8.self)
    }
}
