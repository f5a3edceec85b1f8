#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Why a data file cannot be used, in a sentence for whoever starts the server.
package struct OpenError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    private init(_ description: String) {
        self.description = description
    }
}

extension OpenError {
    /// The operating system refused.
    static func unusable(_ path: String, errno reason: Int32) -> OpenError {
        switch reason {
        case ENOENT, ENOTDIR:
            OpenError(
                "The directory of the data file \(path) does not exist; create it, or choose "
                    + "another file.")
        case EISDIR:
            OpenError("The data file \(path) is a directory; choose the name of a file in it.")
        case EACCES, EPERM, EROFS:
            OpenError(
                "The data file \(path) cannot be written (\(String(cString: strerror(reason)))); "
                    + "give this user the right to read and write it, or choose another file.")
        default:
            OpenError(
                "The data file \(path) cannot be opened (\(String(cString: strerror(reason)))); "
                    + "choose another file.")
        }
    }

    static func missing(_ path: String) -> OpenError {
        OpenError("There is no data file \(path); name one that is there.")
    }

    static func inUse(_ path: String) -> OpenError {
        OpenError(
            "The data file \(path) is in use by another server; stop that one, or choose another "
                + "file.")
    }

    static func foreign(_ path: String) -> OpenError {
        OpenError("The file \(path) is not a data file of Turnpike; choose another file.")
    }

    static func newer(_ path: String) -> OpenError {
        OpenError(
            "The data file \(path) was written by a newer Turnpike; use that version, or choose "
                + "another file.")
    }

    static func notDurable(_ path: String) -> OpenError {
        OpenError(
            "SQLite does not promise to wait for the disk under \(path), so nothing could be "
                + "acknowledged; choose a file on another disk.")
    }

    static func full(_ path: String) -> OpenError {
        OpenError(
            "There is no room for the data file \(path) on its disk; free some, or choose another "
                + "file.")
    }

    /// SQLite cannot read the file, or found it damaged.
    static func unreadable(_ path: String, cause: String) -> OpenError {
        OpenError(
            "The data file \(path) cannot be read (\(cause)); restore it from a backup, or choose "
                + "another file.")
    }
}
