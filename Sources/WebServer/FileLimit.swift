#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How many files this process may have open; each connection is one.
package enum FileLimit {
    /// The smallest limit with which there are as many connections as there may be.
    package static let enough = (HTTPLimits.connections + 2) / 3 * 4

    /// As many connections as there is room for with so many files.
    ///
    /// A quarter of the files is left to the store and to what the server asks others.
    package static func connections(files: Int) -> Int {
        max(1, min(HTTPLimits.connections, files / 4 * 3))
    }

    package static var current: Int {
        Int(clamping: limit?.rlim_cur ?? 0)
    }

    /// Raises the limit to what the system allows, because shells start programs with as few as
    /// 1,024.
    package static func raise() {
        guard var limit, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        _ = setrlimit(resource, &limit)
    }

    #if canImport(Glibc)
        private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        private static let resource = RLIMIT_NOFILE
    #endif

    private static var limit: rlimit? {
        var limit = rlimit()
        return getrlimit(resource, &limit) == 0 ? limit : nil
    }
}
