import BuyerPages
import ControlAPI
import DurableFile
import HTTPTypes
import InMemoryStore
package import Logging
package import Marketplace
package import MarketplaceHost
package import MeteringAPI
import MeteringEndpoint
import NIOCore
import NIOPosix
import SQLiteStore
import ServiceLifecycle
package import UnixSignals
package import WebServer

/// A whole server, put together here and nowhere else.
package struct TurnpikeApplication: Sendable {
    package let configuration: TurnpikeConfiguration
    package let state: MarketplaceState
    package let log: RequestLog
    private let endpoint: AWSEndpoint
    private let control: ControlAPI
    private let reach: TargetReach
    private let pages: BuyerPages
    private let logger: Logger
    private let metrics: ServerMetrics

    /// Opens the store and applies the seeds; nothing listens yet.
    package init(
        _ configuration: TurnpikeConfiguration, logger: Logger,
        realClock: @escaping @Sendable () -> Timestamp = { .realNow }
    ) async throws {
        let store = try await Self.open(configuration.storage, logger)
        do {
            try await self.init(
                configuration, store: store, logger: logger, realClock: realClock)
        } catch {
            await store.close()
            throw error
        }
    }

    /// Puts a server together around a store.
    package init(
        _ configuration: TurnpikeConfiguration, store: any MarketplaceStore, logger: Logger,
        realClock: @escaping @Sendable () -> Timestamp = { .realNow }
    ) async throws {
        guard !configuration.isDemo || configuration.isLoopback else {
            throw StartFailure(
                "the demo's keys are public, so --demo binds to loopback only, not to "
                    + "\(configuration.host): leave --host out, or --demo")
        }
        self.configuration = configuration
        self.logger = logger
        do {
            state = try await MarketplaceState(
                store: store, contract: configuration.contract,
                alignment: configuration.windowAlignment, realClock: realClock)
        } catch {
            throw StartFailure(
                "the marketplace \(configuration.storage.place) cannot be read (\(error.cause)): "
                    + "restore the file from a backup, or choose another with --data")
        }
        log = RequestLog()
        let metrics = ServerMetrics(state: state)
        self.metrics = metrics
        reach = TargetReach(allowsRemote: configuration.allowsRemoteTargets)
        let forge = RegistrationKeyForge(state: state)
        endpoint = AWSEndpoint(
            state: state, log: log, forge: forge, authentication: configuration.authentication,
            explainsInHeader: configuration.explainsInHeader ?? configuration.isLoopback,
            metrics: metrics.registry)
        let access = ControlAccess(
            token: configuration.controlToken, isLoopback: configuration.isLoopback)
        control = ControlAPI(
            state: state, log: log, forge: forge, access: access, reach: reach,
            metrics: { await metrics.text() })
        pages = BuyerPages(state: state, access: access)
        if configuration.isDemo {
            try await Demo.apply(to: state)
        } else {
            try await Demo.withdraw(from: state)
        }
        if let seed = configuration.seed {
            try await SeedFile.read(seed.text, name: seed.name).apply(to: state)
        }
    }

    private static func open(
        _ storage: TurnpikeConfiguration.Storage, _ logger: Logger
    ) async throws -> any MarketplaceStore {
        switch storage {
        case .memory: return InMemoryStore()
        case .file(let path):
            var options = SQLiteStore.Options()
            options.file.notify = { logger.notice("\($0)") }
            return try SQLiteStore(path: path, options: options)
        }
    }

    /// Answers a request, from wherever it comes.
    package func respond(to request: PlainRequest) async -> PlainResponse {
        let isOfAWS =
            ProtocolGate.isAtRoot(request) || RPCProtocol.isUsed(by: request)
            || ProtocolGate.isAWSJSON(request) && !request.path.hasPrefix("/control/")
        guard isOfAWS else {
            if let refusal = request.bodyRefusal { return Problem(refusal).response }
            return BuyerPages.areAskedFor(by: request)
                ? await pages.respond(to: request) : await control.respond(to: request)
        }
        if request.bodyRefusal == nil, FrontPage.isAskedFor(by: request) {
            return FrontPage.response
        }
        return await endpoint.respond(to: request)
    }

    /// Serves until the process is told to stop, finishes what is in flight, and closes the store.
    package func run(
        stoppingAt signals: [UnixSignal] = [],
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) async throws {
        FileLimit.raise()
        let service = HTTPService(
            host: configuration.host, port: configuration.port,
            group: MultiThreadedEventLoopGroup.singleton, logger: logger,
            connections: FileLimit.connections(files: FileLimit.current),
            onListening: onListening
        ) { request in
            await respond(to: request)
        }
        var group = ServiceGroupConfiguration(
            services: [
                service, Timekeeper(state: state, logger: logger),
                EventCourier(
                    state: state, sender: EventSender(reach: reach), logger: logger,
                    metrics: metrics.registry),
            ],
            gracefulShutdownSignals: signals, logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(HTTPLimits.shutdownSeconds)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            await state.store.close()
            throw Self.startFailure(error, configuration) ?? error
        }
        await state.store.close()
    }

    private static func startFailure(
        _ error: any Error, _ configuration: TurnpikeConfiguration
    ) -> StartFailure? {
        let address = "\(configuration.host):\(configuration.port)"
        if let failure = error as? IOError {
            switch failure.errnoCode {
            case EADDRINUSE:
                return StartFailure(
                    "\(address) is in use: stop what listens there, or choose another --port")
            case EACCES:
                return StartFailure(
                    "\(address) may not be used by this user: choose a --port above 1023")
            case EADDRNOTAVAIL:
                return StartFailure(
                    "\(configuration.host) is no address of this machine: choose another --host")
            default: return StartFailure("cannot listen on \(address): \(failure)")
            }
        }
        if error is SocketAddressError || error is SocketAddressError.UnknownHost {
            return StartFailure("\(configuration.host) cannot be resolved: choose another --host")
        }
        return nil
    }
}
