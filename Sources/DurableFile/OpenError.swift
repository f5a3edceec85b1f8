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

    /// There is no file of that name.
    package static func missing(_ path: String) -> OpenError {
        OpenError("There is no data file \(path); name one that is there.")
    }

    /// Something is where a new file is to be made.
    package static func exists(_ path: String) -> OpenError {
        OpenError("\(path) is there already; choose the name of a file that is not.")
    }

    static func noFile(_ path: String) -> OpenError {
        OpenError("\(path) is no regular file, so it cannot be a data file; choose another name.")
    }

    static func inTheWay(_ path: String) -> OpenError {
        OpenError("\(path) is no regular file, and is needed for the data file; remove it.")
    }

    /// Nothing is in the file.
    package static func empty(_ path: String) -> OpenError {
        OpenError(
            "The data file \(path) is empty: nothing was ever stored in it, or it was cut off; "
                + "name another.")
    }

    static func inUse(_ path: String) -> OpenError {
        OpenError(
            "The data file \(path) is in use by another server; stop that one, or choose another "
                + "file.")
    }

    static func replaced(_ path: String) -> OpenError {
        OpenError(
            "The data file \(path) was removed, replaced or cut off while the server ran; stop the "
                + "server, put the file back, and start it again.")
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

    static func noRoomToRewrite(_ path: String, needed: Int, free: Int) -> OpenError {
        OpenError(
            "The data file \(path) has to be written anew once, to give its pages checksums, and "
                + "there is no room for it: \(Bytes.text(needed)) are needed beside it, and "
                + "\(Bytes.text(free)) are free; make room, or move the file to a larger disk.")
    }

    static func linked(_ path: String) -> OpenError {
        OpenError(
            "The data file \(path) is of an earlier version and must be written anew, but it has "
                + "other names (hard links), which would keep it as it was; remove them, or copy "
                + "the file and serve the copy.")
    }

    /// A finding says that the file is not what was written.
    package static func damaged(_ path: String, _ finding: String) -> OpenError {
        OpenError(
            "The data file \(path) is damaged (\(finding)); restore it from a backup, or keep "
                + "what is sound of it with 'turnpike repair'.")
    }

    static func damagedLog(_ path: String, _ damage: LogCheck.Damage) -> OpenError {
        OpenError(
            "The log of the data file \(path) is damaged \(damage); restore the file from a "
                + "backup, or keep what is sound of both with 'turnpike repair'.")
    }

    static func damagedOldLog(_ path: String, _ damage: LogCheck.Damage) -> OpenError {
        OpenError(
            "The log of the data file \(path), which is of an earlier version, does not fit "
                + "\(damage); start and stop that version with it once, restore the file from a "
                + "backup, or keep what is sound of both with 'turnpike repair'.")
    }

    static func strayLog(_ path: String) -> OpenError {
        OpenError(
            "The log \(path)-wal is not of the data file beside it, which was copied or repaired; "
                + "remove \(path)-wal, \(path)-shm and \(path)-mark.")
    }

    /// SQLite cannot read the file, or found it damaged.
    static func unreadable(_ path: String, cause: String) -> OpenError {
        OpenError(
            "The data file \(path) cannot be read (\(cause)); restore it from a backup, or choose "
                + "another file.")
    }
}
