#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Raises the number of files this process may have open to what the system allows, because each
/// connection is one and shells start programs with as few as 1,024.
func raiseFileLimit() {
    var limit = rlimit()
    #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        let resource = RLIMIT_NOFILE
    #endif
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = min(limit.rlim_max, 65_536)
    _ = setrlimit(resource, &limit)
}
