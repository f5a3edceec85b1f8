#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The browser of whoever runs the command.
enum Browser {
    #if os(macOS)
        private static let program = "open"
    #else
        private static let program = "xdg-open"
    #endif

    /// Starts it with an address; false where there is none.
    static func open(_ address: String) -> Bool {
        guard hasScreen else { return false }
        let words: [String] = [program, address]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        // It may stay as long as its window, so nobody waits for it.
        var pid = pid_t()
        return posix_spawnp(&pid, program, nil, nil, &arguments, environ) == 0
    }

    private static var hasScreen: Bool {
        #if os(macOS)
            true
        #else
            // Without one, xdg-open would start a browser in the terminal.
            ["DISPLAY", "WAYLAND_DISPLAY"].contains { (name: String) in
                getenv(name).map { $0.pointee != 0 } ?? false
            }
        #endif
    }
}
