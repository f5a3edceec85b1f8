import Logging
import Marketplace
import MeteringAPI
import MeteringEndpoint
import Testing
import TurnpikeServer

@testable import TurnpikeCommand

@Suite("What serve says once it listens")
struct StartMessageTests {
    /// What stands at the end where nothing is there to be used.
    private static let noProduct = """
        There is no product yet: start it with --demo or --seed FILE, or make one with the control \
        API.

        """

    @Test("A marketplace in memory is said to be gone at the end")
    func memory() async throws {
        let text = try await message { _ in }
        #expect(
            text == """
                Turnpike 0.1.0 serves contract 2026-10 on http://127.0.0.1:8655
                The marketplace is kept in memory, gone when the server stops. Stop with Ctrl-C.
                There is no product yet: start it with --demo or --seed FILE, or make one with the \
                control API.

                """)
    }

    @Test("What a server with a control token is asked carries it, and does not show it")
    func controlToken() async throws {
        let text = try await message {
            $0.isDemo = true
            $0.controlToken = "s3cret"
        }
        #expect(text.contains(#"curl -H "Authorization: Bearer $TURNPIKE_CONTROL_TOKEN" http://"#))
        #expect(!text.contains("s3cret"))
    }

    @Test("Signatures that are not checked are pointed out")
    func trusting() async throws {
        let text = try await message { $0.authentication = .trusting }
        #expect(
            text.hasSuffix("\nSignatures are NOT checked (--auth trusting).\n" + Self.noProduct))
    }

    @Test("A limit of files below that of connections is told, with what to do")
    func files() async throws {
        let text = try await message(files: 1024) { _ in }
        #expect(
            text.hasSuffix(
                """
                Only 768 connections are served at once, not 4096: this process may have 1024 \
                files open. Start it with a limit of 5464 (ulimit -n).

                """ + Self.noProduct))
        #expect(!(try await message(files: 5464) { _ in }).contains("Only"))
    }

    @Test("The address can be copied, also of IPv6", arguments: ["::1", "[::1]"])
    func address(host: String) async throws {
        let text = try await message { $0.host = host }
        #expect(text.split(separator: "\n").first?.hasSuffix(" on http://[::1]:8655") == true)
    }

    @Test("The demo comes with commands that work as they are, the time included")
    func demo() async throws {
        let text = try await message { $0.isDemo = true }
        let commands = text.split(separator: "\n\n").dropFirst(2)
        #expect(
            commands.joined(separator: "\n\n") == """
                export AWS_ENDPOINT_URL_MARKETPLACE_METERING='http://127.0.0.1:8655'
                export AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE='http://127.0.0.1:8655'
                export AWS_ACCESS_KEY_ID='AKIADEMOSELLER000000'
                export AWS_SECRET_ACCESS_KEY='demo-secret-of-the-seller'
                export AWS_REGION='us-east-1'
                export AWS_DEFAULT_REGION='us-east-1'
                unset AWS_SESSION_TOKEN

                aws meteringmarketplace resolve-customer \\
                  --registration-token 'demo+token/of+Globex/4u8n2k=='

                aws meteringmarketplace batch-meter-usage \
                --product-code demosaasconcurrent0000001 \\
                  --usage-records Timestamp=1795437296,CustomerAWSAccountId=222233334444,\
                Dimension=requests,Quantity=3

                curl http://127.0.0.1:8655/control/v1/requests    # what was asked, and why it was \
                answered so

                Be a buyer, in a browser: http://127.0.0.1:8655/marketplace

                """)
    }

    private func message(
        files: Int = 65_536, _ change: (inout TurnpikeConfiguration) -> Void
    ) async throws -> String {
        var configuration = TurnpikeConfiguration()
        change(&configuration)
        let application = try await TurnpikeApplication(
            configuration,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            realClock: { Timestamp(milliseconds: 1_795_437_296_789) })
        return StartMessage(application: application, port: 8655, files: files).text
    }
}
