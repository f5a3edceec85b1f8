package import MeteringAPI

/// The rules of the service as of a date, as data.
///
/// AWS changed the contract in place five times; sellers run SDKs and documentation of every age.
/// A contract is chosen for the whole server and can be overridden for a product.
package struct Contract: Sendable, Hashable {
    /// The month from which it held: `2026-10`.
    package let name: String
    /// Which members exist and which must be there.
    package var model = APIModel()
    /// Which timestamps BatchMeterUsage accepts.
    package var batchWindow = ReportingWindow(hours: 24, includesLimit: false, closesMonth: true)
    /// Which timestamps MeterUsage accepts.
    package var meterWindow = ReportingWindow(hours: 6, includesLimit: true)
    /// Whether MeterUsage serves Amazon Bedrock AgentCore.
    package var servesAgentCore = true
    /// Whether ResolveCustomer answers the licence.
    package var resolvesLicense = true
    /// Whether ResolveCustomer answers the agreement.
    package var resolvesAgreement = true
    /// Whether products with concurrent agreements know CustomerIdentifier: ResolveCustomer
    /// answers it, and a usage record may carry it.
    package var concurrentAgreementsKnowCustomerIdentifier = false
}

extension Contract {
    /// Every contract, oldest first.
    package static let all: [Contract] = [
        contract2025January, contract2025October, contract2026February, contract2026July,
        contract2026October,
    ]

    /// The newest contract, which holds where none is chosen.
    package static let newest = contract2026October

    /// The contract of this name.
    package static func named(_ name: String) -> Contract? {
        all.first { $0.name == name }
    }

    package static let contract2026October = Contract(name: "2026-10")

    package static let contract2026July: Contract = {
        var contract = contract2026October.renamed("2026-07")
        contract.model.hasDecimals = false
        contract.resolvesAgreement = false
        return contract
    }()

    package static let contract2026February: Contract = {
        var contract = contract2026July.renamed("2026-02")
        contract.batchWindow = ReportingWindow(hours: 6, includesLimit: false)
        contract.concurrentAgreementsKnowCustomerIdentifier = true
        return contract
    }()

    package static let contract2025October: Contract = {
        var contract = contract2026February.renamed("2025-10")
        contract.servesAgentCore = false
        contract.resolvesLicense = false
        contract.model.hasLicenseARN = false
        contract.model.requiresBatchProductCode = true
        contract.model.productCodeMinimumLength = 1
        return contract
    }()

    package static let contract2025January: Contract = {
        var contract = contract2025October.renamed("2025-01")
        contract.batchWindow = ReportingWindow(hours: 1, includesLimit: true)
        contract.meterWindow = ReportingWindow(hours: 1, includesLimit: true)
        contract.model.hasCustomerAWSAccountID = false
        contract.model.hasClientToken = false
        contract.model.requiresCustomerIdentifier = true
        return contract
    }()

    private func renamed(_ name: String) -> Contract {
        Contract(
            name: name, model: model, batchWindow: batchWindow, meterWindow: meterWindow,
            servesAgentCore: servesAgentCore, resolvesLicense: resolvesLicense,
            resolvesAgreement: resolvesAgreement,
            concurrentAgreementsKnowCustomerIdentifier: concurrentAgreementsKnowCustomerIdentifier)
    }
}
