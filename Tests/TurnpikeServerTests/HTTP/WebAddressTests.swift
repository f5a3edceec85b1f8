import Testing
import TurnpikeServer
import WebServer

@Suite("Addresses that browsers are sent to")
struct WebAddressTests {
    @Test(
        "Loopback is what is written as an address of this machine",
        arguments: [
            ("http://localhost:3000/register", true), ("HTTP://LOCALHOST/", true),
            ("https://127.0.0.1/", true), ("http://127.9.9.9:80/a?b=c#d", true),
            ("http://[::1]:3000/", true), ("http://shop.example/", false),
            ("http://127.0.0.1.shop.example/", false), ("http://localhost.shop.example/", false),
            ("http://0.0.0.0/", false), ("http://2130706433/", false), ("http://127.1/", false),
            ("http://[::ffff:127.0.0.1]/", false), ("http://10.0.0.1/", false),
            ("http://169.254.169.254/latest/", false),
        ])
    func loopback(text: String, isLoopback: Bool) throws {
        #expect(try #require(WebAddress(text)).isLoopback == isLoopback)
    }

    @Test(
        "What programs could read differently is none",
        arguments: [
            "", "localhost:3000", "/register", "//localhost/", "http:", "http://", "http:///path",
            "http:localhost", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x",
            "http://user@localhost/", "http://user:secret@localhost/", "http://local host/",
            " http://localhost/", "http://localhost/\n", "http:\\\\localhost\\",
            "http://localhost\\@shop.example/", "http://löcalhost/", "http://localhost/\u{0}",
        ])
    func refused(text: String) {
        #expect(WebAddress(text) == nil)
    }

    @Test(
        "A redirect leads on from where it was found",
        arguments: [
            ("/welcome", "http://localhost:3000/welcome"),
            ("welcome?a=b", "http://localhost:3000/shop/welcome?a=b"),
            ("../", "http://localhost:3000/"), ("https://shop.example/", "https://shop.example/"),
            ("//shop.example/", "http://shop.example/"), ("javascript:alert(1)", nil),
            ("file:///etc/passwd", nil), ("http://user@localhost/", nil),
        ] as [(String, String?)])
    func redirects(location: String, target: String?) throws {
        let url = try #require(WebAddress("http://localhost:3000/shop/register"))
        #expect(url.following(location)?.text == target)
    }
}
