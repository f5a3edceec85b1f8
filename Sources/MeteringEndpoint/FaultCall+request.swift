import AWSWire
import Marketplace
import MeteringAPI

extension FaultCall {
    /// A request whose body has been read.
    init(
        _ operation: any ServedOperation.Type, accessKeyID: String, accountID: String,
        region: String, productCode: String?, _ body: JSONValue
    ) {
        self.init(operation: operation.name, accessKeyID: accessKeyID, region: region)
        self.accountID = accountID
        self.productCode = productCode ?? body["ProductCode"]?.text
        records = operation.faultRecords(in: body, by: accountID)
    }
}

extension FaultRecord {
    init(_ value: JSONValue, dimension: String, quantity: String) {
        self.init()
        self.dimension = value[dimension]?.text
        buyerAccountID = value["CustomerAWSAccountId"]?.text
        customerIdentifier = value["CustomerIdentifier"]?.text
        licenseARN = value["LicenseArn"]?.text
        if let number = value[quantity], number.kind == .number {
            self.quantity = Quantity(
                millionths: JSONNumber(number.rawBytes, scale: 6).scaled)
        } else if let text = value["\(quantity)AsDecimal"]?.text {
            self.quantity = Quantity(decimal: text)
        }
        guard let time = value["Timestamp"] else { return }
        switch time.kind {
        case .number:
            hour = Timestamp(milliseconds: JSONNumber(time.rawBytes, scale: 3).scaled).hour
        case .string: hour = Timestamp(iso8601: time.text)?.hour
        default: break
        }
    }
}
