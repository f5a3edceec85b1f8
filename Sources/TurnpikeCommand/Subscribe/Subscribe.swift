import ArgumentParser
import BuyerPages

struct Subscribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribe",
        abstract:
            "Subscribe a buyer to a product, and go to the seller's page as its browser does.",
        discussion: """
            The buyer's newest agreement is used where it has one that goes on. Without --open \
            and --post the form is printed that the buyer's browser would post. \
            TURNPIKE_CONTROL_TOKEN is sent where it is set.
            """)

    @Argument(help: "The product's code.")
    var product: String

    @Option(help: "The buyer's account, twelve digits.")
    var buyer: String

    @Flag(help: "As a free trial, of which a buyer has one for each product.")
    var freeTrial = false

    @Flag(help: "Open the product's page in a browser; it has the button that posts the form.")
    var open = false

    @Flag(help: "Post the form without a browser, and say what the seller's site answered.")
    var post = false

    @Option(
        help: """
            With --post, how many seconds the site may take to call ResolveCustomer, 0 to 3600.
            """)
    var wait = 60

    @Flag(
        help: """
            With --post, follow the form and redirects to other machines; only loopback \
            addresses otherwise.
            """)
    var allowRemote = false

    @OptionGroup var server: ServerOptions

    func validate() throws {
        guard !open || !post else {
            throw ValidationError("--open and --post exclude each other")
        }
        guard (0...3600).contains(wait) else {
            throw ValidationError("--wait takes 0 to 3600 seconds")
        }
    }

    func run() async throws {
        let control = try server.control()
        let outcome = try await SubscribeOutcome(
            of: buyer, to: product, isFreeTrial: freeTrial, control)
        Terminal.print(outcome.sentence)
        if open {
            show(on: control)
        } else if post {
            try await send(outcome, control)
        } else {
            Terminal.print(outcome.form)
        }
    }

    private func show(on control: ControlClient) {
        let page = control.endpoint + BuyerPages.path(of: product, buyer: buyer)
        Terminal.print(
            Browser.open(page) ? "The page is \(page)" : "Open this page in a browser: \(page)")
        if control.token != nil {
            Terminal.print("The server asks for its control token, which a browser does not send.")
        }
    }

    private func send(_ outcome: SubscribeOutcome, _ control: ControlClient) async throws {
        let post = try FulfillmentPost(outcome, allowsRemote: allowRemote)
        let resolution = try await TokenResolution(of: outcome, control)
        let steps = try await post.run { step in
            Terminal.print(step.line)
            flushOutput()
        }
        // Who answers with an error will not resolve the token later.
        let isRefused = steps.contains { $0.status >= 400 }
        let resolved = try await resolution.wait(seconds: isRefused ? 0 : wait)
        if let resolved { Terminal.print("The site resolved the token, with request \(resolved).") }
        if let failed = steps.first(where: { $0.status >= 400 }) {
            throw CommandFailure(
                "the seller's site answered \(failed.address) with HTTP \(failed.status)"
                    + (resolved == nil ? ", and did not resolve the token" : ""))
        }
        guard resolved == nil else { return }
        let refusal = try await resolution.refusal().map { "; ResolveCustomer was refused: \($0)" }
        throw CommandFailure(
            "the seller's site did not resolve the token within \(wait) s\(refusal ?? "")")
    }
}
