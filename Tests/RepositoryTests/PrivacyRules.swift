import Foundation

/// Nothing that is true on one machine only belongs in the repository.
enum PrivacyRules {
    /// Folders that begin absolute paths of one machine; in pieces, since this file is read too.
    private static let folders = ["home", "root", "work"].map { "/" + $0 + "/" } + ["/" + "opt"]

    /// Settings that say where packages come from, as tools and build files spell them.
    private static let registrySettings = [
        "index-url", "index_url", "find-links", "trusted-host", "GOPROXY", "registry=",
        "registry-url", "insteadOf",
    ]

    private static let publicRegistries = [
        "github.com", "pypi.org", "files.pythonhosted.org", "proxy.golang.org",
        "registry.npmjs.org",
    ]

    private static let privateSuffixes = [
        ".internal", ".lan", ".corp", ".intranet", ".localdomain",
    ]

    /// Names in those domains that are the same for everybody.
    private static let wellKnown = ["host.docker.internal", "metadata.google.internal"]

    static func absolutePaths(_ text: String) -> [Finding] {
        findings(text) { line in
            folders.first { stands($0, in: line) }.map {
                "a path under `\($0)`, which is one machine's; write it from the root of the "
                    + "repository, or take it from the environment"
            }
        }
    }

    static func privateHosts(_ text: String) -> [Finding] {
        findings(text) { line in
            let hosts = hosts(line)
            let host =
                hosts.first { host in
                    privateSuffixes.contains { host.hasSuffix($0) } && !wellKnown.contains(host)
                }
                ?? (registrySettings.contains { line.contains($0) }
                    ? hosts.first { !publicRegistries.contains($0) } : nil)
            return host.map {
                "`\($0)` is known on some machines only; name the public registry, or leave the "
                    + "setting to the machine"
            }
        }
    }

    /// Where dependencies are declared, every address must work for everybody.
    static func localDependencies(_ text: String) -> [Finding] {
        findings(text) { line in
            hosts(line).first {
                !$0.contains(".") || $0.allSatisfy { $0.isNumber || $0 == "." }
            }.map { "`\($0)` is this machine; name the public address" }
        }
    }

    /// Whether a file declares dependencies.
    static func declaresDependencies(_ path: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return ["Package.swift", "pyproject.toml", "package.json", "go.mod"].contains(name)
            || name.hasSuffix(".lock") || name.hasPrefix("requirements")
    }

    /// The hosts of the addresses in a line.
    private static func hosts(_ line: String) -> [String] {
        line.ranges(of: "://").map { range in
            let authority = line[range.upperBound...].prefix {
                $0.isLetter || $0.isNumber || ".-_:@".contains($0)
            }
            let host = authority.split(separator: "@").last ?? ""
            return host.prefix { $0 != ":" }.lowercased()
        }.filter { !$0.isEmpty }
    }

    /// Whether an absolute path that begins with `folder` stands in the line.
    private static func stands(_ folder: String, in line: String) -> Bool {
        line.ranges(of: folder).contains { range in
            let before = line[..<range.lowerBound].last ?? " "
            let after = line[range.upperBound...].first ?? " "
            let isWhole = folder.hasSuffix("/") || !(after.isLetter || after.isNumber)
            return isWhole && !(before.isLetter || before.isNumber || "_-.~})$*".contains(before))
        }
    }

    private static func findings(
        _ text: String, _ message: (String) -> String?
    ) -> [Finding] {
        SwiftSource.split(text).enumerated().compactMap { offset, line in
            message(line).map { Finding(line: offset + 1, message: $0) }
        }
    }
}
