import AWSWire
import MeteringAPI

/// Reads a request from the text of its body.
func decode<Request: AWSJSONRequest>(
    _ type: Request.Type, _ body: String, _ model: APIModel = APIModel()
) throws -> Decoded<Request> {
    try type.decode(JSONDocument(parsing: Array(body.utf8)).root, model: model)
}
