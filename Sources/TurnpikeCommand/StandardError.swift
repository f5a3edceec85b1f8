#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where what went wrong is said.
enum StandardError {
    static func write(_ text: String) {
        var bytes = Array(text.escapedForPeople.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(2, $0) }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }

    private static func write(_ file: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(file, buffer.baseAddress, buffer.count)
        #else
            Darwin.write(file, buffer.baseAddress, buffer.count)
        #endif
    }
}

/// Makes printed text visible at once, also where standard output is a file or a pipe.
func flushOutput() {
    fflush(nil)
}
