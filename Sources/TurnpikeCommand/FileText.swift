import FoundationEssentials

/// The text of a file.
func readText(_ path: String, called name: String) throws(CommandFailure) -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw CommandFailure("\(name) \(path) cannot be read: check that it exists and is yours")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
        throw CommandFailure("\(name) \(path) is no UTF-8 text")
    }
    return text
}
