import AWSWire
import Marketplace
import MeteringAPI

extension FaultCall {
    /// A request whose body has been read.
    init(
        _ operation: OperationName, accessKeyID: String, accountID: String, region: String,
        productCode: String?, _ body: JSONValue
    ) {
        self.init(operation: operation, accessKeyID: accessKeyID, region: region)
        self.accountID = accountID
        self.productCode = productCode ?? body["ProductCode"]?.text
        switch operation {
        case .batchMeterUsage:
            guard let list = body["UsageRecords"], list.kind == .list else { return }
            records = list.elements.map {
                FaultRecord($0, dimension: "Dimension", quantity: "Quantity")
            }
        case .meterUsage:
            var record = FaultRecord(body, dimension: "UsageDimension", quantity: "UsageQuantity")
            // The workload reports for the account that it runs in.
            record.buyerAccountID = accountID
            records = [record]
        default: break
        }
    }
}

extension FaultRecord {
    fileprivate init(_ value: JSONValue, dimension: String, quantity: String) {
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
