import Testing

@testable import MarketplaceHost
@testable import TurnpikeServer

@Suite("Addresses of targets")
struct TargetURLTests {
    @Test(
        "A URL is taken apart",
        arguments: [
            ("http://localhost", "localhost", 80, "/"),
            ("HTTPS://example.com/a/b?c=d", "example.com", 443, "/a/b?c=d"),
            ("http://127.0.0.1:3000?x", "127.0.0.1", 3000, "/?x"),
            ("http://[::1]:3000/", "::1", 3000, "/"),
        ])
    func parts(text: String, host: String, port: Int, target: String) throws {
        let url = try #require(TargetURL(text))
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
    }

    @Test(
        "What is no such URL is none",
        arguments: [
            "", "localhost:3000", "ftp://localhost/", "http://", "http://:80/", "http://[::1",
            "http://user@localhost/", "http://localhost:0/", "http://localhost:65536/",
            "http://localhost:/", "http://local host/", "http://localhost/#a", "http://[::1]x/",
            "http://127.0.0.1\\@example.com/", "http://bücher/",
        ])
    func none(text: String) {
        #expect(TargetURL(text) == nil)
    }

    @Test(
        "Only addresses of loopback are reached, however they are written",
        arguments: [
            ("127.0.0.1", true), ("127.255.0.3", true), ("::1", true), ("2130706433", true),
            ("0x7f.1", true), ("::ffff:127.0.0.1", true), ("localhost", true),
            ("10.0.0.1", false), ("0.0.0.0", false), ("::", false), ("169.254.169.254", false),
            ("::ffff:10.0.0.1", false), ("167772161", false), ("::2", false), ("fe80::1", false),
        ])
    func reach(host: String, isReached: Bool) async throws {
        let text = host.contains(":") ? "http://[\(host)]:1/x" : "http://\(host):1/x"
        let url = try #require(TargetURL(text))
        let urls = try? await TargetReach().urls(for: url)
        #expect((urls?.isEmpty == false) == isReached, "\(urls ?? [])")
        let isLiteral = host != "localhost"
        #expect((TargetReach().objection(to: url) == nil) == (isReached || !isLiteral))
        #expect(TargetReach(allowsRemote: true).objection(to: url) == nil)
        #expect(try await TargetReach(allowsRemote: true).urls(for: url) == [text])
    }

    @Test("A name is replaced by the addresses that were checked")
    func pinned() async throws {
        let url = try #require(TargetURL("http://localhost:3000/a"))
        let urls = try await TargetReach().urls(for: url)
        #expect(urls.contains("http://127.0.0.1:3000/a"))
        #expect(!urls.contains { $0.contains("localhost") })
        let secure = try #require(TargetURL("https://localhost:3000/a"))
        #expect(TargetReach().objection(to: secure)?.contains("--allow-remote-targets") == true)
    }
}
